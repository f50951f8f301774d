import pytest

from functions.ingest.embedding import PROBE_CHARACTERS, probe_text
from functions.ingest.schemas import Chunk

ILLEGIBLE = "\ufffd \ufffd"


def _chunks(*texts: str) -> list[Chunk]:
    return [
        Chunk(
            ordinal=ordinal,
            text=text,
            heading_path=(),
            page=None,
            start=0,
            end=len(text),
            token_count=1,
            kind="paragraph",
        )
        for ordinal, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("texts", "probe", "remark"),
    [
        (["first", "second", "third"], "second", "the middle"),
        (["first", ILLEGIBLE, "third"], "first", "the nearest that can be read"),
        (["first", ILLEGIBLE, ILLEGIBLE, ILLEGIBLE, "fifth"], "first", "however far"),
        (["灯をともす"], "灯をともす", "letters of any script"),
        ([ILLEGIBLE], ILLEGIBLE, "nothing can be read"),
        (["x" * 1000], "x" * PROBE_CHARACTERS, "no more than a question may be"),
    ],
)
def test_a_document_is_looked_for_by_words_that_can_be_read(
    texts: list[str], probe: str, remark: str
) -> None:
    assert probe_text(_chunks(*texts)) == probe, remark
