import asyncio
from typing import Any
from uuid import uuid4

import pytest

from functions.ingest import lanes
from functions.ingest.lanes import Pace
from functions.ingest.parser_process import ParserLimits
from functions.ingest.progress import Progress
from functions.runtime.embedder.twin import HashEmbedder
from tests.integration.ingest.conftest import GUIDE, Library, Stubborn


async def test_an_uploaded_document_becomes_ready_and_searchable(library: Library) -> None:
    version = await library.add(GUIDE)
    assert await library.tell(version) == 204
    row = await library.status(version)
    assert (row.status, row.probe_rank) == ("ready", 1)
    chunks = await library.rows("SELECT ordinal, text, heading_path FROM chunks ORDER BY ordinal")
    assert [chunk.ordinal for chunk in chunks] == list(range(row.passages))
    assert "brass key" in "".join(chunk.text for chunk in chunks)
    assert isinstance(chunks[0].heading_path, list)
    document = await library.rows("SELECT title, current_version_id FROM documents")
    assert document == [("Lantern guide", version)]
    vectors = await library.rows("SELECT vector_dims(embedding), model_id FROM embeddings")
    assert vectors == [(384, 1)] * len(chunks)
    assert await library.rows("SELECT 1 FROM postings WHERE term = 'lantern'")


async def test_ten_events_at_once_have_one_effect(library: Library) -> None:
    version = await library.add(GUIDE)
    answers = await asyncio.gather(*(library.tell(version, event_id="same") for _ in range(10)))
    assert set(answers) == {204}
    row = await library.status(version)
    chunks = await library.rows("SELECT id FROM chunks")
    assert (row.status, len(chunks)) == ("ready", row.passages)
    assert len(await library.rows("SELECT 1 FROM handled_events")) == 1


async def test_a_document_that_waits_for_the_slow_lane_says_so(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[str] = []
    write = Progress._write

    async def record(self: Progress, stage: str, done: int, total: int) -> None:
        stages.append(stage)
        await write(self, stage, done, total)

    monkeypatch.setattr(Progress, "_write", record)
    monkeypatch.setattr(lanes, "QUICK", Pace(limits=ParserLimits(), characters=10))
    version = await library.add(GUIDE)
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "ready"
    assert list(dict.fromkeys(stages)) == ["parsing", "received", "embedding", "checking"]


async def test_a_new_version_replaces_the_old_one_at_once(library: Library) -> None:
    old = await library.add(GUIDE)
    await library.tell(old)
    new = await library.add(GUIDE.replace(b"brass", b"silver"))
    await library.tell(new)
    assert await library.rows("SELECT current_version_id FROM documents") == [(new,)]
    versions = await library.rows("SELECT DISTINCT version_id FROM chunks")
    assert versions == [(new,)]
    assert not await library.rows("SELECT 1 FROM postings WHERE term LIKE 'brass%'")


async def test_an_overtaken_version_never_answers(library: Library) -> None:
    old = await library.add(GUIDE)
    new = await library.add(GUIDE.replace(b"brass", b"silver"))
    await library.tell(new)
    await library.tell(old)
    assert (await library.status(old)).status == "ready"
    assert await library.rows("SELECT current_version_id FROM documents") == [(new,)]
    assert await library.rows("SELECT DISTINCT version_id FROM chunks") == [(new,)]


@pytest.mark.parametrize(
    ("content", "name", "hint"),
    [
        (b"PK\x03\x04" + bytes(60), "archive.zip", "Unpack"),
        (b"   \n \n", "blank.txt", "no text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "picture.md", "Images"),
    ],
)
async def test_what_cannot_be_read_fails_with_what_to_do(
    library: Library, content: bytes, name: str, hint: str
) -> None:
    version = await library.add(content, name)
    assert await library.tell(version) == 204
    row = await library.status(version)
    assert row.status == "failed"
    assert hint in row.status_reason


async def test_a_passing_failure_is_tried_again_and_then_succeeds(
    library: Library, embedder: Stubborn
) -> None:
    embedder.failures = 2
    version = await library.add(GUIDE)
    assert [await library.tell(version) for _ in range(3)] == [503, 204, 204]
    assert (await library.status(version)).status == "ready"


async def test_the_fifth_failure_is_the_last(library: Library, embedder: Stubborn) -> None:
    embedder.failures = 99
    version = await library.add(GUIDE)
    assert [await library.tell(version) for _ in range(6)] == [503, 204, 204, 204, 204, 204]
    row = await library.status(version)
    assert (row.status, row.attempts) == ("dead", 5)
    assert row.status_reason
    assert not await library.rows("SELECT 1 FROM chunks")


async def test_a_worker_that_lost_its_lease_writes_nothing(
    library: Library, embedder: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await library.add(GUIDE)

    async def lose_the_lease(texts: Any) -> Any:
        await library.rows(
            "UPDATE document_versions SET lease_id = gen_random_uuid() WHERE id = :id RETURNING 1",
            id=version,
        )
        return await HashEmbedder.embed_passages(embedder, texts)

    monkeypatch.setattr(embedder, "embed_passages", lose_the_lease)
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "processing"
    assert not await library.rows("SELECT 1 FROM chunks")


async def test_an_event_about_nothing_changes_nothing(library: Library) -> None:
    assert await library.tell(uuid4()) == 204


async def test_a_ready_document_says_what_could_not_be_read_of_it(library: Library) -> None:
    version = await library.add("The caf\xe9 opens at six.".encode("cp1252"), "old.txt")
    await library.tell(version)
    row = await library.status(version)
    assert row.status == "ready"
    assert "UTF-8" in row.status_reason
