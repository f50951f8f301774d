"""The nearest passages are those of comparing everything, whatever was added, replaced, deleted."""

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import text

from db.session import Database, Snapshot
from functions.ingest.merging import merge_segments
from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.embedder.protocol import Vector
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.passages import Filters, SearchRequest
from functions.search import dense, queries
from functions.search.dense import by_meaning
from functions.search.lexical import by_words
from functions.search.schemas import Bm25, Neighbour
from tests.integration.conftest import Knowledge

DEPTH = 10
CONSTANTS = Bm25(k1=1.2, b=0.75)
LIVING = text(
    "SELECT chunks.id, chunks.document_id, CAST(embeddings.embedding AS real[]) AS vector"
    " FROM chunks JOIN documents ON documents.current_version_id = chunks.version_id"
    " JOIN embeddings ON embeddings.chunk_id = chunks.id"
)


@dataclass
class Guild:
    """A guild under test, searched by one process with one cache."""

    database: Database
    knowledge: Knowledge
    guild_id: int
    cache: BoundedCache = field(default_factory=lambda: BoundedCache(most_bytes=50_000_000))
    documents: dict[str, UUID] = field(default_factory=dict)

    async def add(self, name: str, passages: list[str], *, number: int = 1) -> UUID:
        self.documents[name] = await self.knowledge.add(
            self.guild_id, name, passages, document=self.documents.get(name), number=number
        )
        return self.documents[name]

    async def delete(self, name: str) -> None:
        async with self.database.guild(self.guild_id) as session:
            await session.execute(
                text("DELETE FROM documents WHERE id = :id"), {"id": self.documents.pop(name)}
            )

    async def nearest(self, query: str, **options: Any) -> list[Neighbour]:
        request = SearchRequest(guild_id=self.guild_id, query=query, **options)
        vector = await self.knowledge.embedder.embed_query(query)
        async with self.database.snapshot(self.guild_id) as snapshot:
            lexical = await by_words(snapshot, self.cache, request, bm25=CONSTANTS, depth=DEPTH)
            return await by_meaning(snapshot, self.cache, vector, lexical=lexical, depth=DEPTH)

    async def compared(self, query: str) -> dict[int, tuple[UUID, float]]:
        vector = await self.knowledge.embedder.embed_query(query)
        async with self.database.guild(self.guild_id) as session:
            rows = (await session.execute(LIVING)).all()
        return {row.id: (row.document_id, cosine(row.vector, vector)) for row in rows}


def cosine(one: list[float], other: Vector) -> float:
    vector = np.asarray(one, np.float64)
    return float(vector @ other / np.linalg.norm(vector) / np.linalg.norm(other))


def assert_right(found: list[Neighbour], compared: dict[int, tuple[UUID, float]]) -> None:
    assert len(found) >= min(DEPTH, len(compared))
    for one in found:
        document, expected = compared[one.chunk_id]
        assert one.document_id == document
        assert one.cosine == pytest.approx(expected, abs=1e-5)


def assert_nearest(found: list[Neighbour], compared: dict[int, tuple[UUID, float]]) -> None:
    assert_right(found, compared)
    best = sorted((expected for _, expected in compared.values()), reverse=True)[:DEPTH]
    cosines = sorted((one.cosine for one in found), reverse=True)[: len(best)]
    assert cosines == pytest.approx(best, abs=1e-5)


@pytest.fixture
def guild(database: Database, guild_id: int) -> Guild:
    return Guild(database, Knowledge(database, HashEmbedder()), guild_id)


def passages(dice: random.Random) -> list[str]:
    return [f"{uuid4()} bada {dice.random()}" for _ in range(dice.randint(1, 4))]


