"""The words of an evaluation: what is read, what is asked, and what came of it."""

from typing import Any, Final

import msgspec

DEPTHS: Final = (1, 5, 10, 100)


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a set; the title may be empty."""

    id: str
    title: str
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a set, and what is right about its answer.

    ``relevant`` holds the gain of each document that answers it; ``answerable`` is None where the
    set does not say. ``gold`` are spans of text that answer it, each by itself.
    """

    id: str
    text: str
    turns: list[str] = []
    relevant: dict[str, int] = {}
    answerable: bool | None = None
    gold: list[str] = []
    language: str | None = None


class QuestionSet(msgspec.Struct, frozen=True, kw_only=True):
    """A corpus and the questions asked of it; languages are ISO 639-1."""

    name: str
    language: str | None
    papers: list[Paper]
    questions: list[Question]


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A document found, by the best of its passages."""

    paper: str
    cosine: float
    bm25: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What search said to one question: documents best first, and how likely they answer it.

    ``fused``, ``dense`` and ``bm25`` are ids of documents. ``shown`` are those whose passages the
    answer is written from. ``sentences`` are what is quoted where one, and where three may be.
    """

    question: Question
    fused: list[str]
    dense: list[str]
    bm25: list[str]
    shown: list[str]
    evidence: float
    sentences: dict[int, str] = {}


Figures = dict[str, Any]
