"""Put a question set into a guild of its own, as ingestion would, and take it away again."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from functions.ingest.assembling import assemble
from functions.ingest.chunking import chunk
from functions.ingest.embedding import Embedding
from functions.ingest.merging import merge_segments
from functions.ingest.parsers.elements import Element
from functions.ingest.parsers.plain import paragraphs
from functions.ingest.progress import Progress
from functions.ingest.publishing import load_version, prepare, publish
from functions.ingest.schemas import MARKDOWN, PLAIN, ParsedDocument
from functions.local.evaluation.schemas import Paper
from functions.runtime.clients import Clients
from functions.runtime.leases import LeaseLostError, claim, held

# Discord's ids are below 2**62 for another fifty years.
FIRST_SCRATCH_GUILD: Final = 2**62
PAPERS_AT_ONCE: Final = 4

ADD_GUILD = text("INSERT INTO guilds (guild_id, name) VALUES (:guild_id, 'Evaluation')")
FORGET_GUILD = text("DELETE FROM guilds WHERE guild_id = :guild_id")
ADD_VERSION = text(
    "WITH added AS (INSERT INTO documents (guild_id, title, source_name, origin)"
    " VALUES (:guild_id, :name, :name, 'cli') RETURNING id)"
    " INSERT INTO document_versions (guild_id, document_id, number, size_bytes)"
    " SELECT :guild_id, id, 1, :size FROM added RETURNING id, document_id"
)

Step = Callable[[], None]


@asynccontextmanager
async def scratch_guild(clients: Clients) -> AsyncIterator[int]:
    """Make a guild that is gone with everything in it when the body ends."""
    guild_id = FIRST_SCRATCH_GUILD + secrets.randbelow(2**61)
    async with clients.database.guild(guild_id) as session:
        await session.execute(ADD_GUILD, {"guild_id": guild_id})
    try:
        yield guild_id
    finally:
        async with clients.database.guild(guild_id) as session:
            await session.execute(FORGET_GUILD, {"guild_id": guild_id})


async def load(
    clients: Clients, guild_id: int, papers: Sequence[Paper], *, step: Step
) -> dict[UUID, str]:
    """Publish every document of a set; return which row stands for which."""
    slots = asyncio.Semaphore(PAPERS_AT_ONCE)

    async def one(paper: Paper) -> tuple[UUID, str]:
        async with slots:
            document_id = await _publish(clients, guild_id, paper)
        step()
        return document_id, paper.id

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(paper)) for paper in papers]
    await merge_segments(clients.database, guild_id)
    return dict(task.result() for task in tasks)


def parsed_paper(paper: Paper) -> ParsedDocument:
    """Return a document as its reader would: the title as its first heading, text as it stands."""
    elements = list(paragraphs(paper.text))
    if paper.title.strip():
        heading = Element("heading", paper.title, level=1)
        return assemble([heading, *elements], media_type=MARKDOWN, name=paper.id)
    parsed = assemble(elements, media_type=PLAIN, name=paper.id)
    # The name of a file would stand for its title; an id of a set says nothing.
    return msgspec.structs.replace(parsed, title="")


async def _publish(clients: Clients, guild_id: int, paper: Paper) -> UUID:
    """Take one document through ingestion's own steps, from its text on."""
    database = clients.database
    async with database.guild(guild_id) as session:
        values = {"guild_id": guild_id, "name": paper.id, "size": len(paper.text.encode())}
        row = (await session.execute(ADD_VERSION, values)).one()
    lease = await claim(database, "document_versions", row.id)
    if lease is None:
        raise LeaseLostError
    async with database.guild(guild_id) as session:
        version = await load_version(session, row.id)
    if version is None:
        raise LeaseLostError
    progress = Progress(clients, lease, title=paper.title, notice=None)
    async with held(database, lease), progress:
        parsed = await asyncio.to_thread(parsed_paper, paper)
        count_tokens = clients.embedder.count_tokens
        chunks = await asyncio.to_thread(chunk, parsed, count_tokens=count_tokens)
        embedding = Embedding(clients=clients, lease=lease, version=version, progress=progress)
        embedded = await embedding.embed(parsed, chunks)
        publication = await asyncio.to_thread(prepare, version, parsed, chunks, embedded=embedded)
        async with database.guild(guild_id) as session:
            await publish(session, lease, publication)
    document_id: UUID = row.document_id
    return document_id
