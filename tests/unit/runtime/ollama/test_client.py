import asyncio
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from ollama import AsyncClient
from ollama._types import ChatRequest

from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.ollama.client import (
    CONTEXT_TOKENS,
    Message,
    OllamaClient,
    OllamaError,
    Patience,
    PromptTooLongError,
)
from functions.runtime.ollama.twin import Fault, OllamaTwin
from functions.runtime.ollama_address import base_url

QUESTION = [Message(role="user", content="Why is the sky blue?")]
HURRIED = Patience(ready=0.5, first_token=0.05, silence=0.05)


def client_of(twin: OllamaTwin, *, patience: Patience | None = None) -> OllamaClient:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    return OllamaClient(http, host="ollama.test", model="llama3.2", patience=patience)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the twin does not tell
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:11435", "http://127.0.0.1:11435"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("http://0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("[::]:1234", "http://127.0.0.1:1234"),
        ("https://example.com/ollama/", "https://example.com:443/ollama"),
        ("http://ollama:11434/", "http://ollama:11434"),
        ("http://ollama", "http://ollama:80"),
        ("https://ollama.example", "https://ollama.example:443"),
        ("[::1]:9000", "http://[::1]:9000"),
        (":9000", "http://127.0.0.1:9000"),
    ],
)
def test_a_host_becomes_a_url(host: str, url: str) -> None:
    assert base_url(host) == url


async def test_a_chat_comes_back_whole_and_never_lets_the_prompt_be_cut() -> None:
    twin = OllamaTwin("Because of Rayleigh scattering.")
    completion = await client_of(twin).chat(QUESTION)
    assert completion.text.strip() == "Because of Rayleigh scattering."
    assert (completion.done_reason, completion.written_tokens) == ("stop", 4)
    (body,) = twin.chats
    assert body["truncate"] is False
    assert body["shift"] is False
    assert body["stream"] is True
    assert body["keep_alive"] == -1
    assert body["options"]["num_ctx"] == CONTEXT_TOKENS
    assert body["messages"] == [{"role": "user", "content": "Why is the sky blue?"}]


async def test_every_call_has_the_deployments_one_context() -> None:
    twin = OllamaTwin("Yes.")
    http = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    client = OllamaClient(http, host="ollama.test", model="llama3.2", context_tokens=8192)
    await client.warm_up()
    await client.chat(QUESTION)
    assert [body["options"]["num_ctx"] for body in twin.chats] == [8192, 8192]
    assert twin.chats[0]["messages"] == []
    assert twin.chats[0]["keep_alive"] == -1


async def test_the_model_is_warmed_up_as_soon_as_it_is_there() -> None:
    twin = OllamaTwin(fault="missing")
    client = client_of(twin, patience=Patience(warm_up=0.01))
    client.start_warming_up()
    warming = client._warming
    assert warming
    await until(lambda: len(twin.chats) >= 2)
    assert not warming.done()
    twin.fault = "none"
    async with asyncio.timeout(5):
        await warming


@pytest.mark.parametrize(("limit", "known"), [(2048, 2048), (100_000, CONTEXT_TOKENS)])
async def test_a_models_own_limit_is_heeded_where_it_is_lower(limit: int, known: int) -> None:
    twin = OllamaTwin(embedder=HashEmbedder())
    twin.context_length = limit
    client = client_of(twin)
    assert client.context_tokens == CONTEXT_TOKENS
    assert await client.is_ready()
    assert client.context_tokens == known


@pytest.mark.parametrize(("on_gpu", "on_processor"), [(0, True), (1, False)])
async def test_where_a_model_runs_is_learned_once_it_is_loaded(
    on_gpu: int, *, on_processor: bool
) -> None:
    twin = OllamaTwin("Yes.")
    twin.on_gpu = on_gpu
    client = client_of(twin, patience=Patience(remember=-1))
    assert await client.is_ready()
    assert not client.on_processor
    await client.warm_up()
    assert await client.is_ready()
    assert client.on_processor is on_processor


