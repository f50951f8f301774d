"""What each word of a question is worth."""

from collections.abc import Iterable, Mapping
from math import log

from functions.runtime.stop_words import STOP_WORDS
from functions.search.schemas import Term

# A guild of three passages cannot tell a rare word from a common one. Twenty passages that hold
# none of the words are imagined beside its own, and everyday words count a fifth.
IMAGINED_PASSAGES = 20
STOP_WORD_SHARE = 0.2


def inverse_frequency(*, passages: int, holding: int) -> float:
    """Return BM25's IDF in the form that never falls below zero."""
    return log(1 + (passages - holding + 0.5) / (holding + 0.5))


def weigh(words: Iterable[str], *, passages: int, holding: Mapping[str, int]) -> list[Term]:
    """Weigh the distinct words of a question; their shares add up to one."""
    distinct = sorted(set(words))
    telling = {
        word: inverse_frequency(passages=passages + IMAGINED_PASSAGES, holding=holding.get(word, 0))
        * (STOP_WORD_SHARE if word in STOP_WORDS else 1.0)
        for word in distinct
    }
    total = sum(telling.values())
    return [
        Term(
            text=word,
            idf=inverse_frequency(passages=passages, holding=holding.get(word, 0)),
            share=telling[word] / total,
        )
        for word in distinct
    ]
