"""Hold what a model wrote against the passages it was given; what they do not say is left out."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from functions.generate.extracting import tidy
from functions.generate.schemas import Draft, cite
from functions.runtime.lexical import detect_language, terms
from functions.runtime.passages import Passage
from functions.runtime.sentences import split_sentences
from functions.runtime.stop_words import STOP_WORDS

# The share of a sentence's telling words that its passage must hold: room for a paraphrase.
LEAST_SUPPORT = 0.6
# Where less of a text than this stands, the documents' own words are shown in its place.
LEAST_KEPT = 0.5

NUMBERS = r"\[\s{0,3}\d{1,3}(?:\s{0,3}[,;]\s{0,3}\d{1,3})*\s{0,3}\]"
# What small models say about their own writing.
ABOUT_ITSELF = frozenset(terms("The answer to this question in the passages is"))
MARKER = re.compile(rf"\s{{0,3}}{NUMBERS}")
# Models set the number after the full stop as often as before it.
AFTER_THE_STOP = re.compile(rf"([.!?。！？…][\"'”’)*_]*)((?:\s{{0,3}}{NUMBERS})+)")
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A passage with its words and figures looked up once."""

    passage: Passage
    words: frozenset[str]
    figures: frozenset[str]
    language: str | None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of the model's, without its numbers, and the passages that support it."""

    text: str
    gap: str
    numbers: list[int]


def _source(passage: Passage) -> Source:
    return Source(
        passage=passage,
        words=frozenset(terms(f"{passage.title} {passage.text}")),
        figures=_figures(f"{passage.title} {passage.text}"),
        language=detect_language(passage.text),
    )


def _figures(text: str) -> frozenset[str]:
    return frozenset(figure.replace(",", "").rstrip(".") for figure in FIGURE.findall(text))


def _support(sentence: str, source: Source, asked: AbstractSet[str]) -> float:
    """Return the share of the sentence's telling words that stand in the passage.

    No figure may be new, and something must be: a question said over again answers nothing. In
    another language than the passage's, words cannot be compared.
    """
    if not _figures(sentence) <= source.figures:
        return 0.0
    telling = set(terms(sentence)) - STOP_WORDS.keys()
    if not telling - asked - ABOUT_ITSELF:
        return 0.0
    language = detect_language(sentence)
    if language and source.language and language != source.language:
        return LEAST_SUPPORT
    return len(telling & source.words) / len(telling)


def _numbers(sentence: str, highest: int) -> list[int]:
    found = (int(digits) for mark in MARKER.findall(sentence) for digits in FIGURE.findall(mark))
    return [number for number in dict.fromkeys(found) if 1 <= number <= highest]


def _supporting(
    sentence: str, cited: Sequence[int], sources: Sequence[Source], asked: AbstractSet[str]
) -> list[int]:
    """Return the cited passages that support a sentence, else the one that supports it best."""
    support = {
        number: _support(sentence, source, asked) for number, source in enumerate(sources, 1)
    }
    held = [number for number in cited if support[number] >= LEAST_SUPPORT]
    if held:
        return held
    best = max(support, key=support.__getitem__)
    # Across languages nothing tells which passage it is: an uncited sentence stays unsupported.
    return [best] if support[best] > LEAST_SUPPORT else []


def _claims(text: str, sources: Sequence[Source], asked: AbstractSet[str]) -> list[Claim]:
    ordered = AFTER_THE_STOP.sub(r"\2\1", text)
    claims, end = [], 0
    for span in split_sentences(ordered):
        sentence = ordered[span.start : span.end]
        bare = MARKER.sub("", sentence)
        claims.append(
            Claim(
                text=bare,
                gap=ordered[end : span.start],
                numbers=_supporting(bare, _numbers(sentence, len(sources)), sources, asked),
            )
        )
        end = span.end
    return claims


def _quote(passage: Passage, claims: Sequence[str]) -> str:
    """Return the sentence of the passage that is nearest to what was claimed of it."""
    claimed = set(terms(" ".join(claims)))
    sentences = [passage.text[span.start : span.end] for span in split_sentences(passage.text)]
    best = max(
        sentences,
        key=lambda sentence: len(claimed & set(terms(sentence))),
        default=passage.text[:300],
    )
    return tidy(best)


def _assembled(claims: Sequence[Claim], places: Mapping[int, int]) -> str:
    pieces = []
    for claim in claims:
        marks = "".join(f" [{places[number]}]" for number in claim.numbers)
        fence = "\n" if "```" in claim.text else ""
        pieces.append(f"{claim.gap}{claim.text}{fence}{marks}")
    return "".join(pieces).strip()


def verify(text: str, passages: Sequence[Passage], *, question: str, model: str) -> Draft | None:
    """Return the supported part of a model's text, renumbered; None where too little is left."""
    sources = [_source(passage) for passage in passages]
    claims = _claims(text, sources, frozenset(terms(question)))
    kept = [claim for claim in claims if claim.numbers]
    written = sum(len(claim.text) for claim in claims)
    if not kept or sum(len(claim.text) for claim in kept) < LEAST_KEPT * written:
        return None
    places: dict[int, int] = {}
    for claim in kept:
        for number in claim.numbers:
            places.setdefault(number, len(places) + 1)
    citations = [
        cite(
            passages[number - 1],
            number=place,
            quote=_quote(
                passages[number - 1], [claim.text for claim in kept if number in claim.numbers]
            ),
        )
        for number, place in places.items()
    ]
    return Draft(text=_assembled(kept, places), citations=citations, kind="model", model=model)
