"""What each word of a question is worth."""

import unicodedata
from collections.abc import Mapping, Sequence
from math import log

from functions.runtime.languages import stemmer_of
from functions.runtime.lexical import TOKEN, UNSPACED_RUN, guess_language, terms
from functions.runtime.stop_words import STOP_WORDS
from functions.search.queries import UNTOLD
from functions.search.schemas import Term

# A guild of three passages cannot tell a rare word from a common one. Twenty passages that hold
# none of the words are imagined beside its own, and everyday words count a fifth.
IMAGINED_PASSAGES = 20
STOP_WORD_SHARE = 0.2


def inverse_frequency(*, passages: int, holding: int) -> float:
    """Return BM25's IDF in the form that never falls below zero."""
    return log(1 + (passages - holding + 0.5) / (holding + 0.5))


def words_of(query: str, *, language: str | None = None) -> dict[str, float]:
    """Return a question's terms with the part of a word that each is.

    A word that stands beside its stem is one word of the question, and not two. ``language`` is
    ISO 639-1; left out, or what nobody knows, it is guessed.
    """
    plain = unicodedata.normalize("NFKC", query)
    stemmer = stemmer_of(language) or guess_language(plain)
    parts: dict[str, float] = {}
    for token in TOKEN.findall(plain):
        found = set(terms(token, language=stemmer))
        # Each pair of signs of a script without spaces is about a word.
        part = 1.0 if UNSPACED_RUN.search(token) else 1 / max(len(found), 1)
        parts |= {term: max(part, parts.get(term, 0.0)) for term in found}
    return parts


def words_by_language(
    query: str, languages: Sequence[str]
) -> list[tuple[list[str], dict[str, float]]]:
    """Return a question's words as each language stems them; those that agree go together."""
    readings: dict[frozenset[str], tuple[list[str], dict[str, float]]] = {}
    for language in (UNTOLD, *languages):
        words = words_of(query, language=None if language == UNTOLD else language)
        readings.setdefault(frozenset(words), ([], words))[0].append(language)
    return list(readings.values())


def weigh(words: Mapping[str, float], *, passages: int, holding: Mapping[str, int]) -> list[Term]:
    """Weigh the terms of a question, each this part of a word; their shares add up to one."""
    telling = {
        word: part
        * inverse_frequency(passages=passages + IMAGINED_PASSAGES, holding=holding.get(word, 0))
        * (STOP_WORD_SHARE if word in STOP_WORDS else 1.0)
        for word, part in sorted(words.items())
    }
    total = sum(telling.values())
    return [
        Term(
            text=word,
            idf=inverse_frequency(passages=passages, holding=holding.get(word, 0)),
            share=share / total,
        )
        for word, share in telling.items()
    ]
