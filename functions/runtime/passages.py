"""The words of search, spoken by those who ask it and by search itself."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

MAXIMUM_PASSAGES = 50
MAXIMUM_QUERY = 4000
MAXIMUM_TURNS = 20
MAXIMUM_NEIGHBOURS = 3
MAXIMUM_NAMED = 100

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=MAXIMUM_QUERY)]
Names = Annotated[list[Words], msgspec.Meta(max_length=MAXIMUM_NAMED)]
# A time without a zone could be anywhere's.
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Filters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents may answer; whatever is left out lets all of them.

    Of the ``tags`` that moderators gave it, a document has at least one. ``origins`` say how it
    came in ("upload", "url", …), ``sources`` how its source's name or address begins. It was last
    updated at ``updated_from`` or later, before ``updated_before``.
    """

    documents: Annotated[list[UUID], msgspec.Meta(max_length=MAXIMUM_NAMED)] = []
    tags: Names = []
    origins: Names = []
    sources: Names = []
    updated_from: Time | None = None
    updated_before: Time | None = None


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask for the passages that answer a query; ``highlights`` also wants their best sentences.

    ``turns`` are what the same person asked before in the conversation, oldest first;
    ``neighbours`` is how many passages before and after each come with it.
    """

    guild_id: Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
    query: Words
    turns: Annotated[list[Words], msgspec.Meta(max_length=MAXIMUM_TURNS)] = []
    k: Annotated[int, msgspec.Meta(ge=1, le=MAXIMUM_PASSAGES)] = 8
    highlights: bool = False
    filters: Filters = Filters()
    neighbours: Annotated[int, msgspec.Meta(ge=0, le=MAXIMUM_NEIGHBOURS)] = 0


class Highlight(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a passage: characters ``start`` to ``end`` of its text; scores are 0 to 1."""

    start: int
    end: int
    score: float


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A passage found: the fused score is 0 to 1 within one answer, bm25 is raw.

    The cosine is on the scale of the embedded model, whichever model answers; ``coverage`` is the
    share of the question's words held, 0 to 1. ``before`` and ``after`` are its neighbours' texts.
    """

    chunk_id: int
    document_id: UUID
    ordinal: int
    title: str
    location: str
    url: str
    text: str
    score: float
    cosine: float | None
    bm25: float | None
    coverage: float = 0.0
    before: str = ""
    after: str = ""
    highlights: list[Highlight] = []


class SearchResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The passages, best first; ``evidence`` is how likely they answer the query, 0 to 1."""

    passages: list[Passage]
    evidence: float
    timings_ms: dict[str, float]
