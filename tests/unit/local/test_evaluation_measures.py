"""Figures of an evaluation, against values worked out by hand."""

from math import log2

import pytest

from functions.local.evaluation.gold import holds_gold, normalised
from functions.local.evaluation.measures import (
    auroc,
    calibration,
    calibration_error,
    mean_figures,
    ndcg,
    recall,
    reciprocal_rank,
    refusal_auroc,
)
from functions.local.evaluation.schemas import Outcome, Question

RANKINGS = [
    ("ab", {"a": 1}, 1.0, 1.0, 1.0, "right at the top"),
    ("xa", {"a": 1}, 1 / log2(3), 0.0, 0.5, "second"),
    ("xy", {"a": 1}, 0.0, 0.0, 0.0, "not found"),
    (
        "ba",
        {"a": 2, "b": 1},
        (1 + 2 / log2(3)) / (2 + 1 / log2(3)),
        0.5,
        1.0,
        "gains in wrong order",
    ),
    ("xxxxxxxxxxa", {"a": 1}, 0.0, 0.0, 1 / 11, "eleventh counts for the reciprocal rank alone"),
]


@pytest.mark.parametrize(("found", "relevant", "gain", "first", "rank", "remark"), RANKINGS)
def test_a_ranking_has_its_figures(
    found: str, relevant: dict[str, int], gain: float, first: float, rank: float, remark: str
) -> None:
    ranking = list(found)
    assert ndcg(ranking, relevant) == pytest.approx(gain), remark
    assert recall(ranking, relevant, depth=1) == pytest.approx(first), remark
    assert reciprocal_rank(ranking, relevant) == pytest.approx(rank), remark


def outcome(
    evidence: float,
    *,
    answerable: bool | None,
    relevant: str = "",
    shown: str = "",
    found: str = "",
) -> Outcome:
    question = Question(
        id="q", text="?", relevant=dict.fromkeys(relevant, 1), answerable=answerable
    )
    return Outcome(
        question=question,
        fused=list(found),
        dense=[],
        bm25=[],
        shown=list(shown),
        evidence=evidence,
    )


def test_means_leave_out_questions_without_a_relevant_document() -> None:
    outcomes = [
        outcome(0.5, answerable=None, relevant="a", found="a"),
        outcome(0.5, answerable=None, relevant="a", found="xa"),
        outcome(0.5, answerable=False, found="a"),
    ]
    figures = mean_figures(outcomes, lambda one: one.fused)
    assert figures["recall_at_1"] == 0.5
    assert figures["mrr"] == 0.75
    assert mean_figures(outcomes[2:], lambda one: one.fused)["mrr"] is None


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([0.9, 0.8], [0.1], 1.0),
        ([0.1], [0.9, 0.8], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.2], [0.5], 0.5),
        ([], [0.5], None),
    ],
)
def test_auroc_is_the_share_of_pairs_in_order(
    positive: list[float], negative: list[float], expected: float | None
) -> None:
    assert auroc(positive, negative) == expected


def test_refusals_are_judged_on_questions_that_are_said_to_be_answerable_or_not() -> None:
    outcomes = [
        outcome(0.9, answerable=True),
        outcome(0.1, answerable=False),
        outcome(0.0, answerable=None, relevant="a"),
    ]
    assert refusal_auroc(outcomes) == 1.0
    assert refusal_auroc(outcomes[:1]) is None


def test_calibration_compares_what_was_said_with_what_was_so() -> None:
    outcomes = [
        outcome(0.95, answerable=True, relevant="a", shown="ba"),
        outcome(0.97, answerable=True, relevant="a", shown="b"),
        outcome(1.0, answerable=None, relevant="a", shown="a"),
        outcome(0.04, answerable=False, shown="a"),
        outcome(0.5, answerable=None),
    ]
    bins = calibration(outcomes)
    assert len(bins) == 10
    assert [row["questions"] for row in bins] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert (bins[0]["predicted"], bins[0]["true"]) == (0.04, 0.0)
    assert (bins[9]["predicted"], bins[9]["true"]) == (0.973, 0.667)
    assert bins[5]["predicted"] is None
    assert calibration_error(bins) == pytest.approx((0.04 + 3 * 0.306) / 4, abs=1e-3)
    assert calibration_error(calibration([])) is None


GOLD = [
    ("It opened in 1902.", ["1902"], True, "a span within"),
    ("The “Golden Gate” bridge", ["Golden Gate Bridge"], True, "case and quotation marks"),
    ("It was a large house", ["the large house"], True, "articles count for nothing"),
    ("黑豹队只丢了 308分。", ["308 分"], False, "a space that is only in one of them"),
    ("黑豹队只丢了 308分。", ["308分"], True, "Chinese"),
    ("It opened late.", ["1902", "late"], True, "one of several"),
    ("It opened late.", ["..."], False, "a span without words is in nothing"),
    ("It opened late.", [], False, "no span"),
]


@pytest.mark.parametrize(("quoted", "gold", "expected", "remark"), GOLD)
def test_a_quotation_holds_the_answer_as_squad_compares_texts(
    quoted: str, gold: list[str], *, expected: bool, remark: str
) -> None:
    assert holds_gold(quoted, gold) is expected, remark


def test_normalising_twice_changes_nothing() -> None:
    for text in ("The U.S. Army, a force", "„Häuser“ – zwei", "他说：“好。”"):
        assert normalised(normalised(text)) == normalised(text)
