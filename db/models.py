"""The tables, as SQLAlchemy sees them. The policies that guard them are in the migrations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NOW = sql("now()")
NEW_ID = sql("gen_random_uuid()")
# An event is given this long to do its work before the sweep sends it again.
FIRST_SWEEP = sql("(now() + '00:00:20'::interval)")


class Base(DeclarativeBase):
    """Every table; types map to PostgreSQL's plainest."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain dictionary
        str: Text,
        int: BigInteger,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class Leased:
    """Columns of a row that somebody works on; times are the database's clock."""

    starts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lease_id: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=FIRST_SWEEP)


class Guild(Base):
    """A Discord server that Lorekeeper answers for."""

    __tablename__ = "guilds"

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    # The model that answers; every passage of the guild has a vector of it.
    embedding_model_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("embedding_models.id"), server_default="1"
    )


class Membership(Base):
    """What a user may do in a guild: member, moderator or administrator."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role IN ('member', 'moderator', 'administrator')", name="membership_role"),
    )

    guild_id: Mapped[int] = mapped_column(
        ForeignKey("guilds.guild_id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]


class Session(Base):
    """A sign-in on the dashboard or the command line; only the token's hash is kept."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    user_name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]


class RateCounter(Base):
    """What a principal spent within a window of time."""

    __tablename__ = "rate_counters"

    principal: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    spent: Mapped[int] = mapped_column(server_default="0")


