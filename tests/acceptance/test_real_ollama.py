"""The whole system with a real Ollama that it starts itself."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from functions.local.home import Home
from functions.local.model_server import known_server
from tests.acceptance.laptop import Laptop

pytestmark = pytest.mark.ollama
QUESTIONS = [
    "How do I add a document?",
    "What does a citation show?",
    "Which settings does an operator need?",
]
MODEL = os.environ.get("LORE_CHAT_MODEL") or "llama3.2"


@pytest.fixture
def own_ollama(new_laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """A laptop whose PATH has an Ollama; none is named, and none runs."""
    if shutil.which("ollama") is None:
        pytest.skip("PATH has no ollama for `lore run` to start")
    try:
        httpx.get("http://127.0.0.1:11434/api/version", timeout=1)
    except httpx.HTTPError:
        # A short context is read in seconds by a processor.
        new_laptop.environment |= {"OLLAMA_HOST": "", "LORE_CONTEXT_TOKENS": "2048"}
        monkeypatch.delenv("OLLAMA_HOST", raising=False)
        return new_laptop
    pytest.skip("an Ollama runs at the default address, so `lore run` starts none")


# Three answers by a model on a processor; half a minute where nothing else runs.
@pytest.mark.timeout(600)
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
    _ask_one(own_ollama)
    _ask_two_at_once(own_ollama)
    assert own_ollama.stop() == 0
    assert not server.answers()


def _ask_one(laptop: Laptop) -> None:
    """A member's command is answered with citations, whoever wrote the words."""
    answered = laptop.lore_json("simulate", "ask", QUESTIONS[0])
    assert answered["status"] == "answered"
    assert answered["kind"] in {"model", "extractive"}
    assert "[1]" in answered["answer"]
    assert answered["citations"][0]["title"]
    # The model was asked.
    assert answered["timings_ms"]["writing"] > 0
    assert "[1]" in answered["messages"][-1]["content"]


def _ask_two_at_once(laptop: Laptop) -> None:
    """The model writes one answer after another, and nobody goes without."""
    with ThreadPoolExecutor(2) as members:
        asking = members.map(lambda question: laptop.lore_json("ask", question), QUESTIONS[1:])
        first, second = sorted(asking, key=lambda answer: answer["timings_ms"]["queue"])
    assert (first["status"], second["status"]) == ("answered", "answered")
    # Whoever comes second waits for most of what the first has written.
    assert first["timings_ms"]["queue"] < second["timings_ms"]["queue"]
    assert second["timings_ms"]["queue"] > first["timings_ms"]["writing"] / 2
