"""A change of the embedding model: nothing is lost, nothing is mixed, nobody waits."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from functions.ingest import embedding
from functions.runtime.embedder.checking import UnusableVectorsError
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.ollama.twin import EmbeddingFault, OllamaTwin
from functions.search import dense, queries, service
from tests.integration.local.conftest import Laptop

SECTIONS = 60
QUESTION = "Which metal is part 17 of the machine made of?"


def manual(name: str = "machine") -> bytes:
    parts = [f"# The {name}"]
    for number in range(SECTIONS):
        sentence = f"Part {number} of the {name} is made of metal number {number}. "
        parts.append(f"## Section {number}\n\n{sentence * 14}")
    return "\n\n".join(parts).encode()


def silent(done: int, total: int) -> None:
    del done, total


async def _add(laptop: Laptop, name: str = "machine") -> UUID:
    version = await laptop.library.add(manual(name), f"{name}.md")
    assert await laptop.library.tell(version) == 204
    assert (await laptop.library.status(version)).status == "ready"
    return version


async def test_every_passage_moves_to_the_other_model(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    before = await laptop.vectors()
    heard: list[tuple[int, int]] = []
    await laptop.reindexing(other_model).run(
        laptop.guild_id, report=lambda done, total: heard.append((done, total))
    )
    assert await laptop.vectors() == {other_model.id: before[EMBEDDED.id]}
    assert await laptop.answering() == other_model.id
    assert heard[0] == (0, before[EMBEDDED.id])
    assert heard[-1] == (before[EMBEDDED.id], before[EMBEDDED.id])
    assert "Part 17 " in (await laptop.search(QUESTION))[0].text


async def test_the_way_back_is_the_same(laptop: Laptop, other_model: RegisteredModel) -> None:
    await _add(laptop)
    first = await laptop.search(QUESTION)
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    await laptop.reindexing(EMBEDDED).run(laptop.guild_id, report=silent)
    assert list(await laptop.vectors()) == [EMBEDDED.id]
    assert await laptop.search(QUESTION) == first


async def test_what_was_embedded_before_a_stop_is_not_embedded_again(
    laptop: Laptop, other_model: RegisteredModel, ollama: OllamaTwin
) -> None:
    await _add(laptop)
    total = (await laptop.vectors())[EMBEDDED.id]
    ollama.embedded.clear()

    def stop(done: int, total: int) -> None:
        if done >= total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await laptop.reindexing(other_model).run(laptop.guild_id, report=stop)
    half = (await laptop.vectors())[other_model.id]
    assert 0 < half < total
    assert await laptop.answering() == EMBEDDED.id
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    assert await laptop.vectors() == {other_model.id: total}
    embedded = [text for texts in ollama.embedded for text in texts]
    assert len(embedded) == len(set(embedded)) == total


async def test_documents_added_meanwhile_are_caught_up(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    work = laptop.reindexing(other_model)
    await work.catch_up(laptop.guild_id, report=silent)
    await _add(laptop, "engine")
    assert await laptop.answering() == EMBEDDED.id
    missing, total = await work.counts(laptop.guild_id)
    assert 0 < missing < total
    await work.run(laptop.guild_id, report=silent)
    assert await laptop.vectors() == {other_model.id: total}


async def test_it_does_not_switch_while_a_passage_is_missing(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    assert not await laptop.reindexing(other_model)._switch(laptop.guild_id)
    assert await laptop.answering() == EMBEDDED.id


async def test_old_vectors_stay_where_they_are_wanted(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    await laptop.reindexing(other_model, keep_old=True).run(laptop.guild_id, report=silent)
    kept = await laptop.vectors()
    assert kept[EMBEDDED.id] == kept[other_model.id]


async def test_vectors_of_a_model_that_answers_by_now_are_not_deleted(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    before = await laptop.vectors()
    await laptop.reindexing(other_model)._forget_others(laptop.guild_id)
    assert await laptop.vectors() == before


async def test_sixty_four_who_ask_meanwhile_never_see_a_mixture(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    old = await laptop.search(QUESTION)
    done = asyncio.Event()
    seen: list[list[Any]] = []

    async def ask() -> list[Any]:
        found = []
        while not done.is_set():
            found.append(await laptop.search(QUESTION))
        found.append(await laptop.search(QUESTION))
        return found

    askers = [asyncio.create_task(ask()) for _ in range(64)]
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    done.set()
    seen = await asyncio.gather(*askers)
    new = await laptop.search(QUESTION)
    assert old != new
    for found in seen:
        assert found[-1] == new
        switched = found.index(new)
        assert found == [old] * switched + [new] * (len(found) - switched)
    assert any(found[0] == old for found in seen)


async def test_who_began_to_ask_before_the_change_is_answered_as_before(
    laptop: Laptop, other_model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add(laptop)
    old = await laptop.search(QUESTION)
    changed, asked = asyncio.Event(), asyncio.Event()
    by_words, embed_query = service._by_words, laptop.clients.embedder.embed_query

    async def tell_that_it_was_asked(*arguments: Any) -> Any:
        found = await by_words(*arguments)
        asked.set()
        return found

    async def wait_for_the_change(text: str) -> Any:
        await changed.wait()
        return await embed_query(text)

    monkeypatch.setattr(service, "_by_words", tell_that_it_was_asked)
    monkeypatch.setattr(laptop.clients.embedder, "embed_query", wait_for_the_change)
    searching = asyncio.create_task(laptop.search(QUESTION))
    await asked.wait()
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    assert list(await laptop.vectors()) == [other_model.id]
    changed.set()
    assert await searching == old


async def test_a_document_embedded_with_the_model_before_is_read_again(
    laptop: Laptop, other_model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await laptop.library.add(manual())
    probe_text = embedding.probe_text
    loop = asyncio.get_running_loop()
    switches: list[asyncio.Task[None]] = []

    def switch_before_the_probe(chunks: Any) -> str:
        if not switches:
            run = laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
            switches.append(loop.create_task(run))
        return probe_text(chunks)

    embed_query = laptop.clients.embedder.embed_query

    async def wait_for_the_switch(text: str) -> Any:
        await asyncio.gather(*switches)
        return await embed_query(text)

    monkeypatch.setattr(embedding, "probe_text", switch_before_the_probe)
    monkeypatch.setattr(laptop.clients.embedder, "embed_query", wait_for_the_switch)
    assert await laptop.library.tell(version) == 503
    assert await laptop.library.tell(version) == 204
    row = await laptop.library.status(version)
    assert (row.status, row.probe_rank) == ("ready", 1)
    assert await laptop.vectors() == {other_model.id: row.passages}
    assert not await laptop.library.rows("SELECT 1 FROM staged_embeddings")


async def test_a_long_publication_is_waited_for(
    laptop: Laptop, other_model: RegisteredModel
) -> None:
    await _add(laptop)
    work = laptop.reindexing(other_model)
    await work.catch_up(laptop.guild_id, report=silent)
    async with laptop.clients.database.guild(laptop.guild_id) as session:
        await embedding.model_of_guild(session, laptop.guild_id, hold=True)
        assert not await work._switch(laptop.guild_id)
    assert await work._switch(laptop.guild_id)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("size", "one dimension is missing"),
        ("zero", "a vector without a direction is near nothing"),
        ("few", "whose vector is whose cannot be told"),
    ],
)
async def test_unusable_vectors_stop_it_and_the_old_model_answers_on(
    laptop: Laptop,
    other_model: RegisteredModel,
    ollama: OllamaTwin,
    fault: EmbeddingFault,
    why: str,
) -> None:
    await _add(laptop)
    before = await laptop.vectors()
    ollama.embedding_fault = fault
    with pytest.raises(UnusableVectorsError):
        await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    assert await laptop.vectors() == before
    assert await laptop.answering() == EMBEDDED.id


@pytest.mark.parametrize(
    ("vector", "why"),
    [
        ("[" + ",".join(["1"] + ["0"] * 254) + "]", "255 dimensions, where the index casts to 256"),
        ("[" + ",".join(["1"] + ["0"] * 256) + "]", "257 dimensions"),
        ("[" + ",".join(["NaN"] + ["0"] * 255) + "]", "not a number"),
        ("[" + ",".join(["Infinity"] + ["0"] * 255) + "]", "infinite"),
        ("[" + ",".join(["0"] * 256) + "]", "no length"),
        ("[" + ",".join(["3"] + ["0"] * 255) + "]", "not of unit length"),
    ],
)
async def test_the_database_itself_refuses_unusable_vectors(
    laptop: Laptop, other_model: RegisteredModel, vector: str, why: str
) -> None:
    await _add(laptop)
    statement = (
        "INSERT INTO embeddings (guild_id, model_id, chunk_id, embedding)"
        " SELECT guild_id, :model, id, CAST(CAST(:vector AS text) AS vector) FROM chunks LIMIT 1"
        " RETURNING 1"
    )
    with pytest.raises(DBAPIError):
        await laptop.library.rows(statement, model=other_model.id, vector=vector)
    fitting = "[" + ",".join(["1"] + ["0"] * 255) + "]"
    assert await laptop.library.rows(statement, model=other_model.id, vector=fitting)


async def test_sentences_are_marked_whichever_model_answers(
    laptop: Laptop, other_model: RegisteredModel, ollama: OllamaTwin
) -> None:
    await _add(laptop)
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    ollama.embedded.clear()
    found = await laptop.search(QUESTION, highlights=True)
    assert found[0].highlights
    # The server embeds the question and no sentence: a busy one would take seconds for them.
    assert ollama.embedded == [[QUESTION]]


async def test_a_model_that_hangs_keeps_no_connection_from_other_servers(
    laptop: Laptop, other_model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add(laptop)
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    # The first question tells this process which model the server has.
    await laptop.search(QUESTION)
    asked = asyncio.Semaphore(0)

    async def hang(text: str) -> None:
        del text
        asked.release()
        await asyncio.Event().wait()

    monkeypatch.setattr(laptop.clients.embedder_of(other_model), "embed_query", hang)
    waiting = [asyncio.create_task(laptop.search(f"{QUESTION} {n}")) for n in range(8)]
    for _ in waiting:
        await asyncio.wait_for(asked.acquire(), 5)
    # Another server's, whose model is in this process.
    body = {"guild_id": laptop.guild_id + 1, "query": QUESTION, "k": 5}
    answer = await asyncio.wait_for(laptop.searcher.post("/search", json=body), 5)
    assert answer.status_code == 200
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_server_that_left_a_hanging_model_is_answered_at_once(
    laptop: Laptop, other_model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add(laptop)
    await laptop.reindexing(other_model, keep_old=True).run(laptop.guild_id, report=silent)
    await laptop.search(QUESTION)
    await laptop.reindexing(EMBEDDED).run(laptop.guild_id, report=silent)

    async def hang(text: str) -> None:
        del text
        await asyncio.Event().wait()

    monkeypatch.setattr(laptop.clients.embedder_of(other_model), "embed_query", hang)
    assert "Part 17 " in (await asyncio.wait_for(laptop.search(QUESTION), 5))[0].text


async def test_a_large_server_is_searched_through_its_models_own_index(
    laptop: Laptop, other_model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add(laptop)
    await laptop.reindexing(other_model).run(laptop.guild_id, report=silent)
    compared = await laptop.search(QUESTION)
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", 0)
    assert (await laptop.search(QUESTION))[0] == compared[0]
    for model in (EMBEDDED, other_model):
        assert f"embeddings_model_{model.id}" in await _plan(laptop, model)


async def _plan(laptop: Laptop, model: RegisteredModel) -> str:
    vector = "[" + ",".join(["1"] + ["0"] * (model.dimensions - 1)) + "]"
    values = {
        "guild_id": laptop.guild_id,
        "vector": vector,
        "moved": vector,
        "also": [1],
        "depth": 10,
    }
    async with laptop.clients.database.guild(laptop.guild_id) as session:
        # Few rows are cheaper to read in turn; what is asked here is whether the index fits.
        for name in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
            await session.execute(text(f"SET LOCAL {name} = off"))
        explain = text(f"EXPLAIN {queries.indexed(model).text}")
        return "\n".join((await session.scalars(explain, values)).all())
