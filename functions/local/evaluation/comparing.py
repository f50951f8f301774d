"""Say whether a change helped: two runs over the same questions, told apart from chance."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from functions.local.evaluation.measures import auroc, ranking_figures
from functions.local.evaluation.schemas import Figures, Outcome
from functions.local.home import UsageError

ROUNDS: Final = 5000
ROUNDS_OF_REFUSALS: Final = 1000
COMPARED: Final = ("ndcg_at_10", "recall_at_1", "recall_at_10", "mrr")
SEED: Final = 20
SIGNIFICANT: Final = 0.05


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one question: its figures, None where nothing is relevant."""

    figures: dict[str, float] | None
    evidence: float
    answerable: bool | None


class SavedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it lies in a file: the answers to each set's questions."""

    sets: dict[str, dict[str, Answered]]


def kept(outcomes: Sequence[Outcome]) -> dict[str, Answered]:
    """Return what a later run is compared with."""
    return {
        outcome.question.id: Answered(
            figures=ranking_figures(outcome.question, outcome.fused)
            if outcome.question.relevant
            else None,
            evidence=outcome.evidence,
            answerable=outcome.question.answerable,
        )
        for outcome in outcomes
    }


def save(file: Path, run: SavedRun) -> None:
    """Write a run; one of the same name is replaced."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_bytes(msgspec.json.encode(run))
    temporary.replace(file)


def read_saved(file: Path) -> SavedRun:
    """Return a saved run. Raises UsageError where there is none that can be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=SavedRun)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"There is no saved run “{file.stem}” here. Make one with --save."
        ) from error


def compare(now: Mapping[str, Answered], before: Mapping[str, Answered]) -> list[Figures]:
    """Return for each figure both means, the difference, and how likely chance made it.

    ``p`` is of a paired randomisation test, two-sided: with the runs alike, which of two answers
    to a question is whose says nothing, so they are swapped at random.
    """
    shared = [key for key in now if key in before]
    pairs = [(now[key], before[key]) for key in shared]
    ranked = [(one.figures, other.figures) for one, other in pairs if one.figures and other.figures]
    rows = []
    for name in COMPARED if ranked else ():
        values = np.array([[one[name], other[name]] for one, other in ranked])
        difference = values[:, 0] - values[:, 1]
        rows.append(_row(name, values.mean(axis=0), _p_of_mean(difference)))
    return rows + _compare_refusals(pairs)


def _row(name: str, means: Sequence[float] | NDArray[np.float64], p: float) -> Figures:
    now, before = (float(mean) for mean in means)
    return {
        "figure": name,
        "now": round(now, 4),
        "before": round(before, 4),
        "difference": round(now - before, 4),
        "p": round(p, 4),
        "helped": _verdict(now - before, p),
    }


def _verdict(difference: float, p: float) -> str:
    if p > SIGNIFICANT or difference == 0:
        return "no difference told"
    return "better" if difference > 0 else "worse"


def _p_of_mean(differences: NDArray[np.float64]) -> float:
    """Return how often random signs give a mean at least as far from zero."""
    changed = differences[differences != 0]
    if not changed.size:
        return 1.0
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], size=(ROUNDS, changed.size))
    reached = np.abs(signs @ changed) >= abs(changed.sum()) - 1e-12
    return float((reached.sum() + 1) / (ROUNDS + 1))


def _compare_refusals(pairs: Sequence[tuple[Answered, Answered]]) -> list[Figures]:
    told = [(one, other) for one, other in pairs if one.answerable is not None]
    truth = np.array([one.answerable for one, _ in told], dtype=bool)
    if not told or truth.all() or not truth.any():
        return []
    # As ranks: two runs need not have one scale of evidence.
    scores = np.array(
        [_ranks([pair[side].evidence for pair in told]) for side in (0, 1)], dtype=float
    )
    now, before = _auroc(scores[0], truth), _auroc(scores[1], truth)
    swapped = np.random.default_rng(SEED).integers(2, size=(ROUNDS_OF_REFUSALS, len(told)))
    by_chance = [_auroc_difference(scores, truth, swap) for swap in swapped.astype(bool)]
    reached = np.abs(by_chance) >= abs(now - before) - 1e-12
    p = float((reached.sum() + 1) / (ROUNDS_OF_REFUSALS + 1))
    return [_row("refusal_auroc", (now, before), p)]


def _auroc_difference(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], swapped: NDArray[np.bool_]
) -> float:
    one = np.where(swapped, scores[1], scores[0])
    other = np.where(swapped, scores[0], scores[1])
    return _auroc(one, truth) - _auroc(other, truth)


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: NDArray[np.float64] = ends - (counts - 1) / 2
    return middle[inverse]


def _auroc(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    return auroc(scores[truth].tolist(), scores[~truth].tolist()) or 0.0


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one sentence about a comparison."""
    better = [str(row["figure"]) for row in rows if row["helped"] == "better"]
    worse = [str(row["figure"]) for row in rows if row["helped"] == "worse"]
    if not better and not worse:
        return "No difference that chance would not make as well."
    said = [f"better: {', '.join(better)}"] if better else []
    said += [f"worse: {', '.join(worse)}"] if worse else []
    return "; ".join(said).capitalize() + "."
