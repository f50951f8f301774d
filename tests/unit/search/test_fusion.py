from uuid import UUID

import pytest

from functions.search.fusion import fuse, spread
from functions.search.schemas import Hit, Neighbour

DOCUMENT = UUID(int=1)


def near(chunk_id: int, cosine: float, document: int = 1) -> Neighbour:
    return Neighbour(
        chunk_id=chunk_id, document_id=UUID(int=document), cosine=cosine, nearness=cosine
    )


def hit(chunk_id: int, bm25: float, coverage: float) -> Hit:
    return Hit(chunk_id=chunk_id, bm25=bm25, coverage=coverage)


RANKINGS = [
    ([near(1, 0.9), near(2, 0.8)], [], [1, 2], "meaning alone"),
    ([near(1, 0.9), near(2, 0.89), near(3, 0.7)], [hit(2, 9, 0.8)], [2, 1, 3], "words tip a tie"),
    ([near(1, 0.9), near(2, 0.7)], [hit(2, 9, 0.02)], [1, 2], "a chance word tips nothing"),
    ([near(2, 0.8), near(1, 0.8)], [], [1, 2], "a tie goes by id"),
    ([], [], [], "nothing found"),
    ([near(1, 0.9)], [hit(1, 3, 0.5), hit(7, 9, 0.9)], [1], "a hit that went away meanwhile"),
]


@pytest.mark.parametrize(("neighbours", "hits", "expected", "remark"), RANKINGS)
def test_meaning_and_words_make_one_ranking(
    neighbours: list[Neighbour], hits: list[Hit], expected: list[int], remark: str
) -> None:
    assert [found.chunk_id for found in fuse(neighbours, hits)] == expected, remark


def test_scores_lie_between_zero_and_one() -> None:
    ranked = fuse([near(1, 0.9), near(2, 0.8), near(3, 0.7)], [hit(1, 20, 0.9), hit(2, 10, 0.4)])
    assert [found.score for found in ranked] == pytest.approx([1.0, 0.6 * 0.5 + 0.4 * 0.5, 0.0])


def test_a_document_keeps_its_three_best() -> None:
    ranked = fuse([near(n, 1 - n / 10) for n in range(5)] + [near(9, 0.1, document=2)], [])
    assert [found.chunk_id for found in spread(ranked)] == [0, 1, 2, 9]


def test_a_shared_name_counts_in_full_where_nothing_else_could_be_shared() -> None:
    found = [near(1, 0.9), near(2, 0.85), near(3, 0.7)]
    named = [hit(2, 9, 0.05)]
    assert [candidate.chunk_id for candidate in fuse(found, named)] == [1, 2, 3]
    ranked = fuse(found, named, reachable=0.05)
    assert [candidate.chunk_id for candidate in ranked] == [2, 1, 3]
    assert [candidate.chunk_id for candidate in fuse(found, [], reachable=0.0)] == [1, 2, 3]
