"""What each word of a question is worth."""

from collections.abc import Iterable, Mapping, Sequence
from math import log

from functions.runtime.languages import stemmer_of
from functions.runtime.lexical import (
    LATIN,
    UNSPACED_RUN,
    guess_language,
    plainly,
    terms,
    tokens,
)
from functions.runtime.stop_words import STOP_WORDS
from functions.search.queries import UNTOLD
from functions.search.schemas import Reading, Term, Word

# A guild of three passages cannot tell a rare word from a common one. Twenty passages that hold
# none of the words are imagined beside its own, and everyday words count a fifth.
IMAGINED_PASSAGES = 20
STOP_WORD_SHARE = 0.2
# BM25's nDCG@10 on MTRAG-UN: .797 by the last turn alone; with each turn before it counting this
# much of the next .862, with .3 .853, with .7 .855, with all alike .834.
RECENCY = 0.5
TURNS_COUNTED = 3


def inverse_frequency(*, passages: int, holding: int) -> float:
    """Return BM25's IDF in the form that never falls below zero."""
    return log(1 + (passages - holding + 0.5) / (holding + 0.5))


def words_of(query: str, *, language: str | None = None) -> dict[str, float]:
    """Return a question's terms with the part of a word that each is.

    A word that stands beside its stem is one word of the question, and not two. ``language`` is
    ISO 639-1; left out, or what nobody knows, it is guessed.
    """
    stemmer = stemmer_of(language) or guess_language(plainly(query))
    parts: dict[str, float] = {}
    for token in tokens(query):
        found = set(terms(token, language=stemmer))
        # Each pair of signs of a script without spaces is about a word.
        part = 1.0 if UNSPACED_RUN.search(token) else 1 / max(len(found), 1)
        parts |= {term: max(part, parts.get(term, 0.0)) for term in found}
    return parts


def _words_of_conversation(
    query: str, turns: Sequence[str], *, language: str | None
) -> dict[str, Word]:
    """Return the words of a question and of what was asked before; the latest use of one counts."""
    words: dict[str, Word] = {}
    for age, turn in enumerate([query, *reversed(turns)][:TURNS_COUNTED]):
        for term, part in words_of(turn, language=language).items():
            words.setdefault(term, Word(part=part, recency=RECENCY**age))
    return words


def words_by_language(
    query: str, languages: Sequence[str], *, turns: Sequence[str] = ()
) -> list[tuple[list[str], dict[str, Word]]]:
    """Return a question's words as each language stems them; those that agree go together.

    ``turns`` are what was asked before, oldest first.
    """
    readings: dict[frozenset[str], tuple[list[str], dict[str, Word]]] = {}
    for language in (UNTOLD, *languages):
        told = None if language == UNTOLD else language
        words = _words_of_conversation(query, turns, language=told)
        readings.setdefault(frozenset(words), ([], words))[0].append(language)
    return list(readings.values())


def weigh(words: Mapping[str, Word], *, passages: int, holding: Mapping[str, int]) -> list[Term]:
    """Weigh the terms of a question; their shares add up to one."""
    telling = {
        word: asked.part
        * asked.recency
        * inverse_frequency(passages=passages + IMAGINED_PASSAGES, holding=holding.get(word, 0))
        * (STOP_WORD_SHARE if word in STOP_WORDS else 1.0)
        for word, asked in sorted(words.items())
    }
    total = sum(telling.values())
    return [
        Term(
            text=word,
            idf=words[word].recency
            * inverse_frequency(passages=passages, holding=holding.get(word, 0)),
            share=share / total,
            held=holding.get(word, 0) > 0,
        )
        for word, share in telling.items()
    ]


def _is_latin(term: str) -> bool:
    return term[0].isdigit() or LATIN.search(term) is not None


def reachable(readings: Iterable[Reading]) -> float:
    """Return the share of a question that documents of these scripts could hold, 0 to 1.

    A Chinese question shares names and figures with English documents, and nothing else: what is
    in their script counts as if it were all that was asked. A German one could share every word.
    """
    shares = (
        sum(term.share for term in reading.wanted if term.held or _is_latin(term.text))
        for reading in readings
    )
    return max(shares, default=0.0)