async def test_a_prompt_that_is_too_long_is_an_error_of_its_own() -> None:
    with pytest.raises(PromptTooLongError):
        await client_of(OllamaTwin(fault="refuse")).chat(QUESTION)


async def test_nobody_is_sent_after_a_prompt_that_is_still_being_read() -> None:
    twin = OllamaTwin("A word", fault="hang")
    client = client_of(twin, patience=HURRIED)
    assert await client.is_ready()
    with pytest.raises(OllamaError, match="in time"):
        await client.chat(QUESTION)
    await until(lambda: len(twin.chats) >= 2)
    assert not await client.is_ready()
    assert twin.chats[1]["options"]["num_predict"] == 1
    await client.close()
    assert await client.is_ready()


async def test_a_server_that_has_read_on_is_ready_again() -> None:
    twin = OllamaTwin("A word", fault="hang")
    client = client_of(twin, patience=HURRIED)
    with pytest.raises(OllamaError, match="in time"):
        await client.chat(QUESTION)
    twin.fault = "none"
    assert client._abandoned
    await client._abandoned
    assert await client.is_ready()
    assert len(twin.chats) == 2


@pytest.mark.parametrize("fault", ["missing", "refuse", "error", "break", "garbage", "hang"])
async def test_whatever_goes_wrong_is_one_error(fault: Fault) -> None:
    with pytest.raises(OllamaError):
        await client_of(OllamaTwin("A word", fault=fault), patience=HURRIED).chat(QUESTION)


async def test_a_server_that_falls_silent_is_given_up() -> None:
    class Stalling(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b'{"message": {"role": "assistant", "content": "A"}, "done": false}\n'
            await asyncio.sleep(30)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Stalling())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    with pytest.raises(OllamaError, match="in time"):
        await OllamaClient(http, host="x", model="m", patience=HURRIED).chat(QUESTION)


async def test_nobody_there_is_one_error_too() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(refuse))
    client = OllamaClient(http, host="x", model="m")
    assert not await client.is_ready()
    with pytest.raises(OllamaError):
        await client.chat(QUESTION)


@pytest.mark.parametrize(("fault", "ready"), [("none", True), ("down", False), ("missing", False)])
async def test_readiness_needs_server_and_model(fault: Fault, *, ready: bool) -> None:
    assert await client_of(OllamaTwin(fault=fault)).is_ready() is ready


async def test_readiness_is_remembered_for_a_while() -> None:
    twin = OllamaTwin()
    client = client_of(twin)
    assert [await client.is_ready() for _ in range(3)] == [True] * 3
    assert twin.looks == 1
    forgetful = client_of(twin, patience=Patience(remember=-1))
    assert [await forgetful.is_ready() for _ in range(2)] == [True] * 2
    assert twin.looks == 3


def test_the_package_still_writes_and_sends_requests_as_we_do() -> None:
    """Fails with a version of the package that our subclass was not written for."""
    source = inspect.getsource(AsyncClient.chat)
    assert "self._request(" in source
    assert "ChatRequest(" in source
    assert list(inspect.signature(AsyncClient._request).parameters) == [
        "self", "cls", "args", "stream", "kwargs"
    ]  # fmt: skip


def test_the_package_has_no_word_of_its_own_against_cutting_yet() -> None:
    """Once it has, our subclass can go."""
    assert "truncate" not in inspect.signature(AsyncClient.chat).parameters
    assert "truncate" not in ChatRequest.model_fields


async def test_the_shared_client_stays_open_and_follows_nobody_elsewhere() -> None:
    asked: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": "http://elsewhere.test/"})

    http = httpx.AsyncClient(transport=httpx.MockTransport(redirect), follow_redirects=True)
    with pytest.raises(OllamaError):
        await OllamaClient(http, host="ollama.test", model="m").chat(QUESTION)
    assert asked == ["ollama.test"]
    assert not http.is_closed


def test_importing_the_client_imports_no_package() -> None:
    code = "import sys, functions.runtime.ollama.client; sys.exit('ollama' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
