"""An answer in the documents' own words: the sentences that say most, quoted and cited."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from functions.generate.schemas import Citation, Draft, cite
from functions.runtime.lexical import terms
from functions.runtime.passages import Highlight, Passage
from functions.runtime.sentences import table_rows

MOST_SENTENCES = 3
# Search says how likely a sentence answers beside the best one. A further one is quoted if it might
# well be the answer, and says something else. What that costs and brings stands in decision 10:
# three sentences always hold 1 to 2 % more answers, in half as much text again.
LEAST_OF_BEST = 0.03
LEAST_OF_BEST_ROW = 0.3
# A question or "as follows:" repeats the question asked; what stands under it is the answer.
INTRODUCTION_SHARE = 0.02
INHERITED_SHARE = 0.85
# Under a heading stands a whole section, of which the first sentence need not be the answer.
INHERITED_FROM_HEADING = 0.3
FEWEST_WORDS = 3
LONGEST_COLUMN_NAME = 30
FEWEST_LINES_OF_LISTING = 3

HEADING = re.compile(r"\s*#{1,6}\s")
QUESTION = re.compile(r"[?？؟][\"'”’»)*_]*$")
ENDED = re.compile(r"[.!?…。！？।؟][\"'”’»)*_]*$")
LONGEST_HEADING = 80
ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")
LEADING_MARKS = re.compile(r"^(?:\s*(?:#{1,6}|[-*+•]|>|\d{1,3}[.)])\s+)+")
# The source's own footnotes would be taken for citations of ours.
FOOTNOTE = re.compile(r"\[\d{1,3}\]")
FENCE = "```"
CODE = re.compile(r"[/\\=<>{}|\"`$]|--")
CELLS = re.compile(r"\s\|\s")
WORD = re.compile(r"[^\W_]+")
# A picture or an address says nothing, and a line that only leads elsewhere says little.
LINK = re.compile(r"!?\[[^\]\n]*\]\([^)\s]*\)|https?://\S+")
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a passage; ``rank`` is the passage's, best first, ``score`` 0 to 1."""

    rank: int
    start: int
    text: str
    score: float


def tidy(sentence: str) -> str:
    """Return a sentence as running text; fenced code stays as it is."""
    if FENCE in sentence:
        return sentence.strip()
    return " ".join(FOOTNOTE.sub("", LEADING_MARKS.sub("", sentence)).split())


def _is_heading(passage: Passage, mark: Highlight) -> bool:
    """Tell whether a sentence is a short line of its own, without an end, over something else."""
    text = passage.text
    sentence = text[mark.start : mark.end]
    if HEADING.match(sentence) or tidy(sentence) in {passage.title, *passage.location.split(" › ")}:
        return True
    return (
        len(sentence) <= LONGEST_HEADING
        and not ENDED.search(sentence)
        and not CODE.search(sentence)
        and (mark.start == 0 or text.endswith("\n\n", 0, mark.start))
        and text.startswith("\n\n", mark.end)
    )


def _column_names(text: str) -> set[int]:
    """Return where the rows start that only name the columns of the table below them."""
    rows = table_rows(text)
    ends = {row.end for row in rows}
    starts = {row.start for row in rows}
    return {
        row.start
        for row in rows
        if row.start - 1 not in ends
        and row.end + 1 in starts
        and max(map(len, text[row.start : row.end].split("|"))) <= LONGEST_COLUMN_NAME
    }


def _is_fragment(sentence: str) -> bool:
    """Tell whether a sentence is too short to say anything; rows and code may be short."""
    if FENCE in sentence or CELLS.search(sentence):
        return False
    # Two characters of a script without spaces stand for a word.
    words = sum(
        (len(word) + 1) // 2 if UNSPACED.match(word) else 1
        for word in WORD.findall(LINK.sub("", sentence))
    )
    return words < FEWEST_WORDS


def _says_nothing(sentence: str) -> bool:
    # A block of code too long for a sentence was cut.
    is_half_a_block = sentence.count(FENCE) == 1
    return is_half_a_block or _is_fragment(tidy(sentence)) or _is_listing(sentence)


def _is_listing(sentence: str) -> bool:
    """Tell whether lines stand together that no sentence is: a diagram, code without a fence."""
    many = sentence.count("\n") >= FEWEST_LINES_OF_LISTING
    return many and FENCE not in sentence and not ENDED.search(sentence)


def _introduces(sentence: str) -> bool:
    """Tell whether a sentence asks or announces what the next one says."""
    return sentence.endswith(("?", "？", "؟", ":", "：")) and not CODE.search(sentence)


def _lent(sentence: str, *, score: float, inherited: float, is_heading: bool) -> float:
    """Return what a sentence lends to the next one, of its own score or what it has inherited."""
    if _introduces(sentence):
        return score * INHERITED_SHARE
    if is_heading:
        return score * INHERITED_FROM_HEADING
    # "To reset it:" introduces every step.
    return inherited * INHERITED_SHARE if ITEM.match(sentence) else 0.0


def _scored(rank: int, passage: Passage) -> Iterable[Sentence]:
    """Yield the sentences that can be quoted; what stands over another lends it its score."""
    inherited = 0.0
    names = _column_names(passage.text)
    for mark in sorted(passage.highlights, key=_start):
        sentence = passage.text[mark.start : mark.end]
        score, heading = max(mark.score, inherited), _is_heading(passage, mark)
        inherited = _lent(sentence, score=score, inherited=inherited, is_heading=heading)
        if heading or mark.start in names or _says_nothing(sentence):
            continue
        if _introduces(sentence) or QUESTION.search(sentence):
            score *= INTRODUCTION_SHARE
        yield Sentence(rank=rank, start=mark.start, text=tidy(sentence), score=score)


def _start(mark: Highlight) -> int:
    return mark.start


def _news(sentence: Sentence, chosen: Sequence[Sentence]) -> float:
    """Return the share of a sentence's words that no chosen one has."""
    words = set(terms(sentence.text))
    if not words:
        return 0.0
    return min((len(words - set(terms(other.text))) / len(words) for other in chosen), default=1.0)


def _next(rest: Sequence[Sentence], chosen: Sequence[Sentence], *, best: float) -> Sentence | None:
    valued = [
        (value, -index, sentence)
        for index, sentence in enumerate(rest)
        if (value := sentence.score * _news(sentence, chosen)) >= best * _least(sentence)
    ]
    return max(valued)[2] if valued else None


def _least(sentence: Sentence) -> float:
    return LEAST_OF_BEST_ROW if CELLS.search(sentence.text) else LEAST_OF_BEST


def choose(passages: Sequence[Passage], *, most: int = MOST_SENTENCES) -> list[Sentence]:
    """Choose up to ``most`` sentences, best passages first; in the documents' order."""
    rest = [
        sentence for rank, passage in enumerate(passages) for sentence in _scored(rank, passage)
    ]
    best = max((sentence.score for sentence in rest), default=0.0)
    chosen: list[Sentence] = []
    while len(chosen) < most and (following := _next(rest, chosen, best=best)):
        chosen.append(following)
        rest.remove(following)
    return sorted(chosen, key=lambda sentence: (sentence.rank, sentence.start))


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
