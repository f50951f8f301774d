"""How fast search is and how much it finds: beside a bare loop, at scale, and after many changes.

Everything runs in a PostgreSQL of its own. Passages and vectors are made up (`synthetic`).
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import numpy as np

from db.migrate import migrate
from functions.local.benchmarks.bulk import Loaded, Step, build_index, drop_index, load
from functions.local.benchmarks.synthetic import (
    DIMENSIONS,
    NOISE,
    WORDS_OF_QUESTION,
    SyntheticEmbedder,
    phrase,
    unit,
    vocabulary,
    zipf,
)
from functions.local.postgres import EmbeddedPostgres, start_postgres
from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import Vectors
from functions.runtime.passages import SearchRequest, SearchResponse
from functions.runtime.settings import Settings
from functions.search.service import search

K: Final = 10
EVERY_CANDIDATE: Final = 200
QUESTIONS: Final = 500
WARMING: Final = 30
LEXICAL_TABLES: Final = ("postings", "segments", "segment_versions")

# (what is done, how much of it, of how much)
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a measurement works with: the owner's connection, and search as the app's role."""

    postgres: EmbeddedPostgres
    owner: asyncpg.Connection
    clients: Clients
    embedder: SyntheticEmbedder
    report: Report

    async def ask(self, guild_id: int, query: str, *, k: int = K) -> SearchResponse:
        """Search as the function does."""
        return await search(self.clients, SearchRequest(guild_id=guild_id, query=query, k=k))

    def counting(self, what: str, total: int) -> Step:
        """Return what hears how much is done."""

        def step(done: int) -> None:
            self.report(what, done, total)

        step(0)
        return step


@asynccontextmanager
async def opened(report: Report) -> AsyncIterator[Bench]:
    """Open a fresh database."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="lore-", ignore_cleanup_errors=True)
        )
        postgres = await asyncio.to_thread(start_postgres, Path(folder) / "postgres")
        stack.callback(postgres.stop)
        await migrate(postgres.owner_url)
        owner = await asyncpg.connect(postgres.owner_url)
        stack.push_async_callback(owner.close)
        embedder = SyntheticEmbedder()
        settings = Settings(database_url=postgres.app_url)
        clients = Clients(settings, name="bench", embedder=embedder)
        stack.push_async_callback(clients.close)
        yield Bench(
            postgres=postgres, owner=owner, clients=clients, embedder=embedder, report=report
        )


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    half, most = np.percentile(milliseconds, [50, 95])
    return {"p50_ms": round(float(half), 2), "p95_ms": round(float(most), 2)}


def questions(random: np.random.Generator, count: int) -> list[str]:
    """Return questions in the words of the passages, everyday words among them."""
    words = vocabulary()
    return [phrase(ranks, words) for ranks in zipf(random, count, WORDS_OF_QUESTION)]


def aimed_questions(bench: Bench, loaded: Loaded, count: int) -> list[str]:
    """Return questions whose vectors lie near passages that are there."""
    random = np.random.default_rng(loaded.guild_id)
    asked = questions(random, count)
    near = loaded.vectors[random.integers(len(loaded.vectors), size=count)]
    noise = random.standard_normal((count, DIMENSIONS), dtype=np.float32)
    aimed = unit(near + noise * np.float32(NOISE / np.sqrt(DIMENSIONS)))
    bench.embedder.known.update(zip(asked, aimed, strict=True))
    return asked


def nearest(vectors: Vectors, queries: Vectors, *, k: int = K) -> list[set[int]]:
    """Return the places of the k nearest vectors of each query, compared with every one."""
    cosines = queries @ vectors.T
    best = np.argpartition(-cosines, k, axis=1)[:, :k]
    return [set(row) for row in best.tolist()]


def dense_ids(found: SearchResponse, *, k: int = K) -> set[int]:
    """Return the nearest passages that search came upon."""
    ranked = sorted(found.passages, key=lambda passage: -(passage.cosine or 0.0))
    return {passage.chunk_id for passage in ranked[:k]}


async def at_scale(bench: Bench, passages: int) -> dict[str, Any]:
    """Return latency without embedding, dense recall, and what the index takes."""
    guild_id = passages
    statement = await drop_index(bench.owner)
    step = bench.counting(f"Loading {passages:,} passages", passages)
    loaded = await load(bench.owner, guild_id, passages, seed=guild_id, step=step)
    index = await build_index(bench.owner, statement)
    asked = aimed_questions(bench, loaded, QUESTIONS)
    taken = await _timed(bench, guild_id, asked)
    return {
        "passages": passages,
        **percentiles(taken),
        "recall_at_10": await _recall(bench, loaded, asked[: QUESTIONS // 5]),
        "load_seconds": round(loaded.seconds, 1),
        "hnsw": index,
        "lexical_mib": await _lexical_mib(bench.owner),
    }


async def _timed(bench: Bench, guild_id: int, asked: Sequence[str]) -> list[float]:
    """Return the milliseconds of each search; the first ones only warm caches."""
    step = bench.counting("Asking", len(asked))
    for query in asked[:WARMING]:
        await bench.ask(guild_id, query)
    taken = []
    for done, query in enumerate(asked, 1):
        started = time.perf_counter()
        await bench.ask(guild_id, query)
        taken.append((time.perf_counter() - started) * 1000)
        step(done)
    return taken


async def _recall(bench: Bench, loaded: Loaded, asked: Sequence[str]) -> float:
    queries = await bench.embedder.embed_queries(asked)
    exact = nearest(loaded.vectors, queries)
    shares = []
    for query, right in zip(asked, exact, strict=True):
        found = dense_ids(await bench.ask(loaded.guild_id, query, k=EVERY_CANDIDATE))
        shares.append(len({loaded.first + place for place in right} & found) / K)
    return round(float(np.mean(shares)), 4)


async def _lexical_mib(owner: asyncpg.Connection) -> float:
    size = await owner.fetchval(
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname = ANY($1::text[])"
        " AND relkind = 'r'",
        list(LEXICAL_TABLES),
    )
    return round(float(size) / 2**20, 1)
