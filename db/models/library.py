"""Documents, their versions, and the passages of those."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import NEW_ID, NOW, Base, Leased


class Document(Base):
    """A source of knowledge; its versions hold the bytes, the current one answers."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("id", "guild_id", name="document_of_guild"),
        UniqueConstraint("guild_id", "source_name", name="document_source"),
        CheckConstraint("cardinality(tags) <= 20", name="document_tags"),
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
    # What moderators filed it under; a search can be narrowed to some of them.
    tags: Mapped[list[str]] = mapped_column(server_default=sql("'{}'::text[]"))
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
