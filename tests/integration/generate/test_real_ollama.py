"""A question and a real Ollama; what that itself is held to stands in tests/integration/ollama."""

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from functions.runtime.ollama.client import OllamaClient, Patience
from functions.runtime.ollama_address import base_url

pytestmark = pytest.mark.ollama
MODEL = os.environ.get("LORE_CHAT_MODEL") or "llama3.2"
# A real model is loaded at the first question; that may take a while.
PATIENT = Patience(ready=20, first_token=120, silence=60)


@pytest.fixture(scope="module")
def host() -> str:
    """Where a real Ollama answers."""
    host = os.environ.get("OLLAMA_HOST", "")
    if not host:
        pytest.skip("OLLAMA_HOST is not set: there is no real Ollama")
    try:
        tags = httpx.get(f"{base_url(host)}/api/tags", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        pytest.skip("no Ollama answers at OLLAMA_HOST")
    names = {model["name"] for model in tags["models"]}
    if not names & {MODEL, f"{MODEL}:latest"}:
        pytest.skip(f"the Ollama at OLLAMA_HOST has no model {MODEL} (LORE_CHAT_MODEL)")
    return host


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as http:
        yield http


async def test_a_question_is_answered_whatever_the_model_writes(
    host: str, http: httpx.AsyncClient, museum: Any
) -> None:
    museum.clients.settings = msgspec.structs.replace(museum.clients.settings, chat_model=MODEL)
    museum.clients.ollama = OllamaClient(http, host=host, model=MODEL, patience=PATIENT)
    question = await museum.ask("When does the museum open on weekdays?")
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert row.status == "answered"
    assert (row.answer_kind, row.model) in {("model", MODEL), ("extractive", None)}
    assert "[1]" in row.answer
    (first, *_) = await museum.citations(question)
    assert first.title == "Visiting the museum"
    assert museum.model.chats == []
