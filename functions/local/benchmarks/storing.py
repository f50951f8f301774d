"""How fast passages are published, beside a raw COPY of the same rows into the same tables.

The copies go into a second database of the same schema: pgvector keeps equal vectors in one place
of its graph, so that a copy beside the original would cost next to nothing. COPY runs as the owner,
whom row level security lets pass; the product's way runs as the app's role, checked row by row.
"""

import io
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import numpy as np

from db.migrate import migrate
from db.session import Database
from functions.ingest.embedding import Embedded, text_hash
from functions.ingest.publishing import prepare, publish
from functions.ingest.queries import STAGE
from functions.ingest.schemas import Chunk, ParsedDocument, VersionAtWork
from functions.local.postgres import EmbeddedPostgres, start_postgres
from functions.runtime.embedder.checking import vector_text
from functions.runtime.embedder.registry import EMBEDDED
from functions.runtime.leases import Lease, claim

GUILD = 1
DIMENSIONS = 384
PASSAGES_OF_DOCUMENT = 40
WORDS_OF_PASSAGE = 160
VOCABULARY = 30_000
CLUSTERS = 200
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_OF_CHUNK = "chunk_id IN (SELECT id FROM chunks WHERE document_id = $1)"
PARENTS = {"documents": "id = $1", "document_versions": "document_id = $1"}
_SEGMENT = "(SELECT segment_id FROM segment_versions WHERE document_id = $1)"
TABLES = {
    "chunks": "document_id = $1",
    "segments": f"id IN {_SEGMENT}",
    "segment_versions": "document_id = $1",
    "postings": f"segment_id IN {_SEGMENT}",
    "embeddings": _OF_CHUNK,
}


@dataclass(kw_only=True)
class Race:
    """Seconds that each side has taken so far, for as many passages."""

    passages: int = 0
    product: float = 0.0
    copied: float = 0.0


async def measure(documents: int, step: Callable[[int], None]) -> dict[str, Any]:
    """Return ``{"passages", "product_per_second", "copy_per_second", "ratio"}``.

    ``step`` hears how many documents are done.
    """
    with tempfile.TemporaryDirectory(prefix="lore-") as folder:
        postgres = start_postgres(Path(folder) / "postgres")
        try:
            race = await _race(postgres, documents, step)
        finally:
            postgres.stop()
    return {
        "passages": race.passages,
        "product_per_second": round(race.passages / race.product),
        "copy_per_second": round(race.passages / race.copied),
        "ratio": round(race.copied / race.product, 2),
    }


async def _race(postgres: EmbeddedPostgres, documents: int, step: Callable[[int], None]) -> Race:
    race = Race()
    async with AsyncExitStack() as stack:
        owner, other = [await _prepared(stack, url) for url in await _two(postgres.owner_url)]
        database = Database(postgres.app_url)
        stack.push_async_callback(database.close)
        for number, draft in enumerate(_drafts(documents)):
            ids = await _record(owner, draft.parsed)
            await _copy(other, await _rows(owner, PARENTS, ids))
            product = await _publish(database, draft, ids)
            copied = await _copy(other, await _rows(owner, TABLES, ids))
            # The first one warms caches and plans for both.
            if number:
                race.product += product
                race.copied += copied
                race.passages += len(draft.chunks)
            step(number + 1)
    return race


async def _two(owner_url: str) -> tuple[str, str]:
    """Return the URLs of the product's database and of a second one."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute("CREATE DATABASE copied")
    await connection.close()
    parts = urlsplit(owner_url)
    return owner_url, urlunsplit(parts._replace(path="/copied"))


async def _prepared(stack: AsyncExitStack, owner_url: str) -> asyncpg.Connection:
    await migrate(owner_url)
    connection = await asyncpg.connect(owner_url)
    stack.push_async_callback(connection.close)
    await connection.execute("INSERT INTO guilds (guild_id, name) VALUES ($1, 'Guild')", GUILD)
    return connection


class _Ids(NamedTuple):
    document: UUID
    version: UUID


@dataclass(frozen=True)
class _Draft:
    """A document as reading and embedding leave it."""

    parsed: ParsedDocument
    chunks: list[Chunk]
    vectors: Any


def _drafts(count: int) -> Iterator[_Draft]:
    random = np.random.default_rng(7)
    centres = random.normal(size=(CLUSTERS, DIMENSIONS))
    for number in range(count):
        passages = [_passage(random) for _ in range(PASSAGES_OF_DOCUMENT)]
        parsed = ParsedDocument(
            media_type="text/plain",
            title=f"Document {number}",
            text="\n\n".join(passages),
            blocks=(),
        )
        own = centres[random.integers(CLUSTERS, size=len(passages))]
        vectors = own + 0.5 * random.normal(size=own.shape)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield _Draft(parsed, list(_chunks(passages)), vectors.astype(np.float32))


def _passage(random: np.random.Generator) -> str:
    """Return words drawn by Zipf's law, as in any language."""
    ranks = np.minimum(random.zipf(1.2, size=WORDS_OF_PASSAGE), VOCABULARY)
    return " ".join(_word(int(rank)) for rank in ranks)


