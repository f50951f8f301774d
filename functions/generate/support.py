"""How far a passage says what a sentence claims: by its words, or by its meaning."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations

import msgspec
import numpy as np

from functions.generate.telling import UNSPACED, names, telling_words
from functions.runtime.embedder.protocol import EmbeddingModel, Vector, Vectors
from functions.runtime.errors import LorekeeperError
from functions.runtime.lexical import detect_language, terms, tokens
from functions.runtime.passages import Passage
from functions.runtime.sentences import split_sentences
from functions.runtime.statements import Figure, denies, figures, numbers
from functions.runtime.stop_words import STOP_WORDS

log = logging.getLogger(__name__)
# The share of a sentence's telling words that its passage must hold: room for a paraphrase.
LEAST_WORDS = 0.6
# Where nobody says which passage, one place in it must hold this much: a weak model draws its words
# together from all over a passage.
LEAST_WORDS_IN_ONE_PLACE = 0.7
# Where it holds this much of them, meaning decides.
LEAST_WORDS_BESIDE_MEANING = 0.3
# Cosines of a sentence with the nearest one of a passage, measured on XQuAD's translations of one
# another. German on English: .85 keeps 94 % of what the passage says and lets by 2 % of what
# another one of the same article says; Chinese on English: .835 keeps 70 % and lets by 1 %.
# Within a language neighbours in an article come as near as .90 (1 %), besides the words.
LEAST_MEANING = 0.85
LEAST_MEANING_ACROSS_SCRIPTS = 0.835
LEAST_MEANING_WITHIN_LANGUAGE = 0.9
# Two sentences that share this much speak of one thing, and then must both affirm or both deny.
SAME_SUBJECT = 0.5
# "3000 rpm" says nothing of what turns so fast, where a sentence tells two speeds.
FEWEST_WORDS_BESIDE_FIGURES = 2
LONGEST_CLAIM = 400
LONGEST_QUOTE = 300
# What small models say about their own writing.
ABOUT_ITSELF = frozenset(terms("The answer to this question in the passages is"))

Opened = Callable[[], EmbeddingModel]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a passage; ``score`` says how well it answers the question, 0 to 1."""

    text: str
    words: frozenset[str]
    figures: frozenset[str]
    denies: bool
    score: float


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A passage with its words and figures looked up once."""

    passage: Passage
    words: frozenset[str]
    figures: frozenset[str]
    marked: frozenset[Figure]
    titled: frozenset[str]
    heading: frozenset[str]
    language: str | None
    sentences: list[Said]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence claims; ``telling`` is what it says beyond the question."""

    text: str
    words: frozenset[str]
    telling: frozenset[str]
    figures: frozenset[str]
    marked: frozenset[Figure]
    names: frozenset[str]
    language: str | None
    denies: bool


def read_source(passage: Passage) -> Source:
    """Look up what a passage says."""
    heading = f"{passage.title} {passage.location}"
    whole = f"{heading} {passage.text}"
    marked = frozenset(figures(whole))
    scores = {mark.start: mark.score for mark in passage.highlights}
    return Source(
        passage=passage,
        words=frozenset(terms(whole)),
        figures=frozenset(figure.number for figure in marked),
        marked=marked,
        titled=numbers(heading),
        heading=frozenset(terms(heading)),
        language=detect_language(passage.text),
        sentences=[
            _read_sentence(passage.text[span.start : span.end], scores.get(span.start, 0.0))
            for span in split_sentences(passage.text)
        ],
    )


def _read_sentence(text: str, score: float) -> Said:
    return Said(
        text=text,
        words=telling_words(text),
        figures=numbers(text),
        denies=denies(text),
        score=score,
    )


def read_claim(sentence: str, *, asked: AbstractSet[str]) -> Claim:
    """Look up what a sentence claims, beyond the terms that were ``asked``."""
    words, marked = telling_words(sentence), frozenset(figures(sentence))
    return Claim(
        text=sentence,
        words=words,
        telling=words - asked - ABOUT_ITSELF,
        figures=frozenset(figure.number for figure in marked),
        marked=marked,
        names=frozenset(name for name in names(sentence) if not asked & set(terms(name))),
        language=detect_language(sentence),
        denies=denies(sentence),
    )


def _same_subject(claim: Claim, source: Source) -> list[Said]:
    # A figure that both have says nothing about what it counts.
    words = claim.words - claim.figures
    return [
        said for said in source.sentences if len(words & said.words) >= SAME_SUBJECT * len(words)
    ]


def _counted(text: str) -> dict[str, str]:
    """Return for each figure of a text the word before it that is not said twice."""
    words = [(token, terms(token)[-1]) for token in tokens(text)]
    times = Counter(word for _, word in words)
    told: dict[str, str] = {}
    last = ""
    for token, word in words:
        if found := numbers(token):
            told |= dict.fromkeys(found, last)
        elif times[word] == 1 and word not in STOP_WORDS:
            last = word
    return told


def _changes_over(claim: Claim, said: Said) -> bool:
    """Tell whether two figures of a sentence stand in each other's place."""
    ours, theirs = _counted(claim.text), _counted(said.text)
    return any(
        ours[one] == theirs[other] and ours[other] == theirs[one] and ours[one] != ours[other]
        for one, other in combinations(sorted(ours.keys() & theirs.keys()), 2)
    )


