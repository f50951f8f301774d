"""Passages by the hundred thousand, written past ingestion with COPY, as the database's owner.

The index is dropped before and built after, as anyone would who loads that much.
"""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import numpy as np

from functions.local.benchmarks.synthetic import (
    DIMENSIONS,
    WORDS_OF_PASSAGE,
    centres,
    clustered,
    phrase,
    vocabulary,
    zipf,
)
from functions.runtime.embedder.protocol import Vectors
from functions.runtime.segments import encode, encode_chunk_ids, encode_lengths

PASSAGES_OF_DOCUMENT: Final = 40
BATCH: Final = 5_000
# A thousand documents: what merging leaves of so many.
BATCHES_OF_SEGMENT: Final = 8
SEGMENT_TIER: Final = 2
# A language whose words are not stemmed: a word is its own and only term.
LANGUAGE: Final = "mt"
INDEX: Final = "embeddings_model_1"
BUILD_MEMORY: Final = "3GB"
COPY_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END: Final = b"\xff\xff"
VECTOR_BYTES: Final = 4 + 4 * DIMENSIONS
EMBEDDING_ROW: Final = np.dtype(
    [
        ("fields", ">i2"),
        ("chunk_size", ">i4"),
        ("chunk_id", ">i8"),
        ("model_size", ">i4"),
        ("model_id", ">i2"),
        ("guild_size", ">i4"),
        ("guild_id", ">i8"),
        ("vector_size", ">i4"),
        ("dimensions", ">i2"),
        ("unused", ">i2"),
        ("vector", ">f4", (DIMENSIONS,)),
    ]
)

