"""Passages indexed before there were segments are found as they were."""

from collections import Counter
from math import log
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.migrate import _configuration, migrate
from db.session import Database, driver_url
from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.passages import SearchRequest
from functions.search.lexical import Lexical, by_words
from functions.search.schemas import Bm25

# Each guild's documents, their passages' terms; the last of guild 2 takes a wide frequency.
OLD: dict[int, list[list[dict[str, int]]]] = {
    1: [[{"alpha": 2, "beta": 1}, {"beta": 3}], [{"alpha": 1}]],
    2: [[{"alpha": 1}], [{"gamma": 300}]],
}


def _upgrade(connection: Connection) -> None:
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "0007")


async def _write(owner: asyncpg.Connection, guild: int, passages: list[dict[str, int]]) -> UUID:
    """Write a document as it was written then, with an older version nobody took away."""
    document, versions = uuid4(), [uuid4(), uuid4()]
    await owner.execute(
        "INSERT INTO documents (id, guild_id, title, source_name, origin, current_version_id)"
        " VALUES ($1, $2, 'Title', $3, 'upload', $4)",
        *(document, guild, str(document), versions[1]),
    )
    for number, version in enumerate(versions, 1):
        await owner.execute(
            "INSERT INTO document_versions (id, guild_id, document_id, number, status, size_bytes)"
            " VALUES ($1, $2, $3, $4, 'ready', 1)",
            *(version, guild, document, number),
        )
        for ordinal, counted in enumerate(passages):
            chunk = await owner.fetchval(
                "INSERT INTO chunks (guild_id, document_id, version_id, ordinal, text,"
                " heading_path, char_start, char_end, tokens, terms)"
                " VALUES ($1, $2, $3, $4, 'text', '{}', 0, 1, 1, $5) RETURNING id",
                *(guild, document, version, ordinal, sum(counted.values())),
            )
            await owner.executemany(
                "INSERT INTO postings (guild_id, term, chunk_id, frequency)"
                " VALUES ($1, $2, $3, $4)",
                [(guild, term, chunk, frequency) for term, frequency in counted.items()],
            )
    return document


async def _search(database: Database, guild: int, query: str) -> Lexical:
    async with database.snapshot(guild) as snapshot:
        return await by_words(
            snapshot,
            BoundedCache(most_bytes=1_000_000),
            SearchRequest(guild_id=guild, query=query),
            bm25=Bm25(k1=1.2, b=0.75),
            depth=10,
        )


def _bm25(passages: list[Counter[str]], term: str) -> list[float]:
    holding = sum(term in passage for passage in passages)
    idf = log(1 + (len(passages) - holding + 0.5) / (holding + 0.5))
    mean = sum(passage.total() for passage in passages) / len(passages)
    return sorted(
        (
            idf * held[term] * 2.2 / (held[term] + 1.2 * (0.25 + 0.75 * held.total() / mean))
            for held in passages
            if term in held
        ),
        reverse=True,
    )


async def test_what_was_indexed_before_is_found_as_before(owner_url: str, app_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    await owner.execute("CREATE DATABASE before_segments")
    await owner.close()
    url, app = (
        urlunsplit(urlsplit(address)._replace(path="/before_segments"))
        for address in (owner_url, app_url)
    )
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    await engine.dispose()
    owner = await asyncpg.connect(url)
    for guild, documents in OLD.items():
        await owner.execute("INSERT INTO guilds (guild_id, name) VALUES ($1, 'Guild')", guild)
        for passages in documents:
            await _write(owner, guild, passages)
    await migrate(url)
    assert await owner.fetchval("SELECT count(*) FROM segments") == len(OLD)
    await owner.close()
    database = Database(app)
    for guild, documents in OLD.items():
        counted = [Counter(passage) for passages in documents for passage in passages]
        for term in ("alpha", "beta", "gamma"):
            found = await _search(database, guild, term)
            assert found.lexicon.count == len(counted)
            expected = _bm25(counted, term)
            assert [round(hit.bm25, 9) for hit in found.hits] == [
                round(score, 9) for score in expected
            ]
    await database.close()
