"""How likely it must be that documents answer a question, before anything is answered from them."""

from collections.abc import Mapping
from typing import Final

# Percent refused of MTRAG-UN's 63 unanswerable and 169 answerable questions, and of XQuAD's, all of
# which are answerable, on paragraphs in their own and in another language:
#
#              unanswerable  answerable    en   de   zh   de on en   zh on en
#   strict          75            16        3    8    9      21         53
#   balanced        52             7        1    3    3       5         12
#   eager           21             4        1    1    1       1          1
#
# A quotation that misses can be seen to miss, a refusal cannot: so "balanced" leans to answering.
# "strict" is where a further refusal begins to cost as many answers as it saves.
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
