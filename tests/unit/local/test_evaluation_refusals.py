from functions.generate.gate import BALANCED, EAGER
from functions.local.evaluation.refusals import refused_shares
from functions.local.evaluation.schemas import Outcome, Question


def outcome(evidence: float, *, answerable: bool | None = None) -> Outcome:
    return Outcome(
        question=Question(id="1", text="?", answerable=answerable),
        fused=[],
        dense=[],
        bm25=[],
        shown=[],
        evidence=evidence,
    )


def test_questions_of_each_kind_have_their_shares() -> None:
    rows = refused_shares(
        [
            outcome(1.0, answerable=True),
            outcome(EAGER, answerable=True),
            outcome(BALANCED, answerable=False),
            outcome(0.0, answerable=False),
            outcome(0.0),
        ]
    )
    assert rows == [
        {"questions": "all", "asked": 5, "strict": 0.8, "balanced": 0.6, "eager": 0.4},
        {"questions": "answerable", "asked": 2, "strict": 0.5, "balanced": 0.5, "eager": 0.0},
        {"questions": "unanswerable", "asked": 2, "strict": 1.0, "balanced": 0.5, "eager": 0.5},
    ]


def test_a_set_that_does_not_say_has_one_row() -> None:
    assert [row["questions"] for row in refused_shares([outcome(0.5)])] == ["all"]
