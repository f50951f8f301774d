"""The sentences of the best passages that say what was asked."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.runtime.embedder.protocol import EmbeddingModel, Vector
from functions.runtime.lexical import UNSPACED_RUN, fold, tokens
from functions.runtime.passages import Highlight
from functions.runtime.sentences import Span, split_sentences
from functions.runtime.stop_words import STOP_WORDS
from functions.search.schemas import Readable, Term

MOST_SENTENCES = 60
# A linear model of which sentence holds the answer, fitted to the 1,190 questions of XQuAD in each
# of en, de and zh (counting twice) and in de and zh on English paragraphs. Decision 10 has what was
# tried. Cross-validated over articles, the share of answers found in the best 1, 2 and 3 sentences:
# en .838 .935 .960, de .803 .905 .945, zh .803 .913 .958, de on en .699 .836 .888, zh on en .572
# .713 .768. Weights fitted to any one language serve the other two as well, within .01.
MEANING = 43.2
WORDS = 4.6
# A sentence goes on from the one before, and the next one often answers: "It opened in 1902."
WORDS_BEFORE = 3.4
WORDS_AFTER = 1.9
PASSAGE_MEANING = 63.1

# Of a word its parts of four signs count, so that "Museums" meets "Museumsinsel" and a language
# without a stemmer loses nothing: with whole words alone de has .792 in one sentence.
PART = 4
START = "^"
ROW = re.compile(r"\s\|\s")


class _Sentence(NamedTuple):
    passage: int
    span: Span
    parts: frozenset[str]
    is_row: bool


def _parts_of(word: str) -> list[str]:
    marked = START + word
    return [marked[at : at + PART] for at in range(max(len(marked) - PART + 1, 1))]


def _parts_of_term(term: str) -> list[str]:
    # Signs of a script without spaces come in pairs already.
    return [term] if UNSPACED_RUN.search(term) else _parts_of(term)


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text's words; those of a script without spaces in pairs of signs."""
    for token in tokens(text):
        for at, piece in enumerate(UNSPACED_RUN.split(fold(token))):
            if at % 2:
                yield from (piece[start : start + 2] for start in range(max(len(piece) - 1, 1)))
                continue
            # Wi-Fi is asked for as wifi as well.
            for word in {*piece.split("-"), piece.replace("-", "")} - {""}:
                yield from _parts_of(word)


def _sentences(readable: Sequence[Readable]) -> list[_Sentence]:
    found = (
        (index, span, passage.text[span.start : span.end])
        for index, passage in enumerate(readable)
        for span in split_sentences(passage.text)
    )
    return [
        _Sentence(index, span, frozenset(_parts(text)), ROW.search(text) is not None)
        for (index, span, text), _ in zip(found, range(MOST_SENTENCES), strict=False)
    ]


def _telling(wanted: Sequence[Term]) -> list[Term]:
    """Leave out everyday words, which any sentence holds, unless there are no others."""
    return [term for term in wanted if term.text not in STOP_WORDS] or list(wanted)


def _wanted_parts(
    wanted: Sequence[Term], *, held: Counter[str], sentences: int
) -> dict[str, float]:
    """Return the parts of a question's words that some sentence holds; their shares add up to one.

    What most sentences hold, such as whom all of them are about, tells little.
    """
    shares: dict[str, float] = defaultdict(float)
    for term in _telling(wanted):
        parts = _parts_of_term(term.text)
        for part in parts:
            shares[part] += term.share / len(parts)
    weighed = {
        part: share * log(1 + (sentences - held[part] + 0.5) / (held[part] + 0.5))
        for part, share in shares.items()
        if held[part]
    }
    total = sum(weighed.values())
    return {part: share / total for part, share in weighed.items()} if total else {}


def _shared(sentences: Sequence[_Sentence], readable: Sequence[Readable]) -> NDArray[np.float64]:
    """Return what share of the question's words each sentence holds, and its neighbours besides.

    The shape is (sentences, 3): itself, the one before, the one after.
    """
    held = Counter(part for sentence in sentences for part in sentence.parts)
    wanted = [
        _wanted_parts(passage.wanted, held=held, sentences=len(sentences)) for passage in readable
    ]
    around = zip([None, *sentences], sentences, [*sentences[1:], None], strict=False)
    return np.array(
        [
            (
                sum(wanted[sentence.passage].get(part, 0.0) for part in sentence.parts),
                _lent(before, sentence, wanted[sentence.passage]),
                _lent(after, sentence, wanted[sentence.passage]),
            )
            for before, sentence, after in around
        ]
    )


def _lent(neighbour: _Sentence | None, sentence: _Sentence, shares: Mapping[str, float]) -> float:
    # A row says nothing about the next one.
    if neighbour is None or neighbour.passage != sentence.passage or neighbour.is_row:
        return 0.0
    return sum(shares.get(part, 0.0) for part in neighbour.parts - sentence.parts)


async def highlight(
    readable: Sequence[Readable], *, query: Vector, embedder: EmbeddingModel
) -> list[list[Highlight]]:
    """Score the sentences of texts: how likely each answers, beside the best one, 0 to 1."""
    found: list[list[Highlight]] = [[] for _ in readable]
    sentences = _sentences(readable)
    if not sentences:
        return found
    texts = [readable[index].text[span.start : span.end] for index, span, *_ in sentences]
    vectors = await embedder.embed_passages(texts, urgent=True)
    logits = (
        MEANING * (np.asarray(vectors) @ query)
        + _shared(sentences, readable) @ (WORDS, WORDS_BEFORE, WORDS_AFTER)
        + PASSAGE_MEANING * np.array([readable[one.passage].cosine for one in sentences])
    )
    for sentence, likely in zip(sentences, np.exp(logits - logits.max()), strict=True):
        found[sentence.passage].append(
            Highlight(
                start=sentence.span.start, end=sentence.span.end, score=round(float(likely), 4)
            )
        )
    return found
