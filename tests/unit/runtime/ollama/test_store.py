"""What a server has, and what it says when it cannot have more."""

import httpx
import pytest

from functions.runtime.embedder.protocol import ModelUnusableError
from functions.runtime.ollama.client import Message, OllamaClient, OllamaError, plain_name
from functions.runtime.ollama.store import ModelStore, StoredModel
from functions.runtime.ollama.twin import Fault, OllamaTwin


def store_of(twin: OllamaTwin) -> ModelStore:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    return ModelStore(http, host="ollama.test")


def quiet(what: str, done: int, total: int) -> None:
    del what, done, total


def test_a_tag_that_means_none_is_dropped() -> None:
    assert plain_name(" all-minilm:latest ") == "all-minilm"
    assert plain_name("bge-m3:567m") == "bge-m3:567m"


async def test_models_are_listed_and_whether_they_are_loaded() -> None:
    twin = OllamaTwin("Yes.")
    store = store_of(twin)
    assert await store.models() == {"llama3.2": StoredModel(name="llama3.2", size=2_000_000)}
    client = OllamaClient(store._http, host="ollama.test", model="llama3.2")
    await client.chat([Message(role="user", content="Is it there?")])
    assert (await store.models())["llama3.2"].context_tokens == 4096


async def test_fetching_reports_its_progress() -> None:
    twin = OllamaTwin(fault="missing")
    heard: list[tuple[str, int, int]] = []
    await store_of(twin).pull("qwen3", report=lambda *step: heard.append(step))
    assert heard == [("pulling 1a2b", 5, 10), ("pulling 1a2b", 10, 10)]
    assert "qwen3" in await store_of(twin).models()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("refuse", "Ollama's library has no model of that name"),
        ("error", "cannot reach its library"),
    ],
)
async def test_an_error_after_the_200_is_a_sentence(fault: Fault, sentence: str) -> None:
    with pytest.raises(ModelUnusableError, match=sentence):
        await store_of(OllamaTwin(fault=fault)).pull("qwen3", report=quiet)


async def test_what_a_models_file_says_is_none_where_there_is_none() -> None:
    assert await store_of(OllamaTwin()).fact("llama3.2", "lorekeeper.source_sha256") is None
    assert await store_of(OllamaTwin()).fact("other", "lorekeeper.source_sha256") is None


async def test_nobody_there_is_a_sentence() -> None:
    async with httpx.AsyncClient() as http:
        store = ModelStore(http, host="127.0.0.1:9")
        with pytest.raises(OllamaError, match="set OLLAMA_HOST"):
            await store.models()
        with pytest.raises(OllamaError, match="set OLLAMA_HOST"):
            await store.fact("llama3.2", "general.name")
