"""The words of search, spoken by those who ask it and by search itself."""

from typing import Annotated
from uuid import UUID

import msgspec

MAXIMUM_PASSAGES = 50
MAXIMUM_QUERY = 4000
MAXIMUM_TURNS = 20

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=MAXIMUM_QUERY)]


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask for the passages that answer a query; ``highlights`` also wants their best sentences.

    ``turns`` are what the same person asked before in the conversation, oldest first.
    """

    guild_id: Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
    query: Words
    turns: Annotated[list[Words], msgspec.Meta(max_length=MAXIMUM_TURNS)] = []
    k: Annotated[int, msgspec.Meta(ge=1, le=MAXIMUM_PASSAGES)] = 8
    highlights: bool = False


class Highlight(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a passage: characters ``start`` to ``end`` of its text; scores are 0 to 1."""

    start: int
    end: int
    score: float


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A passage found: the fused score is 0 to 1 within one answer, bm25 is raw.

    The cosine is on the scale of the embedded model, whichever model answers.
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
    highlights: list[Highlight] = []


class SearchResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The passages, best first; ``evidence`` is how likely they answer the query, 0 to 1."""

    passages: list[Passage]
    evidence: float
    timings_ms: dict[str, float]
