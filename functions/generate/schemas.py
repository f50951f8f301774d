from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from functions.runtime.passages import Passage

Kind = Literal["extractive", "model"]
Status = Literal["answered", "refused", "failed"]


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
    timings_ms: dict[str, float] = {}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes in Discord; the token is gone once it expired."""

    id: int
    application_id: int
    token: bytes
    expires_at: datetime


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A question's row once it ended, as it is delivered."""

    status: Status
    answer: str | None
    answer_kind: str | None
    failure_reason: str | None


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


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and answered before in a conversation."""

    question: str
    answer: str = ""
    chunk_ids: list[int] = []