class Document(Base):
    """A source of knowledge; its versions hold the bytes, the current one answers."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("id", "guild_id", name="document_of_guild"),
        UniqueConstraint("guild_id", "source_name", name="document_source"),
        Index("documents_by_update", "guild_id", sql("updated_at DESC"), "id"),
        Index("documents_by_title", "guild_id", sql("lower(title)")),
        Index("documents_listed", "listed_by", postgresql_where=sql("listed_by IS NOT NULL")),
        Index(
            "documents_to_refresh",
            "next_refresh_at",
            postgresql_where=sql("next_refresh_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=NEW_ID)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.guild_id", ondelete="CASCADE"))
    title: Mapped[str]
    source_name: Mapped[str]
    source_url: Mapped[str | None]
    origin: Mapped[str]
    uploaded_by: Mapped[int | None]
    current_version_id: Mapped[UUID | None]
    # What a person called it; it goes before the title found in the text.
    given_title: Mapped[str | None]
    # ISO 639-1, detected in the current version's text; null where nothing tells.
    language: Mapped[str | None]
    # The document of the sitemap or list that named this one.
    listed_by: Mapped[UUID | None] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    refresh_seconds: Mapped[int | None]
    next_refresh_at: Mapped[datetime | None]
    # What the web server said of the bytes of the current version, to ask for newer ones only.
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class DocumentVersion(Leased, Base):
    """One upload of a document: received, processing, ready, failed or dead."""

    __tablename__ = "document_versions"
    __table_args__ = (
        UniqueConstraint("id", "guild_id", name="version_of_guild"),
        UniqueConstraint("document_id", "number", name="version_number"),
        ForeignKeyConstraint(
            ["document_id", "guild_id"],
            ["documents.id", "documents.guild_id"],
            ondelete="CASCADE",
            name="version_document",
        ),
        CheckConstraint(
            "status IN ('received', 'processing', 'ready', 'failed', 'dead')",
            name="version_status",
        ),
        Index("versions_by_content", "guild_id", "content_hash"),
        Index(
            "versions_at_work",
            "next_attempt_at",
            postgresql_where=sql("status = ANY (ARRAY['received'::text, 'processing'::text])"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=NEW_ID)
    guild_id: Mapped[int]
    document_id: Mapped[UUID]
    number: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="received")
    status_reason: Mapped[str | None]
    progress_stage: Mapped[str] = mapped_column(server_default="received")
    progress_done: Mapped[int] = mapped_column(server_default="0")
    progress_total: Mapped[int] = mapped_column(server_default="0")
    content: Mapped[bytes | None]
    content_hash: Mapped[bytes | None]
    fetch_url: Mapped[str | None]
    size_bytes: Mapped[int]
    media_type: Mapped[str | None]
    text: Mapped[str | None]
    pages: Mapped[int | None]
    passages: Mapped[int] = mapped_column(server_default="0")
    # Where the document stood among all passages when asked with its own words; 1 is first.
    probe_rank: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    published_at: Mapped[datetime | None]


class Chunk(Base):
    """A passage of a document version; spans count characters of the version's text."""

    __tablename__ = "chunks"
    __table_args__ = (
        UniqueConstraint("id", "guild_id", name="chunk_of_guild"),
        UniqueConstraint("version_id", "ordinal", name="chunk_ordinal"),
        ForeignKeyConstraint(
            ["version_id", "guild_id"],
            ["document_versions.id", "document_versions.guild_id"],
            ondelete="CASCADE",
            name="chunk_version",
        ),
        Index("chunks_of_guild", "guild_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    guild_id: Mapped[int]
    document_id: Mapped[UUID]
    version_id: Mapped[UUID]
    ordinal: Mapped[int]
    text: Mapped[str]
    heading_path: Mapped[list[str]]
    page: Mapped[int | None]
    char_start: Mapped[int]
    char_end: Mapped[int]
    tokens: Mapped[int]
    terms: Mapped[int]
    # SimHash of the terms: passages that say nearly the same differ in few bits.
    fingerprint: Mapped[int] = mapped_column(server_default="0")


class Segment(Base):
    """Passages indexed together and never changed: a passage is a slot, 0 to ``passages`` - 1.

    ``living`` counts those that still answer, ``terms`` their terms.
    """

    __tablename__ = "segments"
    __table_args__ = (
        UniqueConstraint("id", "guild_id", name="segment_of_guild"),
        Index("segments_of_guild", "guild_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    guild_id: Mapped[int]
    # Sixteen segments of a tier become one of the next.
    tier: Mapped[int] = mapped_column(SmallInteger)
    # Grows with every version that is forgotten.
    generation: Mapped[int] = mapped_column(server_default="0")
    passages: Mapped[int]
    living: Mapped[int]
    terms: Mapped[int]
    # Per slot, big-endian: the chunk's id in eight bytes, how many terms it has in four.
    chunk_ids: Mapped[bytes]
    lengths: Mapped[bytes]


class SegmentVersion(Base):
    """Which slots of which segment hold a document's current version."""

    __tablename__ = "segment_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "guild_id"],
            ["document_versions.id", "document_versions.guild_id"],
            ondelete="CASCADE",
            name="slots_of_version",
        ),
        ForeignKeyConstraint(
            ["segment_id", "guild_id"],
            ["segments.id", "segments.guild_id"],
            name="slots_of_segment",
        ),
        Index("segment_versions_of_segment", "segment_id"),
        Index("segment_versions_of_document", "document_id"),
    )

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    guild_id: Mapped[int]
    document_id: Mapped[UUID]
    segment_id: Mapped[int]
    first_slot: Mapped[int]
    passages: Mapped[int]
    terms: Mapped[int]
    # The document's, as its words were stemmed.
    language: Mapped[str | None]


class Posting(Base):
    """The slots of a segment that hold a term, and how often: what BM25 reads.

    ``functions.runtime.segments`` writes and reads the two columns of bytes.
    """

    __tablename__ = "postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["segment_id", "guild_id"],
            ["segments.id", "segments.guild_id"],
            ondelete="CASCADE",
            name="posting_segment",
        ),
    )

    segment_id: Mapped[int] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    guild_id: Mapped[int]
    slots: Mapped[bytes | None]
    frequencies: Mapped[bytes]


