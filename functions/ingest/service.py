"""Take a document version from received to ready, or to a reason its uploader can act on."""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from functions.ingest import queries
from functions.ingest.chunking import chunk
from functions.ingest.embedding import Embedding
from functions.ingest.fetching import document_name, fetch
from functions.ingest.known import settle_known
from functions.ingest.lanes import HeavyDocumentError, Lanes, Pace, at_pace
from functions.ingest.listing import read_listing
from functions.ingest.merging import merge_segments
from functions.ingest.pages import publish_listing
from functions.ingest.parsing import parse
from functions.ingest.progress import Progress, find_notice, tell_outcome
from functions.ingest.publishing import load_version, prepare, publish
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import Notice, VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.errors import LorekeeperError, UnavailableError
from functions.runtime.events import Event
from functions.runtime.leases import (
    MAXIMUM_ATTEMPTS,
    Lease,
    LeaseLostError,
    claim,
    guild_of,
    held,
    mark_handled,
    release,
)
from functions.runtime.web.client import TryLaterError

log = logging.getLogger(__name__)
# A text file of these names may be a list of addresses.
LIST_NAMES = (".urls", ".txt")
FIRST_WAIT_SECONDS = 4.0
# A site or a model in trouble wants minutes.
FIRST_WAIT_FOR_OTHERS_SECONDS = 30.0
TELL_WAIT_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Work:
    """One version under its lease, and the event that asked for it."""

    lease: Lease
    event: Event
    version: VersionAtWork
    progress: Progress
    pace: Pace


async def ingest(clients: Clients, lanes: Lanes, event: Event) -> None:
    """Handle a document.uploaded event; doubled, late and stray ones change nothing."""
    version_id = event.row_id("version_id")
    lease = await claim(clients.database, "document_versions", version_id, started=False)
    if lease is None:
        # Whoever read it may have been stopped before the moderator heard how it ended.
        if guild_id := await guild_of(clients.database, "document_versions", version_id):
            await _tell(clients, guild_id, version_id)
        return
    notice = await find_notice(clients, lease.guild_id, version_id)
    try:
        async with held(clients.database, lease):
            version_id = await lanes.through(
                partial(_attempt, clients, lease, event=event, notice=notice)
            )
    except LeaseLostError:
        log.warning("version taken over", extra={"version": version_id})
    except Exception as error:  # noqa: BLE001 - whatever it was, the row must learn of it
        # A document that was deleted while it was read fails wherever its rows are missed.
        if await guild_of(clients.database, "document_versions", version_id):
            await _after_failure(clients, lease, error)
    await _tell(clients, lease.guild_id, version_id, notice=notice)
    await merge_segments(clients.database, lease.guild_id)


async def _tell(
    clients: Clients, guild_id: int, version_id: UUID, *, notice: Notice | None = None
) -> None:
    """Tell the outcome in Discord, or leave it to the sweep for as long as Discord asks."""
    try:
        await tell_outcome(clients, guild_id, version_id, notice=notice)
    except UnavailableError as error:
        seconds = max(TELL_WAIT_SECONDS, clients.discord.rest_seconds())
        log.warning("outcome not told yet", extra={"row": version_id, "reason": error.message})
        async with clients.database.guild(guild_id) as session:
            await session.execute(queries.TELL_LATER, {"id": version_id, "seconds": seconds})


async def _attempt(
    clients: Clients, lease: Lease, pace: Pace, *, event: Event, notice: Notice | None
) -> UUID:
    """Take the version to its end at this pace; return the one that answers for its bytes."""
    # Loaded here and not before: whoever waits for a seat holds no bytes.
    async with clients.database.guild(lease.guild_id) as session:
        await _count_start(session, lease, step=1)
        version = await load_version(session, lease.row_id)
    if version is None:
        return lease.row_id
    async with Progress(clients, lease, title=version.title, notice=notice) as progress:
        work = Work(lease=lease, event=event, version=version, progress=progress, pace=pace)
        try:
            return await _process(clients, work)
        except HeavyDocumentError:
            # It waits for another seat, maybe for minutes: nobody reads it meanwhile.
            await progress.report("received")
            async with clients.database.guild(lease.guild_id) as session:
                await _count_start(session, lease, step=-1)
            raise


