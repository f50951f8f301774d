import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from functions.runtime.embedder import EmbeddingModel, PassageTooLongError
from functions.runtime.embedder.convert import convert
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.errors import InvalidRequestError, LorekeeperError


class Engine:
    """Stands in for CTranslate2: notes what it is given, waits where a test says so."""

    def __init__(self, *, output: float = 1) -> None:
        self.given: list[list[int]] = []
        self.running = 0
        self.most = 0
        self.gate = threading.Event()
        self.gate.set()
        self.started = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._output = output

    def forward_batch(self, batch: list[list[int]]) -> Any:
        assert len(batch) == 1
        passage = 5 in batch[0]
        with self._lock:
            self.given += batch
            self.running += passage
            self.most = max(self.most, self.running)
        if passage:
            self.started.release()
            self.gate.wait(120)
        with self._lock:
            self.running -= passage
        hidden = np.full((1, len(batch[0]), 384), self._output, np.float32)
        return SimpleNamespace(last_hidden_state=hidden)

    def unload_model(self) -> None:
        self.given.clear()


@pytest.fixture
async def model(network: Any, tmp_path: Path) -> AsyncIterator[Embedder]:
    source = tmp_path / "weights"
    source.write_bytes(network.encode())
    convert(source, tmp_path / "model")
    model = Embedder.open(tmp_path / "model")
    yield model
    model.close()


def with_engine(model: Embedder, engine: Engine, *, threads: int = 2) -> Embedder:
    return Embedder(
        engine, pieces=model._pieces, normalisation=model._normalisation, threads=threads
    )


async def test_vectors_have_unit_length_and_the_order_of_the_texts(model: EmbeddingModel) -> None:
    texts = ["red", "green blue fox", "fox fox", "blue"]

    together = await model.embed_passages(texts)
    alone = [(await model.embed_passages([text]))[0] for text in texts]

    assert together.shape == (4, 384)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.array_equal(together, alone)


async def test_a_question_and_a_passage_of_the_same_words_differ(model: Embedder) -> None:
    question = await model.embed_query("red fox")
    passages = await model.embed_passages(["red fox"])

    assert not np.array_equal(question, passages[0])
    assert np.array_equal(question, (await model.embed_queries(["blue", "red fox"]))[1])


async def test_nothing_gives_no_vectors(model: Embedder) -> None:
    assert (await model.embed_passages([])).shape == (0, 384)
    assert (await model.embed_queries([])).shape == (0, 384)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param("red fox", 6, id="two words, two prefix pieces, two marks"),
        pytest.param("  red \n\t fox ", 6, id="spaces collapse"),
        pytest.param("red\u200b fox", 6, id="the table removes what nobody sees"),
        pytest.param("red \ud800", 7, id="half a character counts as an unknown one"),
    ],
)
def test_tokens_are_counted_as_a_passage_is_read(model: Embedder, text: str, tokens: int) -> None:
    assert model.count_tokens(text) == tokens


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\t", id="blank"),
        pytest.param("\u200b\u200b", id="nothing left after normalisation"),
    ],
)
async def test_text_without_words_is_refused(model: Embedder, text: str) -> None:
    with pytest.raises(InvalidRequestError):
        await model.embed_query(text)
    with pytest.raises(InvalidRequestError):
        await model.embed_queries(["red", text])
    with pytest.raises(InvalidRequestError):
        await model.embed_passages(["red", text])


async def test_a_passage_over_the_limit_is_refused_before_any_is_embedded(model: Embedder) -> None:
    engine = Engine()
    longest, too_long = "fox " * 508, "fox " * 509

    await with_engine(model, engine).embed_passages([longest])
    with pytest.raises(PassageTooLongError, match="Passage 1 has 513 tokens") as caught:
        await with_engine(model, engine).embed_passages(["red", too_long])

    assert (caught.value.index, caught.value.tokens, caught.value.limit) == (1, 513, 512)
    assert [len(tokens) for tokens in engine.given] == [512]


async def test_a_long_question_is_cut_and_keeps_its_end_mark(model: Embedder) -> None:
    engine = Engine()

    await with_engine(model, engine).embed_query("fox " * 600)

    assert len(engine.given[0]) == 512
    assert engine.given[0][0] == 0
    assert engine.given[0][-1] == 2


async def test_a_question_is_answered_while_passages_fill_their_places(model: Embedder) -> None:
    engine = Engine()
    engine.gate.clear()
    busy = with_engine(model, engine)
    passages = asyncio.ensure_future(busy.embed_passages(["red"] * 20))
    for _ in range(2):
        assert await asyncio.to_thread(engine.started.acquire, timeout=30)

    try:
        question = await asyncio.wait_for(busy.embed_query("blue"), 30)
        assert question.shape == (384,)
        assert not passages.done()
    finally:
        engine.gate.set()

    assert len(await passages) == 20
    assert engine.most == 2


def test_the_engine_keeps_a_place_for_questions(model: Embedder) -> None:
    assert model._encoder.num_encoders == model._threads + 1


async def test_two_documents_take_turns(model: Embedder) -> None:
    engine = Engine()
    engine.gate.clear()
    busy = with_engine(model, engine, threads=1)
    long = asyncio.ensure_future(busy.embed_passages(["red"] * 200))
    assert await asyncio.to_thread(engine.started.acquire, timeout=30)
    short = asyncio.ensure_future(busy.embed_passages(["blue"]))
    engine.gate.set()

    await short

    assert not long.done()
    await long


async def test_a_vector_that_is_no_number_is_an_error(model: Embedder) -> None:
    for output in (float("nan"), float("inf"), 0):
        broken = with_engine(model, Engine(output=output))
        with pytest.raises(LorekeeperError, match="no usable vector"):
            await broken.embed_query("red")


async def test_after_a_failure_the_rest_is_not_embedded(model: Embedder) -> None:
    engine = Engine(output=float("nan"))

    with pytest.raises(LorekeeperError):
        await with_engine(model, engine).embed_passages(["red"] * 100)
    await asyncio.sleep(0.05)

    assert len(engine.given) < 10


async def test_a_closed_model_embeds_nothing(model: Embedder) -> None:
    closed = with_engine(model, Engine())
    closed.close()

    with pytest.raises(RuntimeError):
        await closed.embed_query("red")
