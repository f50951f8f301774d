"""Whether the index of all guilds serves a small one, and stays good however much changes."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np

from functions.local.benchmarks.bulk import INDEX, build_index, drop_index
from functions.local.benchmarks.bulk import load as load_bulk
from functions.local.benchmarks.search import (
    EVERY_CANDIDATE,
    Bench,
    K,
    dense_ids,
    nearest,
    questions,
)
from functions.local.benchmarks.synthetic import WORDS_OF_PASSAGE, phrase, vocabulary, zipf
from functions.local.evaluation.loading import load
from functions.local.evaluation.schemas import Paper

GUILD: Final = 2_000_000_001
FRESH_GUILD: Final = 2_000_000_002
OTHER_GUILD: Final = 2_000_000_003
PASSAGES_OF_PAPER: Final = 20
# Search shows three passages of a document at most: a small guild's are short.
PASSAGES_OF_NOTE: Final = 2
SMALL_SHARE: Final = 0.001
GUILD_QUESTIONS: Final = 500
SHARE: Final = 0.2
QUESTIONS: Final = 50


class Library:
    """A guild whose documents come and go, by ingestion's own steps."""

    def __init__(self, bench: Bench, guild_id: int, *, passages_of_paper: int) -> None:
        self.bench = bench
        self.guild_id = guild_id
        self._passages_of_paper = passages_of_paper
        self.living: dict[str, Paper] = {}
        self._rows: dict[str, UUID] = {}
        self._random = np.random.default_rng(5)
        self._words = vocabulary()
        self._made = 0

    async def add_guild(self) -> None:
        """Make the guild."""
        statement = "INSERT INTO guilds (guild_id, name) VALUES ($1, 'Benchmark')"
        await self.bench.owner.execute(statement, self.guild_id)

    def make(self, count: int) -> list[Paper]:
        """Return documents that were never there before."""
        self._made += count
        return [self._paper(self._made - number) for number in range(count)]

    def _paper(self, number: int) -> Paper:
        rows = zipf(self._random, self._passages_of_paper, WORDS_OF_PASSAGE)
        text = "\n\n".join(phrase(ranks, self._words) for ranks in rows)
        return Paper(id=str(number), title="", text=text)

    async def add(self, papers: Sequence[Paper], *, what: str) -> None:
        """Publish documents."""
        step, done = self.bench.counting(what, len(papers)), 0

        def count() -> None:
            nonlocal done
            done += 1
            step(done)

        rows = await load(self.bench.clients, self.guild_id, papers, step=count)
        self._rows |= {paper: row for row, paper in rows.items()}
        self.living |= {paper.id: paper for paper in papers}

    async def turn_over(self, *, what: str) -> None:
        """Delete a fifth of the documents, add as many others, and vacuum."""
        count = int(len(self.living) * SHARE)
        for paper in self._random.choice(sorted(self.living), size=count, replace=False).tolist():
            del self.living[paper]
            statement = "DELETE FROM documents WHERE id = $1"
            await self.bench.owner.execute(statement, self._rows.pop(paper))
        await self.add(self.make(count), what=what)
        await self.bench.owner.execute("VACUUM")

    async def passages(self) -> int:
        """Return how many passages the guild has."""
        statement = "SELECT count(*) FROM chunks WHERE guild_id = $1"
        return int(await self.bench.owner.fetchval(statement, self.guild_id))

    async def recall(self, asked: Sequence[str]) -> float:
        """Return dense recall against every vector."""
        rows = await self.bench.owner.fetch(
            "SELECT chunk_id, embedding::real[] AS vector FROM embeddings WHERE guild_id = $1",
            self.guild_id,
        )
        ids = [row["chunk_id"] for row in rows]
        vectors = np.array([row["vector"] for row in rows], np.float32)
        exact = nearest(vectors, await self.bench.embedder.embed_queries(asked))
        shares = []
        for query, right in zip(asked, exact, strict=True):
            found = await self.bench.ask(self.guild_id, query, k=EVERY_CANDIDATE)
            shares.append(len({ids[place] for place in right} & dense_ids(found)) / K)
        return float(np.mean(shares))

    async def scores(self, query: str) -> dict[str, float]:
        """Return BM25 of the passages found, by their texts."""
        found = await self.bench.ask(self.guild_id, query, k=EVERY_CANDIDATE)
        return {passage.text: passage.bm25 or 0.0 for passage in found.passages}


async def small_guild(bench: Bench, vectors: int) -> dict[str, Any]:
    """Return whether a guild with a thousandth of all vectors gets its rows, and the right ones."""
    library = Library(bench, GUILD, passages_of_paper=PASSAGES_OF_NOTE)
    small = max(2 * K, int(vectors * SMALL_SHARE))
    statement = await drop_index(bench.owner)
    step = bench.counting(f"Loading {vectors - small:,} passages of others", vectors - small)
    await load_bulk(bench.owner, OTHER_GUILD, vectors - small, seed=1, step=step)
    await build_index(bench.owner, statement)
    await library.add_guild()
    await library.add(library.make(small // PASSAGES_OF_NOTE), what="Publishing its own")
    asked = questions(np.random.default_rng(2), GUILD_QUESTIONS)
    full = 0
    step = bench.counting("Asking", len(asked))
    for done, query in enumerate(asked, 1):
        full += len((await bench.ask(GUILD, query)).passages) == K
        step(done)
    return {
        "vectors": int(await bench.owner.fetchval("SELECT count(*) FROM embeddings")),
        "own": await library.passages(),
        "queries": len(asked),
        "full": full,
        "recall_at_10": round(await library.recall(asked), 4),
    }


async def changes(bench: Bench, passages: int, rounds: int) -> dict[str, Any]:
    """Return recall after rounds of deletes and inserts, and whether BM25 is a fresh build's."""
    library, fresh = [
        Library(bench, one, passages_of_paper=PASSAGES_OF_PAPER) for one in (GUILD, FRESH_GUILD)
    ]
    await library.add_guild()
    await fresh.add_guild()
    await library.add(library.make(passages // PASSAGES_OF_PAPER), what="Publishing")
    random = np.random.default_rng(6)
    recalls, sizes = [], []
    for number in range(1, rounds + 1):
        await library.turn_over(what=f"Round {number}")
        recalls.append(await library.recall(questions(random, QUESTIONS)))
        sizes.append(await _index_mib(bench))
    await fresh.add(list(library.living.values()), what="Publishing afresh")
    return {
        "passages": passages,
        "rounds": rounds,
        "lowest_recall_at_10": round(min(recalls), 4),
        "hnsw_mib": {"first": sizes[0], "last": sizes[-1]},
        **await _compared(library, fresh, questions(random, QUESTIONS)),
    }


async def _index_mib(bench: Bench) -> float:
    size = await bench.owner.fetchval("SELECT pg_relation_size($1::regclass)", INDEX)
    return round(float(size) / 2**20, 1)


async def _compared(library: Library, fresh: Library, asked: Sequence[str]) -> dict[str, Any]:
    """Compare the BM25 score of every passage that was found in both."""
    differences = []
    for query in asked:
        changed, afresh = await library.scores(query), await fresh.scores(query)
        differences += [
            abs(changed[text] - afresh[text]) for text in changed.keys() & afresh.keys()
        ]
    return {"bm25_compared": len(differences), "bm25_farthest": max(differences, default=0.0)}
