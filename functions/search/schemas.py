from uuid import UUID

import msgspec


class Bm25(msgspec.Struct, frozen=True, kw_only=True):
    """The two constants of BM25."""

    k1: float
    b: float


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Which segments a guild has, in which generation, and what BM25 must know of them all."""

    segment_ids: list[int]
    generations: list[int]
    # Those that answer, and how many terms they have together.
    passages: int
    terms: int


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A term asked for: the part of a word that it is, and what its turn counts, both 0 to 1."""

    part: float = 1.0
    recency: float = 1.0


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the question: its weight in BM25, and its share of what the question tells.

    ``held`` tells whether any passage of the guild has it.
    """

    text: str
    idf: float
    share: float
    held: bool = True


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The question's terms as the passages of some languages hold them."""

    languages: list[str]
    wanted: list[Term]


class Readable(msgspec.Struct, frozen=True, kw_only=True):
    """A passage's text and cosine, with the question's terms as its language has them."""

    text: str
    cosine: float
    wanted: list[Term]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A passage found by its words; ``coverage`` is the share of the question it holds, 0 to 1."""

    chunk_id: int
    bm25: float
    coverage: float


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A passage found by its meaning.

    ``nearness`` ranks: the cosine, but for a question in a script that the passages do not have.
    """

    chunk_id: int
    document_id: UUID
    cosine: float
    nearness: float


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A passage found either way; ``score`` is fused, 0 to 1 within one search."""

    chunk_id: int
    document_id: UUID
    cosine: float
    nearness: float
    bm25: float
    coverage: float
    score: float


class PassageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A passage as it is stored, with what is needed to cite it, and what stands around it."""

    chunk_id: int
    document_id: UUID
    ordinal: int
    text: str
    heading_path: list[str]
    page: int | None
    title: str
    source_name: str
    source_url: str | None
    language: str | None
    fingerprint: int
    before: str = ""
    after: str = ""
