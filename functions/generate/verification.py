"""Hold what a model writes against the passages it was given; what they do not say is left out."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from functions.generate.extracting import ENDED, LEAST_OF_BEST, tidy
from functions.generate.safety import without_controls
from functions.generate.schemas import Checked, Citation, Draft, cite
from functions.generate.support import Claim, Opened, Weighing, read_claim
from functions.runtime.lexical import terms
from functions.runtime.passages import Passage
from functions.runtime.sentences import Span, split_sentences

# Where less of a text than this stands, the documents' own words are shown in its place.
LEAST_KEPT = 0.5
# All of it, where a model cites nothing by itself: that is a weak one.
LEAST_KEPT_UNCITED = 1.0
# A true sentence of a passage need not answer the question: one of those that are kept has to rest
# on one that might well be the answer; of what is uncited, on what would be quoted first.
LEAST_RELEVANCE = LEAST_OF_BEST
LEAST_RELEVANCE_UNCITED = 0.3
UNSUPPORTED = " (not in the documents)"

Policy = Literal["drop", "mark"]

# Models write [1], [1, 2], 【1】 and [Passage 1].
NUMBERS = (
    r"[\[【［]\s{0,3}(?:(?:passage|source|document)s?\s{1,3})?"
    r"\d{1,3}(?:\s{0,3}[,;，、]\s{0,3}\d{1,3})*\s{0,3}[\]】］]"
)
MARKER = re.compile(rf"\s{{0,3}}{NUMBERS}", re.IGNORECASE)
DIGITS = re.compile(r"\d+")
# Models set the number after the full stop as often as before it.
AFTER_THE_STOP = re.compile(rf"([.!?。！？…][\"'”’»)*_]*)((?:\s{{0,3}}{NUMBERS})+)", re.IGNORECASE)
# The beginning of a number that is still being written.
HALF_A_MARKER = re.compile(r"\s*[\[【［][^\]】］\n]{0,30}$")


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of the model's, without its numbers, and the passages that support it."""

    text: str
    gap: str
    numbers: list[int]
    is_cited: bool = False
    relevance: float = 0.0


def _cited(sentence: str, highest: int) -> list[int]:
    found = (int(digits) for mark in MARKER.findall(sentence) for digits in DIGITS.findall(mark))
    return [number for number in dict.fromkeys(found) if 1 <= number <= highest]


class Checker:
    """Checks a text against its passages, sentence by sentence, while it is written.

    What it shows is not yet safe: it goes through `make_safe` like every other text.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        *,
        question: str,
        embedder: Opened | None = None,
        policy: Policy = "drop",
    ) -> None:
        self._passages = passages
        self._asked = frozenset(terms(question))
        self._weighing = Weighing(passages, embedder=embedder)
        self._policy = policy
        self._pending = ""
        self._sentences: list[Sentence] = []
        self._places: dict[int, int] = {}

    async def feed(self, piece: str) -> str:
        """Take in what was written since; return what can be shown of the text so far."""
        self._pending += without_controls(piece)
        half = HALF_A_MARKER.search(self._pending)
        end = half.start() if half else len(self._pending)
        written, unclear = self._pending[:end], self._pending[end:]
        self._pending = await self._take(written, whole=False) + unclear
        return self.shown

    async def finish(self, *, model: str, is_cut: bool = False) -> Draft | None:
        """Return the supported part of the text, None where that is too little.

        Of a text that ``is_cut`` the last sentence counts only if it came to its end.
        """
        is_whole = not is_cut or bool(ENDED.search(MARKER.sub("", self._pending).rstrip()))
        await self._take(self._pending, whole=is_whole)
        self._pending = ""
        kept = [sentence for sentence in self._sentences if sentence.numbers]
        written = sum(len(sentence.text) for sentence in self._sentences)
        is_cited = any(sentence.is_cited for sentence in kept)
        least_kept = LEAST_KEPT if is_cited else LEAST_KEPT_UNCITED
        if not kept or sum(len(sentence.text) for sentence in kept) < least_kept * written:
            return None
        least = LEAST_RELEVANCE if is_cited else LEAST_RELEVANCE_UNCITED
        if max(sentence.relevance for sentence in kept) < least:
            return None
        return Draft(text=self.shown, citations=self._citations(), kind="model", model=model)

    @property
    def checked(self) -> Checked:
        """Count the sentences so far."""
        supported = sum(bool(sentence.numbers) for sentence in self._sentences)
        return Checked(sentences=len(self._sentences), supported=supported)

    @property
    def shown(self) -> str:
        """What can be shown of the text so far, renumbered in the order of first use."""
        return "".join(map(self._as_shown, self._sentences)).strip()

    async def _take(self, text: str, *, whole: bool) -> str:
        """Check the sentences that are finished, all of a ``whole`` text; return the rest."""
        ordered = AFTER_THE_STOP.sub(r"\2\1", text)
        spans = split_sentences(ordered)
        end = 0
        # The last one may go on, and its number may be still to come.
        for span in spans if whole else spans[:-1]:
            await self._check(ordered, span, gap=ordered[end : span.start])
            end = span.end
        return ordered[end:]

    async def _check(self, text: str, span: Span, *, gap: str) -> None:
        sentence = text[span.start : span.end]
        bare = MARKER.sub("", sentence)
        if not any(map(str.isalnum, bare)):
            return
        claim = read_claim(bare, asked=self._asked)
        cited = _cited(sentence, len(self._passages))
        numbers = await self._weighing.supporting(claim, cited)
        for number in numbers:
            self._places.setdefault(number, len(self._places) + 1)
        self._sentences.append(
            Sentence(
                text=bare,
                gap=gap,
                numbers=numbers,
                is_cited=bool(set(cited) & set(numbers)),
                relevance=max((self._weighing.relevance(claim, one) for one in numbers), default=0),
            )
        )

    def _as_shown(self, sentence: Sentence) -> str:
        if not sentence.numbers and self._policy == "drop":
            return ""
        marks = "".join(f" [{self._places[number]}]" for number in sentence.numbers)
        fence = "\n" if "```" in sentence.text else ""
        return f"{sentence.gap}{sentence.text}{fence}{marks or UNSUPPORTED}"

    def _citations(self) -> list[Citation]:
        return [
            cite(
                self._passages[number - 1],
                number=place,
                quote=tidy(self._weighing.nearest(self._said_of(number), number).text),
            )
            for number, place in self._places.items()
        ]

    def _said_of(self, number: int) -> Claim:
        """Return all that is claimed of a passage as one claim."""
        texts = [sentence.text for sentence in self._sentences if number in sentence.numbers]
        return read_claim(" ".join(texts), asked=frozenset())