Step = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A guild that was loaded: its passages' vectors in the order of their ids from ``first``."""

    guild_id: int
    first: int
    vectors: Vectors
    seconds: float


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Passages to be written together; ``ranks`` are their words, one row a passage."""

    guild_id: int
    first: int
    document_ids: list[UUID]
    ranks: Any
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.vectors)

    def ids(self) -> Any:
        """Return the ids of the passages."""
        return np.arange(self.first, self.first + len(self), dtype=np.int64)

    def document_of(self, place: int) -> UUID:
        """Return the document of the passage at this place."""
        return self.document_ids[place // PASSAGES_OF_DOCUMENT]


async def load(
    owner: asyncpg.Connection, guild_id: int, count: int, *, seed: int, step: Step
) -> Loaded:
    """Fill a guild with passages; ``step`` hears how many are there."""
    started = time.perf_counter()
    random = np.random.default_rng(seed)
    words, middles = vocabulary(), centres()
    await owner.execute("INSERT INTO guilds (guild_id, name) VALUES ($1, 'Benchmark')", guild_id)
    first = 1 + int(await owner.fetchval("SELECT coalesce(max(id), 0) FROM chunks"))
    vectors = clustered(random, count, middles)
    unindexed: list[_Batch] = []
    for done in range(0, count, BATCH):
        size = min(BATCH, count - done)
        batch = _Batch(
            guild_id=guild_id,
            first=first + done,
            document_ids=[uuid4() for _ in range(-(-size // PASSAGES_OF_DOCUMENT))],
            ranks=zipf(random, size, WORDS_OF_PASSAGE),
            vectors=vectors[done : done + size],
        )
        async with owner.transaction():
            await _write(owner, batch, words)
        unindexed.append(batch)
        if len(unindexed) == BATCHES_OF_SEGMENT or done + size == count:
            await _index_words(owner, unindexed, words)
            unindexed = []
        step(done + size)
    # Whoever publishes next gets ids that are free.
    await owner.execute(
        "SELECT setval(pg_get_serial_sequence('chunks', 'id'), (SELECT max(id) FROM chunks))"
    )
    await owner.execute("ANALYZE")
    return Loaded(
        guild_id=guild_id, first=first, vectors=vectors, seconds=time.perf_counter() - started
    )


async def _write(owner: asyncpg.Connection, batch: _Batch, words: list[str]) -> None:
    guild_id, ids = batch.guild_id, batch.document_ids
    await owner.copy_records_to_table(
        "documents",
        records=[(one, guild_id, str(one), str(one), "cli", LANGUAGE) for one in ids],
        columns=["id", "guild_id", "title", "source_name", "origin", "language"],
    )
    await owner.copy_records_to_table(
        "document_versions",
        # A document has one version: they share an id, which no other table minds.
        records=[(one, guild_id, one, 1, 0, "ready") for one in ids],
        columns=["id", "guild_id", "document_id", "number", "size_bytes", "status"],
    )
    await owner.execute(
        "UPDATE documents SET current_version_id = id WHERE id = ANY($1::uuid[])", ids
    )
    await owner.copy_records_to_table("chunks", records=_chunks(batch, words), columns=CHUNKS)
    await owner.copy_to_table(
        "embeddings",
        source=io.BytesIO(_embeddings(batch)),
        columns=["chunk_id", "model_id", "guild_id", "embedding"],
        format="binary",
    )


CHUNKS: Final = [
    "id",
    "guild_id",
    "document_id",
    "version_id",
    "ordinal",
    "text",
    "heading_path",
    "char_start",
    "char_end",
    "tokens",
    "terms",
    "fingerprint",
]


def _chunks(batch: _Batch, words: list[str]) -> Iterator[tuple[Any, ...]]:
    fingerprints = np.random.default_rng(batch.first).integers(-(2**63), 2**63 - 1, len(batch))
    for place, (chunk_id, ranks) in enumerate(zip(batch.ids().tolist(), batch.ranks, strict=True)):
        document = batch.document_of(place)
        text = phrase(ranks, words)
        ordinal = place % PASSAGES_OF_DOCUMENT
        size = len(ranks)
        yield (
            chunk_id,
            batch.guild_id,
            document,
            document,
            ordinal,
            text,
            [],
            0,
            len(text),
            2 * size,
            size,
            int(fingerprints[place]),
        )


async def _index_words(owner: asyncpg.Connection, batches: list[_Batch], words: list[str]) -> None:
    """Write one segment of these batches: the one place that knows the lexical tables."""
    guild_id, ranks = batches[0].guild_id, np.concatenate([batch.ranks for batch in batches])
    count = len(ranks)
    pairs, frequencies = np.unique(ranks * count + np.arange(count)[:, None], return_counts=True)
    held, counts = np.unique(pairs // count, return_counts=True)
    terms = [words[rank] for rank in held.tolist()]
    postings = encode(terms, counts, pairs % count, frequencies, passages=count)
    segment_id = await owner.fetchval(
        "INSERT INTO segments (guild_id, tier, passages, living, terms, chunk_ids, lengths)"
        " VALUES ($1, $2, $3, $3, $4, $5, $6) RETURNING id",
        *(guild_id, SEGMENT_TIER, count, ranks.size),
        encode_chunk_ids(np.concatenate([batch.ids() for batch in batches])),
        encode_lengths(np.full(count, ranks.shape[1])),
    )
    await owner.copy_records_to_table(
        "segment_versions",
        records=_slots(batches, segment_id),
        columns=[
            *("version_id", "guild_id", "document_id", "segment_id", "first_slot"),
            *("passages", "terms", "language"),
        ],
    )
    rows = zip(postings.terms, postings.slots, postings.frequencies, strict=True)
    await owner.copy_records_to_table(
        "postings",
        records=[(segment_id, guild_id, *row) for row in rows],
        columns=["segment_id", "guild_id", "term", "slots", "frequencies"],
    )


def _slots(batches: list[_Batch], segment_id: int) -> Iterator[tuple[Any, ...]]:
    first = 0
    for batch in batches:
        for place in range(0, len(batch), PASSAGES_OF_DOCUMENT):
            size = min(PASSAGES_OF_DOCUMENT, len(batch) - place)
            document = batch.document_of(place)
            terms = size * batch.ranks.shape[1]
            yield document, batch.guild_id, document, segment_id, first, size, terms, LANGUAGE
            first += size


def _embeddings(batch: _Batch) -> bytes:
    rows = np.zeros(len(batch), EMBEDDING_ROW)
    sizes = {"fields": 4, "chunk_size": 8, "model_size": 2, "guild_size": 8}
    sizes |= {"vector_size": VECTOR_BYTES, "dimensions": DIMENSIONS, "model_id": 1}
    for name, value in sizes.items():
        rows[name] = value
    rows["chunk_id"] = batch.ids()
    rows["guild_id"] = batch.guild_id
    rows["vector"] = batch.vectors
    return b"".join(chain((COPY_HEADER,), (rows.tobytes(),), (COPY_END,)))


async def drop_index(owner: asyncpg.Connection) -> str:
    """Drop the index of the vectors; return the statement that makes it again."""
    statement: str = await owner.fetchval("SELECT pg_get_indexdef($1::regclass)", INDEX)
    await owner.execute(f"DROP INDEX {INDEX}")
    return statement


async def build_index(owner: asyncpg.Connection, statement: str) -> dict[str, float]:
    """Make the index; return the seconds it took and the MiB it takes."""
    await owner.execute(f"SET maintenance_work_mem = '{BUILD_MEMORY}'")
    started = time.perf_counter()
    await owner.execute(statement)
    seconds = time.perf_counter() - started
    size = await owner.fetchval("SELECT pg_relation_size($1::regclass)", INDEX)
    return {"build_seconds": round(seconds, 1), "mib": round(size / 2**20, 1)}
