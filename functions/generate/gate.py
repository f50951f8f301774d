"""How likely it must be that documents answer a question, before anything is answered from them."""

from collections.abc import Mapping
from typing import Final

STRICT: Final = 0.65
BALANCED: Final = 0.3
EAGER: Final = 0.15

LEAST_EVIDENCE: Final[Mapping[str, float]] = {
    "strict": STRICT,
    "balanced": BALANCED,
    "eager": EAGER,
}


def least_evidence(gate: str) -> float:
    """Return the least evidence, 0 to 1, with which a guild of this setting is answered."""
    return LEAST_EVIDENCE[gate]
