import pytest

from functions.ingest.context import embedding_text, no_context
from functions.ingest.schemas import Chunk


def passage(text: str, *heading_path: str) -> Chunk:
    return Chunk(
        ordinal=0,
        text=text,
        heading_path=heading_path,
        page=None,
        start=0,
        end=len(text),
        token_count=len(text.split()),
        kind="paragraph",
    )


def count(text: str) -> int:
    return len(text.replace("›", " ").split())


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (6, "Guide › Rules › Bans\n\nNever ban kindness."),  # all of it fits
        (5, "Guide › Bans\n\nNever ban kindness."),  # outer headings go first
        (4, "Guide\n\nNever ban kindness."),  # then all headings
        (3, "Never ban kindness."),  # then the title
    ],
)
def test_the_context_is_shortened_to_what_fits(maximum: int, expected: str) -> None:
    chunk = passage("Never ban kindness.", "Rules", "Bans")

    assert embedding_text(chunk, "Guide", count_tokens=count, maximum=maximum) == expected


def test_a_heading_is_not_said_twice() -> None:
    chunk = passage("Bans\n\nNever.", "Rules", "Bans")

    assert embedding_text(chunk, "Guide", count_tokens=count) == "Guide › Rules\n\nBans\n\nNever."


def test_the_context_can_be_left_out() -> None:
    chunk = passage("Never.", "Rules")

    assert embedding_text(chunk, "Guide", count_tokens=count, prefix=no_context) == "Never."
