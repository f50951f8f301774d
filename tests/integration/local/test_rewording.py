"""Words that are compared in another way since: the index follows, and nothing else changes."""

import asyncio
from typing import Any

import pytest

from functions.ingest import publishing
from functions.local.rewording import reword
from functions.runtime.passages import Passage
from tests.integration.local.conftest import Laptop

GUIDE = (
    b"# Tests\n\nRun the C++ tests before a release.\n\n# Network\n\nThe Wi-Fi is open to all.\n"
)
COUNTS = (
    "SELECT (SELECT count(*) FROM segments) AS segments,"
    " (SELECT sum(living) FROM segments) AS living, (SELECT sum(terms) FROM segments) AS terms,"
    " (SELECT sum(terms) FROM chunks) AS counted, (SELECT count(*) FROM segment_versions) AS slots"
)


def silent(done: int, total: int) -> None:
    del done, total


async def add(laptop: Laptop, name: str, content: bytes = GUIDE) -> Any:
    version = await laptop.library.add(content, name)
    assert await laptop.library.tell(version) == 204
    return version


async def scores(laptop: Laptop, question: str) -> list[float | None]:
    found: list[Passage] = await laptop.search(question)
    return sorted(passage.bm25 or 0.0 for passage in found)


async def test_an_index_of_an_older_version_becomes_as_one_of_this(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(publishing, "chunk_terms", lambda path, words, _: [*path, *words.split()])
        await add(laptop, "old.md")
    assert max(await scores(laptop, "wifi")) == 0.0
    heard: list[tuple[int, int]] = []
    for _ in range(2):
        await reword(
            laptop.clients.database,
            laptop.guild_id,
            report=lambda done, total: heard.append((done, total)),
        )
        assert heard[-1] == (1, 1)
    assert max(await scores(laptop, "wifi")) > 0.0
    (after,) = await laptop.library.rows(COUNTS)
    expected = [await scores(laptop, question) for question in ("wifi", "C++ tests")]
    assert (after.segments, after.slots) == (1, 1)
    assert after.terms == after.counted
    # The same bytes, read by this version.
    await laptop.library.rows("DELETE FROM documents RETURNING 1")
    await add(laptop, "new.md")
    (fresh,) = await laptop.library.rows(COUNTS)
    assert (fresh.living, fresh.terms) == (after.living, after.terms)
    assert [await scores(laptop, question) for question in ("wifi", "C++ tests")] == expected


async def test_documents_that_come_and_go_meanwhile_are_left_as_they_are(laptop: Laptop) -> None:
    for number in range(20):
        await add(laptop, f"{number}.md", GUIDE + f"\n# More\n\nPart {number} of it.".encode())
    rewording = asyncio.create_task(reword(laptop.clients.database, laptop.guild_id, report=silent))
    for number in range(0, 20, 4):
        await add(laptop, f"{number}.md", f"# Other\n\nAnother text, number {number}.".encode())
        await laptop.library.rows(
            "DELETE FROM documents WHERE source_name = :name RETURNING 1", name=f"{number + 1}.md"
        )
    await rewording
    (counts,) = await laptop.library.rows(COUNTS)
    (chunks,) = await laptop.library.rows(
        "SELECT count(*) AS number FROM chunks JOIN documents"
        " ON documents.current_version_id = chunks.version_id"
    )
    assert counts.slots == 15
    assert counts.living == chunks.number
    assert counts.terms == counts.counted