class EmbeddingModel(Base):
    """A registered embedding model; a vector belongs to exactly one."""

    __tablename__ = "embedding_models"
    __table_args__ = (
        CheckConstraint("engine IN ('embedded', 'ollama')", name="embedding_engine"),
        CheckConstraint("normalisation IN ('none', 'uncased')", name="embedding_normalisation"),
        CheckConstraint("dimensions BETWEEN 1 AND 2000", name="embedding_dimensions"),
        CheckConstraint("related_cosine > unrelated_cosine", name="embedding_scale"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(unique=True)
    dimensions: Mapped[int] = mapped_column(SmallInteger)
    engine: Mapped[str] = mapped_column(server_default="embedded")
    query_prefix: Mapped[str] = mapped_column(server_default="")
    passage_prefix: Mapped[str] = mapped_column(server_default="")
    normalisation: Mapped[str] = mapped_column(server_default="none")
    max_tokens: Mapped[int] = mapped_column(server_default="512")
    # The usual cosine of a question to a passage that answers another, and that answers it.
    unrelated_cosine: Mapped[float] = mapped_column(server_default="0.7369")
    related_cosine: Mapped[float] = mapped_column(server_default="0.8822")


class Embedding(Base):
    """A chunk's vector by one model, of unit length and that model's size."""

    __tablename__ = "embeddings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chunk_id", "guild_id"],
            ["chunks.id", "chunks.guild_id"],
            ondelete="CASCADE",
            name="embedding_chunk",
        ),
        CheckConstraint("(model_id <> 1) OR (vector_dims(embedding) = 384)", name="embedding_size"),
        CheckConstraint("vector_norm(embedding) BETWEEN 0.99 AND 1.01", name="embedding_length"),
    )

    chunk_id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("embedding_models.id"), primary_key=True
    )
    guild_id: Mapped[int]
    embedding: Mapped[Any] = mapped_column(Vector())
    # Of the text that was embedded, context included; null where that is not known.
    text_hash: Mapped[bytes | None]


class StagedEmbedding(Base):
    """A vector of a version that is not published yet; it goes when the version is."""

    __tablename__ = "staged_embeddings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "guild_id"],
            ["document_versions.id", "document_versions.guild_id"],
            ondelete="CASCADE",
            name="staged_version",
        ),
    )

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("embedding_models.id"), primary_key=True
    )
    text_hash: Mapped[bytes] = mapped_column(primary_key=True)
    guild_id: Mapped[int]
    embedding: Mapped[Any] = mapped_column(Vector())


class Question(Leased, Base):
    """A question: asked, answering, answered, refused or failed."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("id", "guild_id", name="question_of_guild"),
        CheckConstraint(
            "status IN ('asked', 'answering', 'answered', 'refused', 'failed')",
            name="question_status",
        ),
        Index("questions_by_time", "guild_id", sql("asked_at DESC"), "id"),
        Index(
            "questions_at_work",
            "next_attempt_at",
            postgresql_where=sql("delivered_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=NEW_ID)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.guild_id", ondelete="CASCADE"))
    text: Mapped[str]
    origin: Mapped[str]
    asked_by: Mapped[int | None]
    locale: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="asked")
    answer: Mapped[str | None]
    answer_kind: Mapped[str | None]
    model: Mapped[str | None]
    evidence: Mapped[float | None] = mapped_column(REAL)
    failure_reason: Mapped[str | None]
    timings: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    asked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    answered_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class Citation(Base):
    """A numbered source of an answer; it stays readable when its document goes."""

    __tablename__ = "citations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["question_id", "guild_id"],
            ["questions.id", "questions.guild_id"],
            ondelete="CASCADE",
            name="citation_question",
        ),
    )

    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    guild_id: Mapped[int]
    document_id: Mapped[UUID | None]
    title: Mapped[str]
    location: Mapped[str]
    url: Mapped[str | None]
    quote: Mapped[str]


class Interaction(Base):
    """A Discord interaction to answer; its token is encrypted and forgotten when it expires."""

    __tablename__ = "interactions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["question_id", "guild_id"],
            ["questions.id", "questions.guild_id"],
            ondelete="CASCADE",
            name="interaction_question",
        ),
        ForeignKeyConstraint(
            ["version_id", "guild_id"],
            ["document_versions.id", "document_versions.guild_id"],
            ondelete="CASCADE",
            name="interaction_version",
        ),
        Index("interactions_of_question", "question_id"),
        Index("interactions_of_version", "version_id"),
        Index("interactions_open", "expires_at", postgresql_where=sql("token IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild_id: Mapped[int]
    application_id: Mapped[int]
    channel_id: Mapped[int | None]
    token: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    question_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None]
    delivered_at: Mapped[datetime | None]


class HandledEvent(Base):
    """An event whose effect is committed; the same source and id has no second one."""

    __tablename__ = "handled_events"

    source: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    guild_id: Mapped[int]
    handled_at: Mapped[datetime] = mapped_column(server_default=NOW)


class DeadLetter(Base):
    """An event no function could handle, kept for an operator; it carries ids only."""

    __tablename__ = "dead_letters"

    source: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    subject: Mapped[str | None]
    error_code: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(server_default=NOW)
