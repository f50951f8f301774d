"""Bytes the library has already are not worked on again."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from functions.ingest import queries
from functions.ingest.listing import Listing, read_listing
from functions.ingest.pages import refresh_pages
from functions.ingest.schemas import LISTS, VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.errors import ConflictError
from functions.runtime.events import Event
from functions.runtime.leases import Lease, LeaseLostError, mark_handled


class KnownFileError(ConflictError):
    """This file is in the library already. Nothing was added."""

    code = "known_file"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"This is the same file as “{title}”, which is in the library already. "
            "Nothing was added."
        )


async def settle_known(
    clients: Clients, lease: Lease, event: Event, *, version: VersionAtWork, content: bytes | None
) -> UUID | None:
    """End a version whose bytes (None: a page not modified) are known; return who answers for it.

    None means that there is work to do. Raises KnownFileError where another document holds them,
    and LeaseLostError.
    """
    digest = hashlib.sha256(content).digest() if content is not None else None
    async with clients.database.guild(lease.guild_id) as session:
        values = {
            "version_id": lease.row_id,
            "lease_id": lease.lease_id,
            "document_id": version.document_id,
            "guild_id": lease.guild_id,
            "content_hash": digest,
        }
        if (await session.execute(queries.LOCK, values)).first() is None:
            raise LeaseLostError
        current = (await session.execute(queries.CURRENT, values)).one_or_none()
        if current is None:
            return await _settle_elsewhere(session, version, values)
        # Another file on its way would answer in the end, though these bytes were sent after it.
        if digest is not None and (digest != current.content_hash or current.being_replaced):
            return None
        if current.media_type in LISTS:
            listing = await _listing(clients, current.content)
            # Its bytes do not tell whether each of its pages is here.
            if digest is not None and await _lacks_pages(session, lease.guild_id, listing):
                return None
            await _refresh_listed(clients, session, version, listing)
        await mark_handled(session, lease, event)
        await session.execute(queries.CHECKED_UNCHANGED, values)
        await session.execute(queries.POINT_AT_CURRENT, {**values, "current_id": current.id})
        await session.execute(queries.FORGET_VERSION, {**values, "number": current.number})
    answering: UUID = current.id
    return answering


async def _listing(clients: Clients, content: bytes) -> Listing | None:
    return await asyncio.to_thread(
        read_listing, content, lists_text=True, allowed=clients.settings.web_allowed
    )


async def _lacks_pages(session: AsyncSession, guild_id: int, listing: Listing | None) -> bool:
    addresses = [page.address for page in listing.pages] if listing else []
    values = {"guild_id": guild_id, "addresses": addresses}
    return bool(await session.scalar(queries.LACKS_PAGES, values))


async def _refresh_listed(
    clients: Clients, session: AsyncSession, version: VersionAtWork, listing: Listing | None
) -> None:
    """Look at a list again that is the same: pages of which it says nothing may have changed."""
    if listing is not None:
        # The rules were asked for before the list was, so this waits for nobody.
        rules = await clients.robots.rules(version.source_name) if version.is_page else None
        delay = rules.delay if rules else 0.0
        await refresh_pages(session, version.document_id, listing, delay=delay)


async def _settle_elsewhere(
    session: AsyncSession, version: VersionAtWork, values: dict[str, Any]
) -> UUID | None:
    title = await session.scalar(queries.SAME_BYTES, values)
    if title is None:
        return None
    if version.listed_by is None:
        raise KnownFileError(title)
    # A site may show one page under many addresses; nobody asked for each of them. They may differ
    # tomorrow, so the list is read again even where it stays as it is.
    await session.execute(queries.FORGET_MARKS, {"document_id": version.listed_by})
    await session.execute(queries.FORGET_DOCUMENT, values)
    forgotten: UUID = values["version_id"]
    return forgotten
