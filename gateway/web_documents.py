"""Documents that are fetched from the web, once or again and again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Document, DocumentVersion
from functions.runtime.errors import InvalidRequestError
from gateway.versions import FROM_THE_WEB, OPEN, StoredVersion, add_version, stored

MOST_HOURS = 8760
SECONDS_PER_HOUR = 3600


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be read; where a title or an interval is absent, what was said before stands."""

    url: str
    title: str | None = None
    refresh_seconds: int | None = None


def refresh_seconds(hours: int | None) -> int | None:
    """Return an interval in seconds; raise InvalidRequestError beyond an hour to a year."""
    if hours is None:
        return None
    if not 1 <= hours <= MOST_HOURS:
        raise InvalidRequestError(f"A page is checked every 1 to {MOST_HOURS} hours, or never.")
    return hours * SECONDS_PER_HOUR


async def _know(session: AsyncSession, guild_id: int, address: Address, user_id: int) -> Document:
    new = {
        "guild_id": guild_id,
        "title": address.title or address.url,
        "given_title": address.title,
        "source_name": address.url,
        "source_url": address.url,
        "origin": FROM_THE_WEB,
        "uploaded_by": user_id,
    }
    # A page that a person asks for no longer comes and goes with the list that named it.
    said: dict[str, Any] = {
        "updated_at": func.now(),
        "uploaded_by": user_id,
        "origin": FROM_THE_WEB,
        "listed_by": None,
    }
    if address.title:
        said |= {"title": address.title, "given_title": address.title}
    if address.refresh_seconds:
        seconds = address.refresh_seconds
        times = {
            "refresh_seconds": seconds,
            "next_refresh_at": func.now() + timedelta(seconds=seconds),
        }
        new, said = new | times, said | times
    statement = (
        upsert(Document)
        .values(new)
        .on_conflict_do_update(constraint="document_source", set_=said)
        .returning(Document)
    )
    return (await session.scalars(statement)).one()


async def store(
    session: AsyncSession, guild_id: int, *, address: Address, user_id: int
) -> StoredVersion:
    """Have a page fetched as the newest version of its document, unless one is on its way."""
    document = await _know(session, guild_id, address, user_id)
    on_its_way = select(DocumentVersion.id, DocumentVersion.status).where(
        DocumentVersion.document_id == document.id, DocumentVersion.status.in_(OPEN)
    )
    if row := (await session.execute(on_its_way.limit(1))).one_or_none():
        return stored(document, row.id, row.status, is_new=False)
    return await add_version(session, document, fetch_url=address.url, size_bytes=0)


async def set_refresh(
    session: AsyncSession, guild_id: int, document_id: UUID, *, seconds: int | None
) -> None:
    """Have a page checked again in this rhythm, counted from its last check, or never."""
    last = func.coalesce(Document.checked_at, func.now())
    await session.execute(
        update(Document)
        .where(Document.guild_id == guild_id, Document.id == document_id)
        .values(
            refresh_seconds=seconds,
            next_refresh_at=last + timedelta(seconds=seconds) if seconds else None,
        )
    )
