"""Documents that came with one message of Discord's: one reply tells of all of them."""

import asyncio
from uuid import UUID

import pytest

from functions.runtime.discord import edits
from functions.runtime.tokens import encrypt_token
from tests.integration.ingest.conftest import GUIDE, SECRET, Desk, Library

LINK = "https://discord.com/channels/1/2/77"


async def together(library: Library, *others: tuple[str, bytes]) -> list[UUID]:
    """Return the version an interaction waits for, and those that came with it."""
    versions = [await library.add_in_discord(GUIDE)]
    versions += [await library.add(content, name) for name, content in others]
    await library.rows("UPDATE documents SET source_url = :link RETURNING 1", link=LINK)
    return versions


async def delivered(library: Library) -> bool:
    return bool(await library.rows("SELECT 1 FROM interactions WHERE delivered_at IS NOT NULL"))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_whichever_ends_last_tells_how_all_of_them_ended(
    library: Library, desk: Desk, order: tuple[int, int, int]
) -> None:
    versions = await together(library, ("trace.md", GUIDE + b"\nMore."), ("empty.md", b"  "))

    for place in order:
        assert not await delivered(library)
        assert await library.tell(versions[place]) == 204

    assert await delivered(library)
    assert desk.told[-1].startswith("❌ 2 of 3 documents ready.")
    assert desk.told[-1].count("is ready") == 2
    assert "**empty.md**: " in desk.told[-1]


async def test_at_once_or_one_by_one_the_end_is_the_last_thing_told(
    library: Library, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "EDIT_SECONDS", 0)
    others = [(f"{number}.md", GUIDE + bytes([65 + number])) for number in range(5)]
    versions = await together(library, *others)

    assert set(await asyncio.gather(*(library.tell(version) for version in versions))) == {204}

    assert desk.told[-1].startswith("✅ 6 of 6 documents ready.")
    assert await delivered(library)


async def test_a_document_of_another_message_is_not_told_of(library: Library, desk: Desk) -> None:
    version, other = await together(library, ("other.md", GUIDE + b"!"))
    await library.rows(
        "UPDATE documents SET source_url = :link WHERE source_name = 'other.md' RETURNING 1",
        link=LINK + "8",
    )

    assert await library.tell(other) == 204
    assert desk.told == []
    assert await library.tell(version) == 204
    assert "other.md" not in desk.told[-1]


async def test_a_page_of_the_web_is_told_of_alone(library: Library, desk: Desk) -> None:
    version, other = await together(library, ("other.md", GUIDE + b"!"))
    await library.rows(
        "UPDATE documents SET source_url = :link RETURNING 1", link="https://docs.example.org/"
    )

    assert await library.tell(version) == 204
    assert "is ready" in desk.told[-1]
    assert (await library.status(other)).status == "received"


async def test_two_who_wait_for_one_version_are_both_told(library: Library, desk: Desk) -> None:
    version = await library.add_in_discord(GUIDE)
    second = library.guild_id + 10**12
    await library.rows(
        "INSERT INTO interactions (id, guild_id, application_id, token, expires_at, version_id)"
        " SELECT :id, guild_id, 2, :token, expires_at, version_id FROM interactions RETURNING 1",
        id=second,
        token=encrypt_token("secret token", key=SECRET, interaction_id=second),
    )

    assert await library.tell(version) == 204

    assert len([words for words in desk.told if "is ready" in words]) == 2
    assert not await library.rows("SELECT 1 FROM interactions WHERE delivered_at IS NULL")


async def test_what_a_person_calls_a_document_goes_before_what_its_text_says(
    library: Library, desk: Desk
) -> None:
    version = await library.add_in_discord(GUIDE)
    await library.rows("UPDATE documents SET given_title = 'Our lantern' RETURNING 1")

    assert await library.tell(version) == 204

    assert "**Our lantern** is ready" in desk.told[-1]
