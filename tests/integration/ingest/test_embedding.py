"""What was embedded is not embedded again: after a stop, and in the next version."""

import asyncio
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from functions.ingest import embedding
from functions.runtime.embedder.protocol import Vectors
from functions.runtime.embedder.twin import HashEmbedder
from tests.integration.ingest.conftest import Library, Stubborn

SECTIONS = 40
PROGRESS = "SELECT starts, attempts FROM document_versions WHERE id = :id"


def manual(changed: int | None = None) -> bytes:
    """Return a document of forty passages, one of them changed."""
    parts = ["# Manual"]
    for number in range(SECTIONS):
        word = "altered" if number == changed else "plain"
        sentence = f"Part {number} of the machine is {word} and made of metal number {number}. "
        parts.append(f"## Section {number}\n\n{sentence * 12}")
    return "\n\n".join(parts).encode()


class Recorder:
    """Remembers what is embedded, and can stop the worker in the middle."""

    def __init__(self, embedder: Stubborn) -> None:
        self.embedder = embedder
        self.texts: list[str] = []
        self.stop_after: int | None = None
        self.reached = asyncio.Event()
        embedder.embed_passages = self.embed_passages  # type: ignore[method-assign]

    async def embed_passages(self, texts: list[str], *, urgent: bool = False) -> Vectors:
        del urgent
        if self.stop_after is not None and len(self.texts) >= self.stop_after:
            self.reached.set()
            await asyncio.Event().wait()
        self.texts += texts
        return await HashEmbedder.embed_passages(self.embedder, texts)


@pytest.fixture
def recorder(embedder: Stubborn) -> Recorder:
    return Recorder(embedder)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "EMBEDDING_BATCH", 4)


async def _killed(library: Library, recorder: Recorder, version: UUID, *, after: int) -> None:
    """Stop the worker as a kill does: nothing of its own runs after, and its lease runs out."""
    recorder.stop_after = after
    worker = asyncio.create_task(library.tell(version))
    await asyncio.wait_for(recorder.reached.wait(), 60)
    worker.cancel()
    await asyncio.wait({worker})
    await library.rows(
        "UPDATE document_versions SET lease_expires_at = now() WHERE id = :id RETURNING 1",
        id=version,
    )
    recorder.reached.clear()
    recorder.stop_after = None


async def test_who_takes_over_embeds_only_what_is_left(
    library: Library, recorder: Recorder, small_batches: None
) -> None:
    version = await library.add(manual())
    for after in (8, 20):
        await _killed(library, recorder, version, after=after)
    assert await library.tell(version) == 204
    row = await library.status(version)
    assert (row.status, row.probe_rank) == ("ready", 1)
    assert len(recorder.texts) == len(set(recorder.texts)) == row.passages
    vectors = await library.rows("SELECT vector_dims(embedding) FROM embeddings")
    assert vectors == [(384,)] * row.passages
    assert not await library.rows("SELECT 1 FROM staged_embeddings")


async def test_a_step_forward_sets_the_starts_back(
    library: Library, recorder: Recorder, small_batches: None
) -> None:
    version = await library.add(manual())
    for after in (4, 8, 12, 16):
        await _killed(library, recorder, version, after=after)
        assert (await library.rows(PROGRESS, id=version))[0].starts == 0
    await library.rows(
        "UPDATE document_versions SET starts = 4, lease_expires_at = NULL WHERE id = :id"
        " RETURNING 1",
        id=version,
    )
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "ready"


async def test_a_start_without_a_step_counts(library: Library, recorder: Recorder) -> None:
    version = await library.add(manual())
    for starts in (1, 2, 3):
        await _killed(library, recorder, version, after=0)
        assert (await library.rows(PROGRESS, id=version))[0].starts == starts


async def test_a_changed_passage_is_the_only_one_embedded_again(
    library: Library, recorder: Recorder
) -> None:
    first = await library.add(manual())
    await library.tell(first)
    before = await _vectors(library)
    recorder.texts.clear()
    second = await library.add(manual(changed=17))
    await library.tell(second)
    assert [text.count("altered") > 0 for text in recorder.texts] == [True]
    after = await _vectors(library)
    assert {key for key in before if before[key] != after.get(key)} == before.keys() - after.keys()
    assert len(before.keys() - after.keys()) == 1


async def test_passages_that_say_the_same_are_embedded_once(
    library: Library, recorder: Recorder
) -> None:
    part = "## Part\n\n" + "The same sentence stands in each part of this text. " * 20
    version = await library.add(f"# Thrice\n\n{part}\n\n{part}\n\n{part}".encode())
    await library.tell(version)
    row = await library.status(version)
    assert row.status == "ready"
    assert len(recorder.texts) == len(set(recorder.texts)) < row.passages


async def test_a_lost_lease_stops_at_the_next_batch(
    library: Library, embedder: Stubborn, recorder: Recorder, small_batches: None
) -> None:
    version = await library.add(manual())

    async def lose_the_lease(texts: Any, *, urgent: bool = False) -> Vectors:
        del urgent
        recorder.texts += texts
        await library.rows(
            "UPDATE document_versions SET lease_id = gen_random_uuid() WHERE id = :id RETURNING 1",
            id=version,
        )
        return await HashEmbedder.embed_passages(embedder, texts)

    embedder.embed_passages = lose_the_lease  # type: ignore[method-assign]
    assert await library.tell(version) == 204
    assert len(recorder.texts) == 4
    assert not await library.rows("SELECT 1 FROM staged_embeddings")


async def test_passages_are_embedded_under_the_title_that_the_document_gets(
    library: Library, recorder: Recorder
) -> None:
    version = await library.add(manual())
    await library.rows("UPDATE documents SET given_title = 'Smithy' RETURNING 1")
    await library.tell(version)
    assert await library.rows("SELECT title FROM documents") == [("Smithy",)]
    assert all(text.startswith("Smithy") for text in recorder.texts)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda vectors: vectors[:, :-1], "another size"),
        (lambda vectors: vectors * np.nan, "not a number"),
        (lambda vectors: vectors * np.inf, "infinite"),
        (lambda vectors: vectors * 0, "no length"),
        (lambda vectors: vectors * 3, "not of unit length"),
        (lambda vectors: vectors[1:], "one too few"),
    ],
)
async def test_unusable_vectors_are_never_stored(
    library: Library, embedder: Stubborn, spoil: Any, why: str
) -> None:
    async def spoilt(texts: Any, *, urgent: bool = False) -> Vectors:
        del urgent
        with np.errstate(invalid="ignore"):
            return np.asarray(spoil(await HashEmbedder.embed_passages(embedder, texts)))

    embedder.embed_passages = spoilt  # type: ignore[method-assign]
    version = await library.add(manual())
    # The broker is thanked: the sweep asks again when the model has had time to come back.
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "processing"
    assert not await library.rows("SELECT 1 FROM staged_embeddings")
    assert not await library.rows("SELECT 1 FROM embeddings")


async def _vectors(library: Library) -> dict[bytes, str]:
    rows = await library.rows("SELECT text_hash, embedding::text FROM embeddings")
    return {row.text_hash: row.embedding for row in rows}
