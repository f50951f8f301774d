"""What became of events."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import NOW, Base


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