def _contradicts(claim: Claim, source: Source) -> bool:
    """Tell whether what a passage says of a claim's subject is of other figures, or the reverse."""
    same = _same_subject(claim, source)
    counted = frozenset[str]().union(*(said.figures for said in same))
    if same and not claim.figures <= counted | source.titled:
        return True
    telling = [said for said in same if claim.figures <= said.figures]
    if len(claim.figures) > 1 and telling and all(_changes_over(claim, said) for said in telling):
        return True
    return bool(same) and all(said.denies != claim.denies for said in same)


def _marks_otherwise(claim: Claim, source: Source) -> bool:
    """Tell whether a claim has dollars or "less than" where its passage has another sign."""
    return any(
        bool(said := {getattr(one, mark) for one in source.marked if one.number == figure.number})
        and "" not in said
        and getattr(figure, mark) not in {"", *said}
        for figure in claim.marked
        for mark in ("unit", "bound")
    )


def by_words(claim: Claim, source: Source) -> float | None:
    """Return the share of a claim's words that a passage holds, None where words cannot tell.

    No figure may be new, and something must be: a question said over again answers nothing. In
    another language than the passage's, words cannot be compared.
    """
    if not claim.telling or not claim.figures <= source.figures or _marks_otherwise(claim, source):
        return 0.0
    if claim.language and source.language and claim.language != source.language:
        return None
    if any(not source.words & set(terms(name)) for name in claim.names):
        return 0.0
    if _contradicts(claim, source):
        return 0.0
    return len(claim.words & source.words) / len(claim.words)


class Weighing:
    """Weighs claims against passages; their sentences are embedded once, when first needed."""

    def __init__(self, passages: Sequence[Passage], *, embedder: Opened | None) -> None:
        self.sources = [read_source(passage) for passage in passages]
        self._embedder = embedder
        self._vectors: dict[int, Vectors] = {}

    async def supporting(self, claim: Claim, cited: Sequence[int]) -> list[int]:
        """Return the cited passages that support a claim, else the one that supports it best.

        Passages are numbered from one.
        """
        shares = {number: by_words(claim, source) for number, source in enumerate(self.sources, 1)}
        held = {number for number, share in shares.items() if share and share >= LEAST_WORDS}
        if any(number in held for number in cited):
            return [number for number in cited if number in held]
        held = {number for number in held if self._in_one_place(claim, number)}
        if held:
            return [max(held, key=lambda number: (shares[number] or 0.0, -number))]
        unclear = [
            number
            for number, share in shares.items()
            if share is None or share >= LEAST_WORDS_BESIDE_MEANING
        ]
        near = await self._near(claim, unclear)
        if any(number in near for number in cited):
            return [number for number in cited if number in near]
        return [max(near, key=near.__getitem__)] if near else []

    def _in_one_place(self, claim: Claim, number: int) -> bool:
        """Tell whether a sentence of a passage says what is claimed.

        Its heading and the sentence before say what it speaks of.
        """
        said, source = self.nearest(claim, number), self.sources[number - 1]
        bare = claim.words - claim.figures - ABOUT_ITSELF
        if len(bare) < FEWEST_WORDS_BESIDE_FIGURES and said.figures - claim.figures:
            return False
        place = source.sentences.index(said) if said in source.sentences else 0
        before = source.sentences[max(place - 1, 0) : place]
        words = source.heading.union(said.words, *(one.words for one in before))
        return len(claim.words & words) >= LEAST_WORDS_IN_ONE_PLACE * len(claim.words)

    def relevance(self, claim: Claim, number: int) -> float:
        """Return how likely what a claim says of a passage answers the question, 0 to 1.

        That is how likely the passage's sentence does that says most of it, beside the best of all.
        """
        best = max((said.score for source in self.sources for said in source.sentences), default=0)
        if not best:
            return 1.0
        return self.nearest(claim, number).score / best

    def nearest(self, claim: Claim, number: int) -> Said:
        """Return the sentence of a passage that says most of a claim; the more relevant of two."""
        source = self.sources[number - 1]
        return max(
            source.sentences,
            key=lambda said: (len(claim.words & said.words), said.score),
            default=_read_sentence(source.passage.text[:LONGEST_QUOTE], 0.0),
        )

    async def _near(self, claim: Claim, numbers: Sequence[int]) -> dict[int, float]:
        """Return how far each passage that comes near a claim's meaning is past its threshold."""
        if not numbers or self._embedder is None:
            return {}
        try:
            embedder = self._embedder()
            text = claim.text[:LONGEST_CLAIM]
            vector = (await embedder.embed_passages([text], urgent=True))[0]
            past = {
                number: await self._cosine(embedder, vector, number)
                - _least_meaning(claim, self.sources[number - 1])
                for number in numbers
            }
        except LorekeeperError as error:
            # Without the model nobody can say that it is supported.
            log.warning("claim not weighed", extra={"reason": type(error).__name__})
            return {}
        return {number: margin for number, margin in past.items() if margin >= 0}

    async def _cosine(self, embedder: EmbeddingModel, vector: Vector, number: int) -> float:
        """Return the cosine of a claim with the nearest sentence of a passage."""
        sentences = [said.text for said in self.sources[number - 1].sentences]
        if not sentences:
            return 0.0
        if number not in self._vectors:
            self._vectors[number] = await embedder.embed_passages(sentences, urgent=True)
        return float(np.max(self._vectors[number] @ vector))


def _least_meaning(claim: Claim, source: Source) -> float:
    if claim.language is None or source.language is None or claim.language == source.language:
        return LEAST_MEANING_WITHIN_LANGUAGE
    if UNSPACED in {claim.language, source.language}:
        return LEAST_MEANING_ACROSS_SCRIPTS
    return LEAST_MEANING
