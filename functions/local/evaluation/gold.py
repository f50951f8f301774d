"""Whether what is quoted holds the span that answers, as SQuAD compares texts."""

import re
import string
from collections.abc import Sequence
from typing import Final

from functions.local.evaluation.schemas import Figures, Outcome

ARTICLES: Final = re.compile(r"\b(?:a|an|the)\b")
# SQuAD knows those of ASCII alone; German and Chinese quote and stop with others.
PUNCTUATION: Final = str.maketrans(
    "", "", string.punctuation + "«»„“”‘’‚…–—、。，；：？！（）《》「」·"
)


def normalised(text: str) -> str:
    """Return a text in lower case, without punctuation, articles and spare spaces."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def holds_gold(quoted: str, gold: Sequence[str]) -> bool:
    """Tell whether a text contains one of the spans."""
    text = normalised(quoted)
    spans = [normalised(span) for span in gold]
    return any(span in text for span in spans if span)


def gold_figures(outcomes: Sequence[Outcome]) -> Figures | None:
    """Return the share of quotations that hold the answer, by how many sentences they may have."""
    asked = [outcome for outcome in outcomes if outcome.question.gold and outcome.sentences]
    if not asked:
        return None
    return {
        f"gold_in_{most}": round(
            sum(holds_gold(one.sentences[most], one.question.gold) for one in asked) / len(asked), 4
        )
        for most in sorted(asked[0].sentences)
    }
