"""An answer in the documents' own words: the sentences that say most, quoted and cited."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from functions.generate.schemas import Citation, Draft, cite
from functions.runtime.lexical import terms
from functions.runtime.passages import Highlight, Passage

MOST_SENTENCES = 3
# A further sentence must say nearly as much as the best one, and something else.
LEAST_OF_BEST = 0.6
REPETITION = 0.5
PASSAGE_SHARE = 0.25
# A heading or a question repeats the question asked; what stands under it is the answer.
INTRODUCTION_SHARE = 0.4
INHERITED_SHARE = 0.85

HEADING = re.compile(r"\s*#{1,6}\s")
QUESTION = re.compile(r"[?？؟][\"'”’»)*_]*$")
ENDED = re.compile(r"[.!?…。！？।؟][\"'”’»)*_]*$")
LONGEST_HEADING = 80
LEADING_MARKS = re.compile(r"^(?:\s*(?:#{1,6}|[-*+•]|>|\d{1,3}[.)])\s+)+")
# The source's own footnotes would be taken for citations of ours.
FOOTNOTE = re.compile(r"\[\d{1,3}\]")
FENCE = "```"


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a passage; ``rank`` is the passage's, best first."""

    rank: int
    start: int
    text: str
    score: float


def tidy(sentence: str) -> str:
    """Return a sentence as running text; fenced code stays as it is."""
    if FENCE in sentence:
        return sentence.strip()
    return " ".join(FOOTNOTE.sub("", LEADING_MARKS.sub("", sentence)).split())


def _is_heading(text: str, mark: Highlight) -> bool:
    """Tell whether a sentence is a short line of its own, without an end, over something else."""
    sentence = text[mark.start : mark.end]
    return bool(HEADING.match(sentence)) or (
        len(sentence) <= LONGEST_HEADING
        and not ENDED.search(sentence)
        and (mark.start == 0 or text.endswith("\n\n", 0, mark.start))
        and text.startswith("\n\n", mark.end)
    )


def _introduces(text: str, mark: Highlight) -> bool:
    sentence = text[mark.start : mark.end]
    asks = QUESTION.search(sentence) or sentence.endswith((":", "："))
    return bool(asks) or _is_heading(text, mark)


def _scored(rank: int, passage: Passage) -> Iterable[Sentence]:
    inherited = 0.0
    for mark in sorted(passage.highlights, key=_start):
        score = max(mark.score, inherited)
        inherited = 0.0
        if _introduces(passage.text, mark):
            inherited, score = score * INHERITED_SHARE, score * INTRODUCTION_SHARE
        score += PASSAGE_SHARE * passage.score
        text = tidy(passage.text[mark.start : mark.end])
        yield Sentence(rank=rank, start=mark.start, text=text, score=score)


def _start(mark: Highlight) -> int:
    return mark.start


def _repetition(sentence: Sentence, chosen: Sequence[Sentence]) -> float:
    words = set(terms(sentence.text))
    if not words:
        return 1.0
    return max(len(words & set(terms(other.text))) / len(words) for other in chosen)


def choose(passages: Sequence[Passage]) -> list[Sentence]:
    """Choose up to three sentences, the first from the best passage; in the documents' order."""
    sentences = [
        sentence
        for rank, passage in enumerate(passages)
        for sentence in _scored(rank, passage)
        if sentence.text
    ]
    first = max(
        (sentence for sentence in sentences if sentence.rank == 0), key=_score, default=None
    )
    if first is None:
        return []
    best = max(map(_score, sentences))
    chosen = [first]
    rest = [sentence for sentence in sentences if sentence is not first]
    while rest and len(chosen) < MOST_SENTENCES:
        values = {
            index: sentence.score - REPETITION * _repetition(sentence, chosen)
            for index, sentence in enumerate(rest)
        }
        index = max(values, key=values.__getitem__)
        if values[index] < LEAST_OF_BEST * best:
            break
        chosen.append(rest.pop(index))
    return sorted(chosen, key=lambda sentence: (sentence.rank, sentence.start))


def _score(sentence: Sentence) -> float:
    return sentence.score


def _opening(passage: Passage) -> Sentence:
    return Sentence(rank=0, start=0, text=tidy(passage.text[:300]), score=0.0)


def extract(passages: Sequence[Passage]) -> Draft:
    """Answer from passages, of which the best carry highlights; each sentence ends with its [n]."""
    chosen = choose(passages) or [_opening(passages[0])]
    numbers: dict[int, int] = {}
    for sentence in chosen:
        numbers.setdefault(sentence.rank, len(numbers) + 1)
    text = "".join(
        f"{sentence.text}\n[{numbers[sentence.rank]}]\n"
        if FENCE in sentence.text
        else f"{sentence.text} [{numbers[sentence.rank]}] "
        for sentence in chosen
    )
    citations: list[Citation] = [
        cite(
            passages[rank],
            number=number,
            quote=" … ".join(sentence.text for sentence in chosen if sentence.rank == rank),
        )
        for rank, number in numbers.items()
    ]
    return Draft(text=text.strip(), citations=citations, kind="extractive")
