"""Take a document version from received to ready, or to a reason its uploader can act on."""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from functions.ingest import queries
from functions.ingest.chunking import chunk
from functions.ingest.context import embedding_text
from functions.ingest.cutting import CountTokens
from functions.ingest.parsing import parse
from functions.ingest.progress import Progress, find_notice, tell_outcome
from functions.ingest.publishing import load_version, prepare, publish
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import Chunk, ParsedDocument, VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import Vectors
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

log = logging.getLogger(__name__)
MAXIMUM_BYTES = 25 * 1024 * 1024
# Small enough that a question never waits long for the model, and that progress is seen to move.
EMBEDDING_BATCH = 16
PROBE_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class Work:
    """One version under its lease, and the event that asked for it."""

    lease: Lease
    event: Event
    version: VersionAtWork
    progress: Progress


async def ingest(clients: Clients, event: Event) -> None:
    """Handle a document.uploaded event; doubled, late and stray ones change nothing."""
    version_id = event.row_id("version_id")
    lease = await claim(clients.database, "document_versions", version_id)
    if lease is None:
        # Whoever read it may have been stopped before the moderator heard how it ended.
        if guild_id := await guild_of(clients.database, "document_versions", version_id):
            await tell_outcome(clients, guild_id, version_id)
        return
    notice = await find_notice(clients, lease.guild_id, version_id)
    async with clients.database.guild(lease.guild_id) as session:
        version = await load_version(session, version_id)
    if version is None:
        return
    progress = Progress(clients, lease, title=version.title, notice=notice)
    try:
        async with held(clients.database, lease), progress:
            await _process(
                clients, Work(lease=lease, event=event, version=version, progress=progress)
            )
    except LeaseLostError:
        log.warning("version taken over", extra={"version": version_id})
        return
    except Exception as error:  # noqa: BLE001 - whatever it was, the row must learn of it
        await _after_failure(clients, lease, error)
    await tell_outcome(clients, lease.guild_id, version_id)


async def _process(clients: Clients, work: Work) -> None:
    lease, version, progress = work.lease, work.version, work.progress
    content = version.content
    if content is None:
        await progress.report("fetching")
        content = await _fetch(clients, lease, version)
    await progress.report("parsing")
    parsed = await parse(
        content,
        # A folder's path tells where a document is; its file name says what it is.
        name=PurePosixPath(version.source_name).name,
        progress=lambda done, total: progress.report("parsing", done, total),
    )
    chunks = await asyncio.to_thread(chunk, parsed, count_tokens=clients.embedder.count_tokens)
    if not chunks:
        raise UnreadableDocumentError("empty")
    vectors = await _embed(clients, parsed, chunks, progress)
    await progress.report("checking", len(chunks), len(chunks))
    probe = await clients.embedder.embed_query(_probe_text(chunks))
    publication = await asyncio.to_thread(
        prepare, version, parsed, chunks, vectors=vectors, probe=probe
    )
    async with clients.database.guild(lease.guild_id) as session:
        await publish(session, lease, publication)
        await mark_handled(session, lease, work.event)
    log.info("document ready", extra={"version": lease.row_id, "passages": len(chunks)})


async def _fetch(clients: Clients, lease: Lease, version: VersionAtWork) -> bytes:
    """Download an attachment and keep it: Discord deletes its copy after a while."""
    if version.fetch_url is None:
        raise UnreadableDocumentError("empty")
    content = await clients.discord.fetch_attachment(version.fetch_url, maximum=MAXIMUM_BYTES)
    async with clients.database.guild(lease.guild_id) as session:
        await session.execute(
            queries.KEEP_CONTENT,
            {
                "version_id": lease.row_id,
                "lease_id": lease.lease_id,
                "content": content,
                "content_hash": hashlib.sha256(content).digest(),
                "size_bytes": len(content),
            },
        )
    return content


async def _embed(
    clients: Clients, parsed: ParsedDocument, chunks: list[Chunk], progress: Progress
) -> Vectors:
    """Return the vectors in the order of the chunks, shape (n, dimensions)."""
    # Counting tokens takes processor time: a member's command must not wait behind it.
    texts = await asyncio.to_thread(
        _embedding_texts, parsed, chunks, count_tokens=clients.embedder.count_tokens
    )
    batches = []
    for first in range(0, len(texts), EMBEDDING_BATCH):
        await progress.report("embedding", first, len(texts))
        batches.append(
            await clients.embedder.embed_passages(texts[first : first + EMBEDDING_BATCH])
        )
    vectors = np.concatenate(batches)
    expected = (len(chunks), clients.embedder.dimensions)
    if vectors.shape != expected or not np.isfinite(vectors).all():
        raise UnavailableError("The embedding model returned vectors that cannot be used.")
    return vectors


def _embedding_texts(
    parsed: ParsedDocument, chunks: list[Chunk], *, count_tokens: CountTokens
) -> list[str]:
    return [embedding_text(piece, parsed.title, count_tokens=count_tokens) for piece in chunks]


def _probe_text(chunks: list[Chunk]) -> str:
    """Return some of the document's own words, from its middle."""
    return chunks[len(chunks) // 2].text[:PROBE_CHARACTERS]


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
    await release(clients.database, lease, failed=True, wait_seconds=2.0**lease.attempts)
    raise UnavailableError from error


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
