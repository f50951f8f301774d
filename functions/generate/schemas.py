from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from functions.runtime.passages import Passage

Kind = Literal["extractive", "model"]
Status = Literal["answered", "refused", "failed"]
Stage = Literal["asked", "searching", "queued", "reading", "writing", "checking", "ended"]
# Why the documents' own words stand where a model's would have.
Fallback = Literal["no_model", "unavailable", "unsupported", "stopped", "too_long"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it was asked, and how its guild wants answers; ``age`` is in seconds."""

    id: UUID
    guild_id: int
    text: str
    conversation: str | None = None
    is_follow_up: bool = False
    asked_by: int | None = None
    stage: Stage = "searching"
    age: float = 0.0
    stopped: bool = False
    in_line: bool = False
    gate: str = "balanced"
    unsupported: Literal["drop", "mark"] = "drop"
    instructions: str = ""
    caches_answers: bool = False
    rewrites_questions: bool = False


class PassageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A passage that was found, and whether the model read it or the answer quotes it."""

    chunk_id: int
    document_id: UUID
    title: str
    location: str
    score: float
    used: bool


class GateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How sure an answer had to be."""

    mode: str
    least: float


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """How many sentences were written, and how many of them the passages support."""

    sentences: int
    supported: int


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How an answer came about, filled in as it does; stored with the question's outcome."""

    passages: list[PassageRecord] = []
    left_out: int | None = None
    turns: list[str] = []
    rewritten: str | None = None
    gate: GateRecord | None = None
    prompt_version: str | None = None
    prompt_tokens: int | None = None
    written_tokens: int | None = None
    done_reason: str | None = None
    checked: Checked | None = None
    fallback: Fallback | None = None
    cached_from: UUID | None = None


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered source of an answer, with the words it rests on."""

    number: int
    document_id: UUID
    title: str
    location: str
    url: str
    quote: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose numbers resolve to its citations."""

    text: str
    citations: list[Citation]
    kind: Kind
    model: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a question ends; a failed one has a reason in place of an answer."""

    status: Status
    draft: Draft | None = None
    reason: str | None = None
    evidence: float | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """The question was given back: ``ahead`` answers are written before its own."""

    ahead: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes in Discord, and how much of it has gone there.

    There is no token once that has expired, or where it cannot be read.
    """

    id: int
    application_id: int
    channel_id: int | None
    token: str | None
    expires_at: datetime
    is_private: bool
    parts_begun: int
    parts_sent: int


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A question's row once it ended, as it is delivered."""

    text: str
    status: Status
    answer: str | None
    answer_kind: str | None
    failure_reason: str | None
    is_known: bool


def cite(passage: Passage, *, number: int, quote: str) -> Citation:
    """Return the citation of a passage."""
    return Citation(
        number=number,
        document_id=passage.document_id,
        title=passage.title,
        location=passage.location,
        url=passage.url,
        quote=quote,
    )


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and answered before in a conversation."""

    question: str
    answer: str = ""
    chunk_ids: list[int] = []
