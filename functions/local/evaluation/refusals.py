"""How many questions the gate refuses, at each of its settings."""

from collections.abc import Sequence

from functions.generate.gate import LEAST_EVIDENCE, least_evidence
from functions.local.evaluation.schemas import Figures, Outcome

SETTINGS = tuple(LEAST_EVIDENCE)


def refused_shares(outcomes: Sequence[Outcome]) -> list[Figures]:
    """Return the refused share of all questions, and of the answerable and unanswerable ones."""
    kinds = {
        "all": list(outcomes),
        "answerable": [one for one in outcomes if one.question.answerable is True],
        "unanswerable": [one for one in outcomes if one.question.answerable is False],
    }
    return [
        {"questions": kind, "asked": len(asked), **_shares(asked)}
        for kind, asked in kinds.items()
        if asked
    ]


def _shares(asked: Sequence[Outcome]) -> dict[str, float]:
    return {
        gate: round(sum(one.evidence < least_evidence(gate) for one in asked) / len(asked), 4)
        for gate in SETTINGS
    }
