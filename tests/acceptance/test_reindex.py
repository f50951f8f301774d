"""The embedding model is changed beside a running system, and back while it is stopped."""

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.ollama.twin import OllamaTwin
from tests.acceptance.laptop import Laptop, free_port

QUESTION = "How do I add a document?"
MODEL = "twin-embed"


@pytest.fixture
def ollama() -> Iterator[str]:
    """The address of a server with one embedding model."""
    twin = OllamaTwin(model=MODEL, embedder=HashEmbedder(dimensions=256))
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(twin.app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_model_is_changed_while_people_ask_and_changed_back(
    new_laptop: Laptop, ollama: str
) -> None:
    new_laptop.environment |= {"OLLAMA_HOST": ollama, "LORE_CHAT_MODEL": "llama3.2"}
    new_laptop.start()
    new_laptop.wait_for("Lorekeeper is up.")
    greeting = " ".join(new_laptop.terminal().split())
    assert f"the Ollama at http://{ollama} (OLLAMA_HOST) has no llama3.2" in greeting
    assert "Get it with .venv/bin/lore models pull" in greeting
    assert new_laptop.lore_json("ask", QUESTION)["status"] == "answered"
    changed = new_laptop.lore("reindex", "--model", MODEL)
    assert f"{MODEL} answers in 1 server(s)" in changed.stderr
    listed = new_laptop.lore("reindex", "--list").stdout
    assert MODEL in listed
    assert "256" in listed
    assert new_laptop.lore_json("ask", QUESTION)["status"] in {"answered", "refused"}
    assert new_laptop.stop() == 0
    # Nobody runs: the command starts the database for itself, and stops it again.
    new_laptop.lore("reindex", "--model", "multilingual-e5-small")
    new_laptop.start()
    new_laptop.wait_for("Lorekeeper is up.")
    assert new_laptop.lore_json("ask", QUESTION)["status"] == "answered"


def test_a_model_that_is_not_there_changes_nothing(new_laptop: Laptop, ollama: str) -> None:
    new_laptop.environment["OLLAMA_HOST"] = ollama
    refused = new_laptop.lore("reindex", "--model", "missing", check=False)
    assert refused.returncode == 1
    assert "lore models pull missing" in " ".join(refused.stderr.split())
    unnamed = new_laptop.lore("reindex", check=False)
    assert unnamed.returncode == 2


def test_models_are_seen_and_fetched(new_laptop: Laptop, ollama: str) -> None:
    new_laptop.environment |= {"OLLAMA_HOST": ollama, "LORE_CHAT_MODEL": "qwen3"}
    seen = new_laptop.lore("models").stdout
    assert MODEL in seen
    assert "missing" in seen
    assert "qwen3 was fetched" in new_laptop.lore("models", "pull", "qwen3").stderr
    (row,) = [
        line for line in new_laptop.lore("models", "list").stdout.splitlines() if "qwen3" in line
    ]
    assert "writes answers" in row
    assert "missing" not in row
    new_laptop.environment["LORE_EMBEDDER"] = "ollama"
    refused = new_laptop.lore("run", check=False)
    assert refused.returncode == 2
    assert "Give it that with: lore models pull" in " ".join(refused.stderr.split())
    new_laptop.environment["OLLAMA_HOST"] = "off"
    without = new_laptop.lore("models", check=False)
    assert without.returncode == 2
    assert "set OLLAMA_HOST" in " ".join(without.stderr.split())