def _word(rank: int) -> str:
    """Return a made-up word for a rank: syllables, so that the analyzer sees one plain word."""
    syllables = []
    while rank:
        rank, digit = divmod(rank, len(SYLLABLES))
        syllables.append(SYLLABLES[digit])
    return "".join(syllables)


def _chunks(passages: list[str]) -> Iterator[Chunk]:
    start = 0
    for ordinal, words in enumerate(passages):
        yield Chunk(
            ordinal=ordinal,
            text=words,
            heading_path=("Part", "Chapter"),
            page=None,
            start=start,
            end=start + len(words),
            token_count=WORDS_OF_PASSAGE,
            kind="paragraph",
        )
        start += len(words) + 2


async def _record(owner: asyncpg.Connection, parsed: ParsedDocument) -> _Ids:
    document, version = uuid4(), uuid4()
    await owner.execute(
        "INSERT INTO documents (id, guild_id, title, source_name, origin)"
        " VALUES ($1, $2, $3, $3, 'upload')",
        document,
        GUILD,
        parsed.title,
    )
    await owner.execute(
        "INSERT INTO document_versions (id, guild_id, document_id, number, size_bytes)"
        " VALUES ($1, $2, $3, 1, $4)",
        version,
        GUILD,
        document,
        len(parsed.text),
    )
    return _Ids(document, version)


async def _stage(database: Database, lease: Lease, draft: _Draft) -> Embedded:
    """Leave the vectors where embedding leaves them."""
    hashes = [text_hash(f"{piece.ordinal} {piece.text}") for piece in draft.chunks]
    values = {
        "version_id": lease.row_id,
        "guild_id": lease.guild_id,
        "model_id": EMBEDDED.id,
        "hashes": hashes,
        "vectors": [vector_text(vector) for vector in draft.vectors],
    }
    async with database.guild(GUILD) as session:
        await session.execute(STAGE, values)
    return Embedded(model=EMBEDDED, hashes=hashes, probe=vector_text(draft.vectors[0]))


async def _publish(database: Database, draft: _Draft, ids: _Ids) -> float:
    """Return the seconds that publishing takes.

    What is prepared before it is not counted, nor are the vectors staged while embedding.
    """
    lease = await claim(database, "document_versions", ids.version)
    if lease is None:
        raise RuntimeError
    version = VersionAtWork(
        document_id=ids.document,
        number=1,
        source_name=draft.parsed.title,
        title=draft.parsed.title,
        size_bytes=len(draft.parsed.text),
        content=None,
        fetch_url=None,
    )
    embedded = await _stage(database, lease, draft)
    publication = prepare(version, draft.parsed, draft.chunks, embedded=embedded)
    started = time.perf_counter()
    async with database.guild(GUILD) as session:
        await publish(session, lease, publication)
    return time.perf_counter() - started


Rows = dict[str, bytes]


async def _rows(owner: asyncpg.Connection, tables: Mapping[str, str], ids: _Ids) -> Rows:
    """Return a document's rows of these tables as COPY writes them."""
    found: Rows = {}
    for table, condition in tables.items():
        written = io.BytesIO()
        await owner.copy_from_query(
            f"SELECT * FROM {table} WHERE {condition}",  # noqa: S608 - our own names
            ids.document,
            output=written,
            format="binary",
        )
        found[table] = written.getvalue()
    return found


async def _copy(owner: asyncpg.Connection, rows: Rows) -> float:
    """Return the seconds that copying takes, in one transaction."""
    started = time.perf_counter()
    async with owner.transaction():
        for table, written in rows.items():
            await owner.copy_to_table(table, source=io.BytesIO(written), format="binary")
    return time.perf_counter() - started
