from uuid import UUID

from functions.runtime.fingerprints import fingerprint
from functions.search.folding import Row, fold
from functions.search.schemas import Candidate, PassageRow

TEXT = "The gate of the old town is closed by the porter at ten in the evening."


def row(chunk_id: int, text: str, *, known: bool = True) -> Row:
    document = UUID(int=chunk_id)
    candidate = Candidate(
        chunk_id=chunk_id,
        document_id=document,
        cosine=0.9,
        nearness=0.9,
        bm25=1.0,
        coverage=1.0,
        score=1.0,
    )
    return candidate, PassageRow(
        chunk_id=chunk_id,
        document_id=document,
        ordinal=0,
        text=text,
        heading_path=[],
        page=None,
        title="Rules",
        source_name="rules.txt",
        source_url=None,
        language="en",
        fingerprint=fingerprint(text) if known else 0,
    )


def numbers(rows: list[Row]) -> list[int]:
    return [candidate.chunk_id for candidate, _ in rows]


def test_the_better_ranked_stays() -> None:
    kept: list[Row] = []
    folded = fold(kept, [row(1, TEXT.upper()), row(2, "Bees dance."), row(3, TEXT)])
    assert (numbers(kept), numbers(folded)) == ([1, 2], [3])


def test_what_was_kept_before_still_counts() -> None:
    kept = [row(1, TEXT)]
    folded = fold(kept, [row(2, TEXT), row(3, TEXT.replace("ten", "10"))])
    assert (numbers(kept), numbers(folded)) == ([1, 3], [2])


def test_passages_stored_before_there_were_fingerprints_are_compared_by_their_words() -> None:
    kept: list[Row] = []
    old = [row(1, TEXT, known=False), row(2, "Bees dance.", known=False)]
    folded = fold(kept, [*old, row(3, TEXT, known=False)])
    assert (numbers(kept), numbers(folded)) == ([1, 2], [3])