async def _count_start(session: AsyncSession, lease: Lease, *, step: int) -> None:
    values = {"version_id": lease.row_id, "lease_id": lease.lease_id, "step": step}
    await session.execute(queries.COUNT_START, values)


async def _process(clients: Clients, work: Work) -> UUID:
    lease, version = work.lease, work.version
    content = version.content
    if content is None:
        await work.progress.report("fetching")
        content = await fetch(clients, lease, version)
    known = await settle_known(clients, lease, work.event, version=version, content=content)
    if known is not None:
        return known
    if content is None:
        raise UnreadableDocumentError("empty")
    listing = await asyncio.to_thread(
        read_listing,
        content,
        lists_text=version.is_page or version.source_name.endswith(LIST_NAMES),
        allowed=clients.settings.web_allowed,
    )
    if listing is None:
        await _read(clients, work, content)
    else:
        await publish_listing(clients, lease, work.event, version=version, listing=listing)
    return lease.row_id


async def _read(clients: Clients, work: Work, content: bytes) -> None:
    lease, version, progress = work.lease, work.version, work.progress
    await progress.report("parsing")
    parsing = parse(
        content,
        name=document_name(version),
        progress=lambda done, total: progress.report("parsing", done, total),
        limits=work.pace.limits,
    )
    parsed = await at_pace(parsing, work.pace)
    chunks = await asyncio.to_thread(chunk, parsed, count_tokens=clients.embedder.count_tokens)
    if not chunks:
        raise UnreadableDocumentError("empty")
    embedding = Embedding(clients=clients, lease=lease, version=version, progress=progress)
    embedded = await embedding.embed(parsed, chunks)
    publication = await asyncio.to_thread(prepare, version, parsed, chunks, embedded=embedded)
    async with clients.database.guild(lease.guild_id) as session:
        await publish(session, lease, publication)
        await mark_handled(session, lease, work.event)
    log.info("document ready", extra={"version": lease.row_id, "passages": len(chunks)})


async def _after_failure(clients: Clients, lease: Lease, error: Exception) -> None:
    """Give the version back for a later attempt; end it after the fifth, or where none can help."""
    if isinstance(error, LorekeeperError) and error.status < LorekeeperError.status:
        await _end(clients, lease, status="failed", reason=error.message)
        return
    log.warning("ingestion failed", extra={"version": lease.row_id}, exc_info=error)
    if lease.attempts + 1 >= MAXIMUM_ATTEMPTS:
        message = error.message if isinstance(error, LorekeeperError) else LorekeeperError().message
        await _end(clients, lease, status="dead", reason=message)
        return
    await release(clients.database, lease, failed=True, wait_seconds=_wait(lease, error))
    if not isinstance(error, UnavailableError) and not lease.attempts:
        # What nobody foresaw is tried a second time at once.
        raise UnavailableError from error


def _wait(lease: Lease, error: Exception) -> float:
    """Return the seconds until the sweep tries again; no broker waits that long."""
    if not isinstance(error, UnavailableError):
        return FIRST_WAIT_SECONDS * 2.0**lease.attempts
    asked = error.wait_seconds if isinstance(error, TryLaterError) else 0.0
    return max(asked, FIRST_WAIT_FOR_OTHERS_SECONDS * 2.0**lease.attempts)


async def _end(clients: Clients, lease: Lease, *, status: str, reason: str) -> None:
    async with clients.database.guild(lease.guild_id) as session:
        values = {
            "version_id": lease.row_id,
            "lease_id": lease.lease_id,
            "status": status,
            "reason": reason,
        }
        await session.execute(queries.END, values)
        await session.execute(queries.TOUCH, values)
