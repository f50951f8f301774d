"""BM25 over segments equals BM25 counted by hand, whatever was added, replaced, deleted, merged."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from db.session import Database
from functions.ingest import merging
from functions.ingest.merging import merge_segments
from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.lexical import terms
from functions.runtime.passages import SearchRequest
from functions.search.lexical import Lexical, by_words
from functions.search.schemas import Bm25
from tests.integration.conftest import Knowledge

CONSTANTS = Bm25(k1=1.2, b=0.75)
# Made up, so that no stemmer and no list of stop words knows them.
VOCABULARY = [f"{a}{b}{c}q" for a in "bdfgkmpz" for b in "aeiouxy" for c in "bdfgkmp"]
COMMON = "zzzq"
DEPTH = 100
MIRROR = text(
    "SELECT chunks.id, chunks.text FROM chunks JOIN documents"
    " ON documents.current_version_id = chunks.version_id"
)
SEGMENTS = text("SELECT tier, passages, living, terms, generation FROM segments ORDER BY id")


def passage(dice: random.Random) -> str:
    """Words by Zipf's law, some of them many times."""
    words = [VOCABULARY[min(int(dice.paretovariate(0.6)) - 1, 391)] for _ in range(30)]
    if not dice.randrange(20):
        words += [dice.choice(VOCABULARY)] * 300
    return " ".join(words)


def brute_force(passages: dict[int, str], query: str) -> dict[int, float]:
    counted = {chunk: Counter(terms(words)) for chunk, words in passages.items()}
    mean = sum(count.total() for count in counted.values()) / len(counted)
    scores: Counter[int] = Counter()
    for term in set(terms(query)):
        holding = sum(term in count for count in counted.values())
        idf = log(1 + (len(counted) - holding + 0.5) / (holding + 0.5))
        for chunk, count in counted.items():
            if count[term]:
                length = 1.2 * (0.25 + 0.75 * count.total() / mean)
                scores[chunk] += idf * count[term] * 2.2 / (count[term] + length)
    return scores


@dataclass
class Guild:
    """A guild under test, searched by one process with one cache."""

    database: Database
    knowledge: Knowledge
    guild_id: int
    cache: BoundedCache = field(default_factory=lambda: BoundedCache(most_bytes=50_000_000))
    documents: list[UUID] = field(default_factory=list)

    async def add(self, passages: list[str], **options: Any) -> UUID:
        name = f"{uuid4()}.txt"
        document: UUID = await self.knowledge.add(self.guild_id, name, passages, **options)
        self.documents.append(document)
        return document

    async def delete(self, document: UUID) -> None:
        self.documents.remove(document)
        async with self.database.guild(self.guild_id) as session:
            await session.execute(text("DELETE FROM documents WHERE id = :id"), {"id": document})

    async def merge(self) -> None:
        await merge_segments(self.database, self.guild_id)

    async def search(self, query: str, *, cache: BoundedCache | None = None) -> Lexical:
        request = SearchRequest(guild_id=self.guild_id, query=query)
        async with self.database.snapshot(self.guild_id) as snapshot:
            return await by_words(
                snapshot, cache or self.cache, request, bm25=CONSTANTS, depth=DEPTH
            )

    async def segments(self) -> list[Any]:
        async with self.database.guild(self.guild_id) as session:
            return list(await session.execute(SEGMENTS))

    async def check(self, dice: random.Random) -> None:
        """Compare what is found for some questions with what is counted by hand."""
        async with self.database.guild(self.guild_id) as session:
            passages = {row.id: row.text for row in await session.execute(MIRROR)}
        for _ in range(3):
            query = " ".join(passage(dice).split()[:4] + dice.sample(VOCABULARY, 2))
            expected = brute_force(passages, query)
            for cache in (self.cache, BoundedCache(most_bytes=0)):
                found = await self.search(query, cache=cache)
                assert found.lexicon.count == len(passages)
                assert_best(found, expected)


