"""Questions, their answers, and where those go in Discord."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import NEW_ID, NOW, Base, Leased


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
        Index(
            "questions_of_conversation",
            "guild_id",
            "conversation",
            "asked_at",
            postgresql_where=sql("conversation IS NOT NULL"),
        ),
        ForeignKeyConstraint(
            ["follows", "guild_id"],
            ["questions.id", "questions.guild_id"],
            ondelete="SET NULL (follows)",
            name="question_follows",
        ),
        Index("questions_that_follow", "follows", postgresql_where=sql("follows IS NOT NULL")),
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
    # What was asked before under the same name belongs to it; null remembers nothing.
    conversation: Mapped[str | None]
    # The question whose answer it continues, however long ago that was.
    follows: Mapped[UUID | None]
    # What is done right now: asked, searching, queued, reading, writing, checking, ended.
    stage: Mapped[str] = mapped_column(server_default="asked")
    # The checked part of an answer that is being written.
    partial: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    # How the answer came about: passages, prompt, model, tokens, what was checked.
    record: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    asked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    answered_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class ModelTurn(Base):
    """A question that waits for the language model, or has it as long as the lease it names."""

    __tablename__ = "model_turns"
    __table_args__ = (
        ForeignKeyConstraint(
            ["question_id", "guild_id"],
            ["questions.id", "questions.guild_id"],
            ondelete="CASCADE",
            name="turn_question",
        ),
        Index("turns_of_guild", "guild_id", "round"),
        Index("turns_in_order", "round", "queued_at", "question_id"),
        Index("turns_taken", "question_id", postgresql_where=sql("lease_id IS NOT NULL")),
    )

    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    guild_id: Mapped[int]
    queued_at: Mapped[datetime] = mapped_column(server_default=sql("clock_timestamp()"))
    # The lease under which it was given the model; it ends with that.
    lease_id: Mapped[UUID | None]
    # Its place in an order that is fair to every guild, fixed when it queued up.
    round: Mapped[int]


class CachedAnswer(Base):
    """An answered question that may answer another, while its guild's ``library`` is the same."""

    __tablename__ = "cached_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["question_id", "guild_id"],
            ["questions.id", "questions.guild_id"],
            ondelete="CASCADE",
            name="cached_question",
        ),
        Index("cached_answers_of_guild", "guild_id", "library"),
    )

    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    guild_id: Mapped[int]
    model_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("embedding_models.id"))
    library: Mapped[bytes]
    embedding: Mapped[Any] = mapped_column(Vector())
    cached_at: Mapped[datetime] = mapped_column(server_default=NOW)


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
    # Whether only who asked may see what is sent.
    is_private: Mapped[bool] = mapped_column(server_default=sql("true"))
    # The messages of a long answer. One that was begun and not sent may have arrived or not.
    parts_begun: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    parts_sent: Mapped[int] = mapped_column(SmallInteger, server_default="0")
