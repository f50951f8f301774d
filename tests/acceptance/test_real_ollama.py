"""The whole system with a real Ollama that it starts itself."""

import os
import shutil

import httpx
import pytest

from functions.local.home import Home
from functions.local.model_server import known_server
from tests.acceptance.laptop import Laptop

pytestmark = pytest.mark.ollama
MODEL = os.environ.get("LORE_CHAT_MODEL") or "llama3.2"


@pytest.fixture
def own_ollama(new_laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """A laptop whose PATH has an Ollama; none is named, and none runs."""
    if shutil.which("ollama") is None:
        pytest.skip("PATH has no ollama for `lore run` to start")
    try:
        httpx.get("http://127.0.0.1:11434/api/version", timeout=1)
    except httpx.HTTPError:
        new_laptop.environment["OLLAMA_HOST"] = ""
        monkeypatch.delenv("OLLAMA_HOST", raising=False)
        return new_laptop
    pytest.skip("an Ollama runs at the default address, so `lore run` starts none")


def test_run_starts_the_ollama_on_path_and_stops_it(own_ollama: Laptop) -> None:
    own_ollama.start()
    own_ollama.wait_for("Lorekeeper is up.")
    server = known_server(Home(own_ollama.home))
    assert server
    greeting = " ".join(own_ollama.terminal().split())
    assert f"Ollama at {server.url}, started from" in greeting
    assert MODEL in own_ollama.lore("models").stdout
    if f"has no {MODEL}" in greeting:
        pytest.skip(f"the Ollama on PATH has no model {MODEL} (OLLAMA_MODELS, LORE_CHAT_MODEL)")
    assert f"written by {MODEL} on the Ollama at {server.url}" in greeting
    answered = own_ollama.lore_json("simulate", "ask", "How do I add a document?")
    assert answered["status"] == "answered"
    assert "[1]" in answered["answer"]
    assert answered["citations"]
    assert own_ollama.stop() == 0
    assert not server.answers()
