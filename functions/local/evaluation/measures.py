"""How good a ranking is, and how well refusals are told from answers."""

from collections.abc import Callable, Mapping, Sequence
from math import log2
from typing import Final

import numpy as np

from functions.local.evaluation.schemas import DEPTHS, Figures, Outcome, Question

GAIN_DEPTH: Final = 10
BINS: Final = 10
Ranking = Callable[[Outcome], Sequence[str]]


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], *, depth: int = GAIN_DEPTH) -> float:
    """Return the discounted gain of a ranking as a share of the best there could be.

    Gains count as they are, as trec_eval has it.
    """
    best = sorted(relevant.values(), reverse=True)[:depth]
    found = [relevant.get(paper, 0) for paper in ranking[:depth]]
    ideal = _discounted(best)
    return _discounted(found) / ideal if ideal else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall(ranking: Sequence[str], relevant: Mapping[str, int], *, depth: int) -> float:
    """Return the share of the relevant documents among the first."""
    return len(relevant.keys() & set(ranking[:depth])) / len(relevant)


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Return one over the rank of the first relevant document, 0 where there is none."""
    return next((1 / rank for rank, paper in enumerate(ranking, 1) if paper in relevant), 0.0)


def ranking_figures(question: Question, ranking: Sequence[str]) -> dict[str, float]:
    """Return every figure of one ranking."""
    relevant = question.relevant
    return {
        "ndcg_at_10": ndcg(ranking, relevant),
        **{f"recall_at_{depth}": recall(ranking, relevant, depth=depth) for depth in DEPTHS},
        "mrr": reciprocal_rank(ranking, relevant),
    }


def mean_figures(outcomes: Sequence[Outcome], ranking: Ranking) -> Figures:
    """Return the means over the questions that have relevant documents, None without any."""
    rows = [
        ranking_figures(outcome.question, ranking(outcome))
        for outcome in outcomes
        if outcome.question.relevant
    ]
    names = ranking_figures(Question(id="", text="", relevant={"": 1}), [])
    return {
        name: round(float(np.mean([row[name] for row in rows])), 4) if rows else None
        for name in names
    }


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return how often a positive one scores above a negative one; a tie counts half."""
    if not positive or not negative:
        return None
    above, below = np.asarray(positive)[:, None], np.asarray(negative)[None, :]
    return float(((above > below) + 0.5 * (above == below)).mean())


def refusal_auroc(outcomes: Sequence[Outcome]) -> float | None:
    """Return how well the evidence tells answerable questions from unanswerable ones."""
    by_kind: dict[bool, list[float]] = {True: [], False: []}
    for outcome in outcomes:
        if outcome.question.answerable is not None:
            by_kind[outcome.question.answerable].append(outcome.evidence)
    return auroc(by_kind[True], by_kind[False])


def answers_it(outcome: Outcome) -> bool | None:
    """Tell whether what was shown answers the question; None where the set does not say."""
    question = outcome.question
    if question.answerable is False:
        return False
    if question.answerable is None and not question.relevant:
        return None
    return bool(question.relevant.keys() & set(outcome.shown))


def calibration(outcomes: Sequence[Outcome]) -> list[Figures]:
    """Return, for each tenth of the evidence, what it said and how often it was so."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for outcome in outcomes:
        truth = answers_it(outcome)
        # Questions that are answerable in part are neither here nor there.
        if truth is not None:
            index = min(int(outcome.evidence * BINS), BINS - 1)
            bins[index].append((outcome.evidence, truth))
    return [
        {
            "from": index / BINS,
            "to": (index + 1) / BINS,
            "questions": len(rows),
            "predicted": round(float(np.mean([said for said, _ in rows])), 3) if rows else None,
            "true": round(float(np.mean([truth for _, truth in rows])), 3) if rows else None,
        }
        for index, rows in enumerate(bins)
    ]


def calibration_error(bins: Sequence[Figures]) -> float | None:
    """Return the mean distance of what was said from what was so, each question weighing one."""
    told = [row for row in bins if row["questions"]]
    total = sum(row["questions"] for row in told)
    if not total:
        return None
    off = sum(row["questions"] * abs(row["predicted"] - row["true"]) for row in told)
    return round(float(off / total), 4)
