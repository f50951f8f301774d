"""What publishing writes of a document beside its text: its language, its terms, fingerprints."""

import numpy as np
import pytest
from sqlalchemy import text

from functions.ingest import queries
from functions.runtime.embedder.checking import vector_text
from functions.runtime.embedder.registry import EMBEDDED
from functions.runtime.fingerprints import fingerprint
from tests.integration.conftest import Knowledge
from tests.integration.ingest.conftest import Library

GERMAN = """# Hausordnung

Die alten Häuser der Stadt werden abends um zehn Uhr geschlossen, und der Pförtner geht heim.
"""
POLISH = """# Regulamin

Stare domy w mieście są zamykane o dziesiątej wieczorem, a portier idzie do domu.
"""
CODE = "```python\nfor house in houses:\n    print(house.name)\n```\n"

WRITTEN = [
    (GERMAN, "de", {"hauser", "haus"}, set(), "stemmed as German"),
    (POLISH, "pl", {"domy"}, set(), "stemmed as Polish"),
    (CODE, None, {"houses"}, set(), "code has no language"),
    (GERMAN.replace("alten", "alten English-speaking"), "de", {"haus"}, {"speak"}, "not per word"),
]


@pytest.mark.parametrize(("content", "language", "held", "missing", "remark"), WRITTEN)
async def test_a_document_is_stemmed_in_its_own_language(
    library: Library,
    content: str,
    language: str | None,
    held: set[str],
    missing: set[str],
    remark: str,
) -> None:
    await library.tell(await library.add(content.encode()))
    assert await library.rows("SELECT language FROM documents") == [(language,)], remark
    terms = {row.term for row in await library.rows("SELECT term FROM postings")}
    assert held <= terms, remark
    assert not missing & terms, remark


async def test_a_new_version_may_be_in_another_language(library: Library) -> None:
    await library.tell(await library.add(GERMAN.encode()))
    await library.tell(await library.add(POLISH.encode()))
    assert await library.rows("SELECT language FROM documents") == [("pl",)]
    assert not await library.rows("SELECT 1 FROM postings WHERE term = 'haus'")


async def test_an_overtaken_version_leaves_the_language_alone(library: Library) -> None:
    old = await library.add(GERMAN.encode())
    await library.tell(await library.add(POLISH.encode()))
    await library.tell(old)
    assert await library.rows("SELECT language FROM documents") == [("pl",)]


async def test_passages_are_kept_with_their_fingerprints(library: Library) -> None:
    await library.tell(await library.add(GERMAN.encode()))
    rows = await library.rows("SELECT text, fingerprint FROM chunks")
    assert rows
    assert all(row.fingerprint == fingerprint(row.text) for row in rows)


# The first forty come from the index, whoever stands behind them is compared with all.
@pytest.mark.parametrize("place", [1, 3, 40, 41, 60])
async def test_a_rank_counts_what_is_nearer(
    knowledge: Knowledge, guild_id: int, other_guild_id: int, place: int
) -> None:
    texts = [f"bada gofu {'mipu ' * (number % 7)}{number}" for number in range(60)]
    await knowledge.add(guild_id, "own.txt", texts)
    await knowledge.add(other_guild_id, "near.txt", ["kazu bada"] * 3)
    vector = await knowledge.embedder.embed_query("kazu bada")
    cosines = await knowledge.embedder.embed_passages(texts) @ vector
    nearer = np.argsort(-cosines, kind="stable")
    async with knowledge.database.guild(guild_id) as session:
        ids = (await session.scalars(text("SELECT id FROM chunks ORDER BY ordinal"))).all()
        values = {
            "guild_id": guild_id,
            "vector": vector_text(vector),
            "chunk_ids": [ids[one] for one in nearer[place - 1 :]],
        }
        for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
            await session.execute(text(f"SET LOCAL {setting} = off"))
        rank = await session.scalar(queries.probe(EMBEDDED), values)
    assert rank == 1 + np.count_nonzero(cosines > cosines[nearer[place - 1]])