@pytest.mark.parametrize("most", [0, 10_000])
async def test_changes_are_seen_at_once(
    guild: Guild, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", most)
    dice = random.Random(7)  # noqa: S311 - words, no secrets
    for step in range(30):
        if step % 5 == 3:
            name = dice.choice(sorted(guild.documents))
            await guild.add(name, passages(dice), number=step)
        elif step % 5 == 4:
            await guild.delete(dice.choice(sorted(guild.documents)))
        else:
            await guild.add(f"{step}.txt", passages(dice))
        if step % 10 == 9:
            await merge_segments(guild.database, guild.guild_id)
        query = f"bada {step}"
        # The walk of an index may miss one.
        check = assert_nearest if most else assert_right
        check(await guild.nearest(query), await guild.compared(query))


async def test_a_vector_is_read_once(guild: Guild, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    rows = Snapshot.rows

    async def hear(self: Snapshot, statement: Any, values: Any) -> list[Any]:
        if statement is queries.VECTORS:
            read.extend(values["chunk_ids"])
        return await rows(self, statement, values)

    monkeypatch.setattr(Snapshot, "rows", hear)
    await guild.add("a.txt", ["bada"])
    for _ in range(2):
        await guild.nearest("bada")
    assert len(read) == 1
    await guild.add("b.txt", ["gofu", "mipu"])
    await guild.delete("a.txt")
    found = await guild.nearest("bada")
    assert len(read) == 3
    assert {one.chunk_id for one in found} == set(read[1:])


async def test_a_vector_that_comes_later_is_found(guild: Guild) -> None:
    await guild.add("a.txt", ["bada", "gofu"])
    async with guild.database.guild(guild.guild_id) as session:
        held = text("SELECT chunk_id, CAST(embedding AS text) AS vector FROM embeddings LIMIT 1")
        row = (await session.execute(held)).one()
        gone = {"id": row.chunk_id}
        await session.execute(text("DELETE FROM embeddings WHERE chunk_id = :id"), gone)
    assert len(await guild.nearest("bada")) == 1
    values = {"guild": guild.guild_id, "id": row.chunk_id, "vector": row.vector}
    async with guild.database.guild(guild.guild_id) as session:
        again = text(
            "INSERT INTO embeddings (guild_id, model_id, chunk_id, embedding)"
            " VALUES (:guild, 1, :id, CAST(CAST(:vector AS text) AS vector))"
        )
        await session.execute(again, values)
    assert len(await guild.nearest("bada")) == 2


async def test_a_question_in_a_strange_script_is_asked_without_what_all_share(
    guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each passage but the last is near to all others.
    for number in range(12):
        await guild.add(f"{number}.txt", [f"bada gofu mipu {number}"])
    odd = await guild.add("odd.txt", ["kazu 竹"])
    known = {one.document_id: one for one in await guild.nearest("bada gofu")}
    assert all(one.nearness == pytest.approx(one.cosine, abs=1e-6) for one in known.values())
    kept = {one.chunk_id: one for one in await guild.nearest("熊猫 竹 bada")}
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", 0)
    read = {one.chunk_id: one for one in await guild.nearest("熊猫 竹 bada")}
    gained = {one.document_id: one.nearness - one.cosine for one in kept.values()}
    assert max(gained, key=lambda document: gained[document]) == odd
    for chunk_id in kept.keys() & read.keys():
        assert read[chunk_id].cosine == pytest.approx(kept[chunk_id].cosine, abs=1e-5)
        assert read[chunk_id].nearness == pytest.approx(kept[chunk_id].nearness, abs=1e-4)


@pytest.mark.parametrize("most", [0, 10_000])
async def test_equal_vectors_are_cut_by_their_age(
    guild: Guild, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", most)
    monkeypatch.setattr(queries, "indexed", queries.exact)
    await guild.add("a.txt", ["bada"] * 15)
    found = await guild.nearest("gofu")
    ids = sorted(await guild.compared("gofu"))
    assert sorted(one.chunk_id for one in found) == ids[:DEPTH]


async def test_a_walk_that_ends_too_soon_leaves_nobody_out(
    guild: Guild, other_guild_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", 0)
    short = "SELECT set_config('hnsw.iterative_scan', 'off', true)"
    monkeypatch.setattr(queries, "ITERATE", text(short))
    # All that is near belongs to others: of forty that the index brings none is the guild's.
    await guild.knowledge.add(other_guild_id, "near.txt", ["bada"] * 60)
    for number in range(12):
        await guild.add(f"{number}.txt", [f"gofu {number}"])
    assert_nearest(await guild.nearest("bada"), await guild.compared("bada"))


@pytest.mark.parametrize("most", [0, 5, 10_000])
async def test_filters_hold_before_the_best_are_cut(
    guild: Guild, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", most)
    wanted = await guild.add("wanted.txt", ["bada among gofu mipu kazu"])
    for number in range(3 * DEPTH):
        await guild.add(f"{number}.txt", ["bada bada bada"])
    filters = Filters(documents=[wanted])
    request = SearchRequest(guild_id=guild.guild_id, query="bada", filters=filters)
    async with guild.database.snapshot(guild.guild_id) as snapshot:
        found = await by_words(snapshot, guild.cache, request, bm25=CONSTANTS, depth=DEPTH)
    assert len(found.hits) == 1
    assert [one.document_id for one in await guild.nearest("bada", filters=filters)] == [wanted]


@pytest.mark.parametrize("walked", [0, 2_000])
@pytest.mark.parametrize("most", [0, 10_000])
async def test_half_of_the_documents_may_answer(
    guild: Guild, monkeypatch: pytest.MonkeyPatch, most: int, walked: int
) -> None:
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", most)
    monkeypatch.setattr(dense, "MOST_WALKED", walked)
    for number in range(4 * DEPTH):
        await guild.add(f"{number}.txt", [f"bada {'gofu ' * (number % 7)}mipu {number}"])
    half = [guild.documents[f"{number}.txt"] for number in range(0, 4 * DEPTH, 2)]
    found = await guild.nearest("bada gofu", filters=Filters(documents=half))
    compared = await guild.compared("bada gofu")
    allowed = {key: value for key, value in compared.items() if value[0] in half}
    assert {one.document_id for one in found} <= set(half)
    assert_nearest(found, allowed)