def assert_best(found: Lexical, expected: dict[int, float]) -> None:
    scores = {hit.chunk_id: hit.bm25 for hit in found.hits}
    best = sorted(expected.values(), reverse=True)[:DEPTH]
    assert list(scores.values()) == pytest.approx(best, abs=1e-5)
    for chunk, score in scores.items():
        assert score == pytest.approx(expected[chunk], abs=1e-5)


@pytest.fixture
def guild(database: Database, guild_id: int) -> Guild:
    return Guild(database, Knowledge(database, HashEmbedder()), guild_id)


@pytest.mark.parametrize("seed", [1, 2])
async def test_scores_are_the_textbooks_whatever_happens_to_the_documents(
    guild: Guild, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # Small enough a fan that merges of merges come about.
    monkeypatch.setattr(merging, "FAN_IN", 3)
    dice = random.Random(seed)  # noqa: S311 - only texts come of it
    await guild.add([passage(dice) for _ in range(dice.randint(1, 8))])

    async def add() -> None:
        await guild.add([passage(dice) for _ in range(dice.randint(1, 8))])

    async def replace() -> None:
        number = dice.randrange(len(guild.documents))
        old = guild.documents[number]
        async with guild.database.guild(guild.guild_id) as session:
            versions = text("SELECT count(*) + 1 FROM document_versions WHERE document_id = :id")
            next_number = await session.scalar(versions, {"id": old})
        await guild.knowledge.add(
            guild.guild_id, f"{old}.txt", [passage(dice)], document=old, number=next_number
        )

    async def delete() -> None:
        if len(guild.documents) > 2:
            await guild.delete(dice.choice(guild.documents))

    for _ in range(40):
        step: Callable[[], Any] = dice.choice([add, add, add, replace, delete, guild.merge])
        await step()
        await guild.check(dice)
    assert max(row.tier for row in await guild.segments()) >= 2


async def test_rounds_of_deletes_and_inserts_give_the_scores_of_a_fresh_build(
    guild: Guild, other_guild_id: int
) -> None:
    dice = random.Random(7)  # noqa: S311 - only texts come of it
    texts: dict[UUID, list[str]] = {}

    async def add() -> None:
        passages = [passage(dice) for _ in range(4)]
        texts[await guild.add(passages)] = passages

    for _ in range(20):
        await add()
    for _ in range(20):
        for document in dice.sample(guild.documents, 4):
            await guild.delete(document)
            del texts[document]
        for _ in range(4):
            await add()
        await guild.merge()
    fresh = Guild(guild.database, guild.knowledge, other_guild_id)
    for passages in texts.values():
        await fresh.add(passages)
    for _ in range(10):
        query = passage(dice)
        churned, built = await guild.search(query), await fresh.search(query)
        assert [hit.bm25 for hit in churned.hits] == pytest.approx(
            [hit.bm25 for hit in built.hits], abs=1e-9
        )
        assert [hit.coverage for hit in churned.hits]  # a fresh guild is not empty
    assert len(await guild.segments()) < 16


async def test_a_full_tier_becomes_one_segment_of_the_next(guild: Guild) -> None:
    for number in range(16):
        await guild.add([f"{VOCABULARY[number]} {COMMON}"])
        await guild.merge()
    [merged] = await guild.segments()
    assert (merged.tier, merged.passages, merged.living, merged.terms) == (1, 16, 16, 32)
    assert [len((await guild.search(words)).hits) for words in (COMMON, VOCABULARY[7])] == [16, 1]


async def test_a_segment_mostly_dead_is_written_without_its_dead(guild: Guild) -> None:
    for number in range(16):
        await guild.add([f"{VOCABULARY[number]} {COMMON}"])
    await guild.merge()
    for document in guild.documents[:4]:
        await guild.delete(document)
    await guild.merge()
    [kept] = await guild.segments()
    assert (kept.passages, kept.living, kept.generation) == (16, 12, 4)
    await guild.delete(guild.documents[0])
    await guild.merge()
    [written] = await guild.segments()
    assert (written.tier, written.passages, written.living) == (1, 11, 11)
    assert len((await guild.search(COMMON)).hits) == 11
    assert not (await guild.search(VOCABULARY[0])).hits


async def test_a_segment_goes_with_its_last_passage(guild: Guild) -> None:
    await guild.delete(await guild.add(["one two", "three"]))
    assert await guild.segments() == []
    async with guild.database.guild(guild.guild_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM postings")) == 0


async def test_a_guild_takes_its_segments_along(guild: Guild, owner_url: str) -> None:
    for number in range(17):
        await guild.add([VOCABULARY[number]])
    await guild.merge()
    await guild.add(["last"])
    async with guild.database.guild(guild.guild_id) as session:
        await session.execute(text("DELETE FROM guilds"))
    assert await guild.segments() == []


async def test_who_deletes_while_segments_merge_is_not_stopped(
    guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(16):
        await guild.add([f"{VOCABULARY[number]} {COMMON}"])
    copy = merging._copy_postings
    gone = guild.documents[3]

    async def delete_meanwhile(*arguments: Any) -> None:
        await copy(*arguments)
        if gone in guild.documents:
            await guild.delete(gone)

    monkeypatch.setattr(merging, "_copy_postings", delete_meanwhile)
    await guild.merge()
    [merged] = await guild.segments()
    assert (merged.passages, merged.living, merged.terms) == (16, 15, 30)
    assert len((await guild.search(COMMON)).hits) == 15
    assert not (await guild.search(VOCABULARY[3])).hits


async def test_a_merge_gives_way_to_who_is_deleting(guild: Guild) -> None:
    for number in range(16):
        await guild.add([f"{VOCABULARY[number]} {COMMON}"])
    async with guild.database.guild(guild.guild_id) as session:
        gone = {"id": guild.documents[0]}
        await session.execute(text("DELETE FROM documents WHERE id = :id"), gone)
        await guild.merge()
        assert len(await guild.segments()) == 16
    assert len(await guild.segments()) == 15
    assert len((await guild.search(COMMON)).hits) == 15


async def test_a_search_under_way_sees_the_segments_it_began_with(guild: Guild) -> None:
    for number in range(16):
        await guild.add([f"{VOCABULARY[number]} {COMMON}"])
    request = SearchRequest(guild_id=guild.guild_id, query=COMMON)
    async with guild.database.snapshot(guild.guild_id) as snapshot:
        # The first statement takes the snapshot; everything after it is read from the old segments.
        await snapshot.rows(text("SELECT 1 FROM segments"), {})
        await guild.merge()
        await guild.delete(guild.documents[0])
        found = await by_words(snapshot, guild.cache, request, bm25=CONSTANTS, depth=DEPTH)
    assert len(found.hits) == 16
    assert len((await guild.search(COMMON)).hits) == 15


async def test_another_guilds_segments_are_never_read(guild: Guild, other_guild_id: int) -> None:
    other = Guild(guild.database, guild.knowledge, other_guild_id, cache=guild.cache)
    await other.add([f"secretq {COMMON}"])
    await guild.add([COMMON])
    assert len((await other.search(f"{COMMON} secretq")).hits) == 1
    found = await guild.search(f"{COMMON} secretq")
    assert (found.lexicon.count, len(found.hits)) == (1, 1)
    assert found.hits[0].bm25 == pytest.approx(log(1 + 0.5 / 1.5) * 2.2 / 2.2)


async def test_the_constants_can_be_set(guild: Guild) -> None:
    await guild.add(["bada bada bada", "bada gofu mipu"])
    request = SearchRequest(guild_id=guild.guild_id, query="bada gofu")
    async with guild.database.snapshot(guild.guild_id) as snapshot:
        flat = await by_words(
            snapshot, BoundedCache(most_bytes=0), request, bm25=Bm25(k1=0, b=0), depth=DEPTH
        )
    # Without saturation nor norm a word counts once, however often it is said.
    held_by_both, held_by_one = log(1 + 0.5 / 2.5), log(1 + 1.5 / 1.5)
    assert [hit.bm25 for hit in flat.hits] == [
        pytest.approx(held_by_both + held_by_one),
        pytest.approx(held_by_both),
    ]
