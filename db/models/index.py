"""What search reads: segments of words, and vectors by model."""

from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


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
        CheckConstraint("dimensions BETWEEN 1 AND 4000", name="embedding_dimensions"),
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
        Index("embeddings_of_guild", "guild_id", "model_id"),
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
