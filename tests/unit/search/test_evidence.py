from uuid import UUID

import pytest

from functions.search.evidence import evidence
from functions.search.schemas import Candidate

ENGLISH = "The tower was finished in the year that the fair was held."


def found(cosine: float, coverage: float = 0.0, moved: float = 0.0) -> Candidate:
    return Candidate(
        chunk_id=1,
        document_id=UUID(int=1),
        cosine=cosine,
        nearness=cosine - moved,
        bm25=0,
        coverage=coverage,
        score=1,
    )


def crowd(best: float, coverage: float, others: float) -> list[Candidate]:
    return [found(best, coverage), *[found(others)] * 10]


@pytest.mark.parametrize(
    ("query", "ranked", "lowest", "highest", "remark"),
    [
        ("When was the tower finished?", crowd(0.9, 0.8, 0.8), 0.95, 1, "near, with its words"),
        ("Who won the cup?", crowd(0.8, 0.05, 0.78), 0, 0.1, "neither near nor shared words"),
        ("Wann wurde der Turm fertig?", crowd(0.84, 0.0, 0.77), 0.8, 1, "another language"),
        ("Wann wurde der Turm fertig?", crowd(0.77, 0.0, 0.755), 0, 0.3, "another, unrelated"),
        ("When was the tower finished?", [found(0.88, 0.7)], 0.9, 1, "the only passage, right"),
        ("Who won the cup?", [found(0.77, 0.0)], 0, 0.05, "the only passage, wrong"),
    ],
)
def test_evidence_follows_nearness_lead_and_shared_words(
    query: str, ranked: list[Candidate], lowest: float, highest: float, remark: str
) -> None:
    assert lowest <= evidence(query, best_passage=ENGLISH, ranked=ranked) <= highest, remark


def test_words_and_meaning_that_lead_to_one_passage_are_more_evidence() -> None:
    near, far = found(0.85, 0.5), found(0.82, 0.5)
    agreed = evidence("Who?", best_passage=ENGLISH, ranked=[near, far])
    assert agreed > evidence("Who?", best_passage=ENGLISH, ranked=[far, near])


@pytest.mark.parametrize("others", [0, 3, 20])
def test_a_question_moved_away_from_all_alike_has_the_same_evidence(others: int) -> None:
    asked = [
        [found(0.85, moved=moved), *[found(0.78, moved=moved)] * others] for moved in (0.0, 0.37)
    ]
    plain, moved = (evidence("谁?", best_passage=ENGLISH, ranked=ranked) for ranked in asked)
    assert 0.1 < plain < 0.99
    assert moved == pytest.approx(plain)
