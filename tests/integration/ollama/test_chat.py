"""What is promised of every chat, held by a real server with a real model."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID

import httpx
import pytest

from functions.generate.prompts import Asked, build_prompt
from functions.runtime.ollama.client import (
    MOST_WRITTEN_TOKENS,
    Message,
    OllamaClient,
    OllamaError,
    Patience,
    PromptTooLongError,
)
from functions.runtime.ollama.store import ModelStore
from functions.runtime.passages import Passage
from tests.integration.ollama.conftest import CONTEXT, MODEL, Connect, OwnServer, read_all, user

pytestmark = pytest.mark.ollama
STORY = user("Write a long story about a lighthouse and the people who live near it.")
FACTS = [
    f"[{number}] The lighthouse of the {number}th bay was built of granite with {number} windows."
    f" Its lamp is lit at dusk by a keeper, who writes the hour into a log of {number} pages."
    for number in range(2, 10)
]


def passages(texts: Sequence[str]) -> list[Passage]:
    """Return passages as search does."""
    return [
        Passage(
            chunk_id=number,
            document_id=UUID(int=number),
            ordinal=0,
            title="Lighthouses",
            location="",
            url="",
            text=text,
            score=1,
            cosine=None,
            bm25=None,
        )
        for number, text in enumerate(texts, 1)
    ]


async def seconds_of_reading(client: OllamaClient, prompt: Sequence[Message]) -> float:
    """Let a prompt be read and a single token be written."""
    async with aclosing(await client._open(prompt, written=1)) as answers:
        return max([answer.prompt_eval_duration or 0 async for answer in answers]) / 1e9


async def test_warming_up_loads_the_model_with_the_one_context(
    client: OllamaClient, host: str, http: httpx.AsyncClient
) -> None:
    await client.warm_up()
    assert await client.is_ready()
    loaded = (await ModelStore(http, host=host).models())[MODEL]
    assert loaded.context_tokens == client.context_tokens == CONTEXT


async def test_an_answer_is_streamed_as_it_is_written(client: OllamaClient) -> None:
    pieces = [piece async for piece in client.stream(user("Say hello in one word."))]
    last = pieces[-1].completion
    assert last
    assert len(pieces) > 3
    assert "".join(piece.text for piece in pieces) == last.text
    assert last.text.strip()
    assert last.done_reason in {"stop", "length"}
    assert 0 < last.written_tokens <= MOST_WRITTEN_TOKENS
    assert 0 < last.prompt_tokens < 100
    assert last.prompt_seconds > 0


async def test_the_context_is_never_exceeded_and_nothing_is_cut(client: OllamaClient) -> None:
    with pytest.raises(PromptTooLongError):
        await client.chat(user("word " * 2 * CONTEXT))
    # It is the caller's mistake: the server is as ready as before.
    assert await client.is_ready()


async def test_a_model_that_is_missing_is_not_ready_and_an_error(
    connect: Connect, host: str
) -> None:
    client = connect(host, model="no-such-model")
    assert not await client.is_ready()
    with pytest.raises(OllamaError, match="ResponseError"):
        await client.chat(user("Hello?"))


async def test_who_stops_listening_stops_the_model(client: OllamaClient) -> None:
    await client.warm_up()
    read = 0
    async with aclosing(client.stream(STORY)) as pieces:
        async for _ in pieces:
            read += 1
            if read == 1:
                began = time.monotonic()
            if read == 20:
                break
    pace = (time.monotonic() - began) / read
    stopped = time.monotonic()
    async with aclosing(client.stream(user("Hello."))) as pieces:
        await anext(pieces)
    # The rest of the story would have taken longer; reading the word "Hello" takes a few tokens.
    assert time.monotonic() - stopped < pace * MOST_WRITTEN_TOKENS / 2


async def test_a_second_question_on_the_same_passages_is_read_at_once(client: OllamaClient) -> None:
    async def read(question: str) -> float:
        asked = Asked(question=question, salt=salt)
        prompt = build_prompt(asked, passages(FACTS), context_tokens=CONTEXT)
        return await seconds_of_reading(client, prompt.messages)

    # New to the server, so that the first time all of it is read.
    salt = str(time.time())
    first = await read("Who lights the lamp?")
    assert await read("What is the lighthouse built of?") < first / 4


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("The keeper lights the lamp at dusk. ", id="English"),
        pytest.param("灯塔看守人在黄昏时点亮了灯。", id="Chinese"),
        pytest.param("ผู้ดูแลประภาคารจุดตะเกียงตอนพลบค่ำ ", id="Thai"),
        pytest.param("🕯️🔥 #!?; 4711-0815 ", id="signs"),
    ],
)
async def test_a_prompt_that_was_fitted_is_never_refused(
    connect: Connect, host: str, sentence: str
) -> None:
    # The smallest context there may be, filled by passages of which some must stay out.
    least = 1024
    prompt = build_prompt(
        Asked(question="Who lights it?", salt=str(time.time())),
        passages([sentence * (1 + 40 // len(sentence))] * 40),
        context_tokens=least,
    )
    assert prompt.left_out
    client = connect(host, context_tokens=least)
    async with aclosing(await client._open(prompt.messages, written=1)) as answers:
        read = max([answer.prompt_eval_count or 0 async for answer in answers])
    # A small English model makes more tokens of other scripts than are counted; they still fit.
    assert 0 < read < least


async def test_a_server_that_is_slow_to_begin_is_spared_until_it_has_read(
    connect: Connect, host: str
) -> None:
    client = connect(host, patience=Patience(ready=20, first_token=0.3))
    await client.warm_up()
    # Seconds of reading, and new to the server: the time-out comes first.
    prompt = user(f"{time.time()} " + " ".join(FACTS))
    started = time.monotonic()
    with pytest.raises(OllamaError, match="in time"):
        await client.chat(prompt)
    assert time.monotonic() - started < 5
    assert not await client.is_ready()
    assert client._abandoned
    await client._abandoned
    assert await client.is_ready()


async def test_a_killed_runner_is_an_error_and_the_next_answer_comes(
    connect: Connect, own_server: OwnServer
) -> None:
    client = connect(own_server.host)
    with pytest.raises(OllamaError, match="failed"):
        await read_all(client.stream(STORY), at_the_first=own_server.kill_runners)
    assert (await client.chat(user("Say hello in one word."))).text


async def test_a_killed_server_is_an_error_and_nobody_is_ready(
    connect: Connect, own_server: OwnServer
) -> None:
    client = connect(own_server.host)
    assert await client.is_ready()
    with pytest.raises(OllamaError, match="failed"):
        await read_all(client.stream(STORY), at_the_first=own_server.kill)
    assert not await client.is_ready()
