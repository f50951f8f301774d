"""What the gateway does for a member of a guild."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from functions.runtime.errors import InvalidRequestError, NotFoundError
from functions.runtime.events import DOCUMENT_UPLOADED, EventPublisher
from functions.runtime.web.addresses import read_address
from gateway import queries, statistics, web_documents
from gateway.authorization import Access
from gateway.costs import MAXIMUM_PAGE
from gateway.names import given_tags
from gateway.versions import FROM_THE_WEB

LONGEST_SEARCH = 200
# The sweep sends the events of further rows, within seconds.
MOST_EVENTS = 100
# PostgreSQL stores no NUL, and no reader sees the rest; line breaks and tabs are text.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a list, and where the next one begins."""

    rows: list[Row[Any]]
    total: int
    end_cursor: str | None
    has_next: bool


def clean(words: str) -> str:
    """Return text that can be stored, without blanks around it."""
    return UNWRITABLE.sub(" ", words).strip()


def parse_id(text: str) -> UUID | None:
    """Read a row's id; None where it cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def check_page_size(first: int) -> int:
    """Return ``first``, or refuse it."""
    if not 1 <= first <= MAXIMUM_PAGE:
        raise InvalidRequestError(f"Ask for 1 to {MAXIMUM_PAGE} rows at a time.")
    return first


def _cursor(moment: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {row_id}".encode()).decode()


def position_of(cursor: str | None) -> queries.Position | None:
    """Read a place in a list as :func:`page_of` wrote it; raise InvalidRequestError for others."""
    if cursor is None:
        return None
    try:
        moment, row_id = base64.urlsafe_b64decode(cursor).decode().split(" ")
        position = datetime.fromisoformat(moment), UUID(row_id)
    except (ValueError, binascii.Error) as error:
        raise InvalidRequestError(
            "That is not a place in this list. Begin at its start."
        ) from error
    if position[0].tzinfo is None:
        raise InvalidRequestError("That is not a place in this list. Begin at its start.")
    return position


def page_of(rows: queries.Rows, *, first: int, total: int, moment: str) -> Page:
    """Return a page of at most ``first`` rows, ordered by the column ``moment``."""
    shown = list(rows[:first])
    end = _cursor(getattr(shown[-1], moment), shown[-1].id) if shown else None
    return Page(rows=shown, total=total, end_cursor=end, has_next=len(rows) > first)


async def figures(access: Access) -> tuple[Row[Any], list[Row[Any]]]:
    """Return a guild's figures, and those of each of the last 14 days."""
    async with access.transaction() as session:
        return (
            await statistics.figures(session, access.guild.guild_id),
            await statistics.days(session, access.guild.guild_id),
        )


def document_filter(
    search: str | None, *, listed_by: str | None, grouped: bool
) -> queries.DocumentFilter:
    """Return which documents are wanted; ``search`` looks into titles and file names."""
    lister = parse_id(listed_by) if listed_by else None
    if listed_by and lister is None:
        raise NotFoundError
    words = clean(search or "")[:LONGEST_SEARCH]
    return queries.DocumentFilter(search=words, listed_by=lister, grouped=grouped)


async def documents(
    access: Access, wanted: queries.DocumentFilter, *, first: int, after: str | None
) -> Page:
    """Return a page of the documents that are wanted."""
    check_page_size(first)
    guild_id, position = access.guild.guild_id, position_of(after)
    async with access.transaction() as session:
        rows = await queries.documents(session, guild_id, wanted, limit=first + 1, after=position)
        total = await queries.count_documents(session, guild_id, wanted)
    return page_of(rows, first=first, total=total, moment="updated_at")


async def document(access: Access, document_id: str) -> Row[Any] | None:
    """Return one document, if there is one of that id in this guild."""
    if (row_id := parse_id(document_id)) is None:
        return None
    async with access.transaction() as session:
        return await queries.document(session, access.guild.guild_id, row_id)


async def _send_again(events: EventPublisher, version_ids: Sequence[UUID]) -> None:
    for version_id in version_ids[:MOST_EVENTS]:
        if not await events.publish(
            DOCUMENT_UPLOADED, row_id=version_id, name="version_id", again=True
        ):
            # Each further one would wait for the same broker.
            return


async def _existing(session: AsyncSession, access: Access, document_id: UUID) -> Row[Any]:
    row = await queries.document(session, access.guild.guild_id, document_id)
    if row is None:
        raise NotFoundError
    return row


async def retry_document(access: Access, document_id: str) -> Row[Any]:
    """Have a failed document read again; one that has not failed stays as it is."""
    events = access.clients.events
    if (row_id := parse_id(document_id)) is None:
        raise NotFoundError
    async with access.transaction() as session:
        opened = await queries.retry_newest_versions(session, access.guild.guild_id, row_id)
        row = await _existing(session, access, row_id)
    await _send_again(events, opened)
    return row


async def retry_failed_documents(access: Access) -> int:
    """Have every failed document read again; return how many there were."""
    events = access.clients.events
    async with access.transaction() as session:
        opened = await queries.retry_newest_versions(session, access.guild.guild_id)
    await _send_again(events, opened)
    return len(opened)


async def add_address(access: Access, address: web_documents.Address) -> Row[Any]:
    """Have a page of the web fetched and read, and be a document of the library."""
    # What a name leads to is judged when it is fetched; this much can be said at once.
    read_address(address.url, allowed=access.clients.settings.web_allowed)
    events = access.clients.events
    async with access.transaction() as session:
        stored = await web_documents.store(
            session, access.guild.guild_id, address=address, user_id=access.viewer.user_id
        )
        row = await _existing(session, access, stored.document_id)
    if stored.is_new:
        await events.publish(DOCUMENT_UPLOADED, row_id=stored.version_id, name="version_id")
    return row


async def set_refresh(access: Access, document_id: str, *, hours: int | None) -> Row[Any]:
    """Have a page of the web checked again every so many hours, or never."""
    seconds = web_documents.refresh_seconds(hours)
    if (row_id := parse_id(document_id)) is None:
        raise NotFoundError
    async with access.transaction() as session:
        row = await _existing(session, access, row_id)
        if seconds and row.origin != FROM_THE_WEB:
            raise InvalidRequestError("Only a document that came from a web address is checked.")
        await web_documents.set_refresh(session, access.guild.guild_id, row_id, seconds=seconds)
        return await _existing(session, access, row_id)


async def set_tags(access: Access, document_id: str, *, tags: Sequence[str]) -> Row[Any]:
    """File a document under tags, or raise NotFoundError."""
    given = given_tags(tags)
    if (row_id := parse_id(document_id)) is None:
        raise NotFoundError
    async with access.transaction() as session:
        await queries.set_tags(session, access.guild.guild_id, row_id, tags=given)
        return await _existing(session, access, row_id)


async def delete_document(access: Access, document_id: str) -> None:
    """Delete a document with its versions and passages, or raise NotFoundError."""
    if (row_id := parse_id(document_id)) is None:
        raise NotFoundError
    async with access.transaction() as session:
        if not await queries.delete_document(session, access.guild.guild_id, row_id):
            raise NotFoundError
