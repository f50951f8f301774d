"""Servers, who may do what in them, and who is signed in."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    SmallInteger,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import NOW, Base


class Guild(Base):
    """A Discord server that Lorekeeper answers for."""

    __tablename__ = "guilds"
    __table_args__ = (
        CheckConstraint("gate IN ('strict', 'balanced', 'eager')", name="guild_gate"),
        CheckConstraint("unsupported IN ('drop', 'mark')", name="guild_unsupported"),
        CheckConstraint("char_length(instructions) <= 1000", name="guild_instructions"),
    )

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    # The model that answers; every passage of the guild has a vector of it.
    embedding_model_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("embedding_models.id"), server_default="1"
    )
    # How much evidence an answer needs: strict, balanced or eager.
    gate: Mapped[str] = mapped_column(server_default="balanced")
    # What becomes of a sentence that no passage supports: drop or mark.
    unsupported: Mapped[str] = mapped_column(server_default="drop")
    # The server's own wishes for the writing, at most 1,000 characters.
    instructions: Mapped[str] = mapped_column(server_default="")
    caches_answers: Mapped[bool] = mapped_column(server_default=sql("false"))
    rewrites_questions: Mapped[bool] = mapped_column(server_default=sql("false"))


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
