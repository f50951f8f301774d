"""A real Ollama: the one that is there, and ones of a test's own that it may break."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from functions.runtime.ollama.client import (
    CONTEXT_TOKENS,
    Message,
    OllamaClient,
    Patience,
    Piece,
    plain_name,
)
from functions.runtime.ollama_address import base_url

MODEL = plain_name(os.environ.get("LORE_CHAT_MODEL") or "llama3.2")
# The size everybody has: another makes the server load the model again.
CONTEXT = CONTEXT_TOKENS
# Two busy cores read and write slowly.
PATIENT = Patience(ready=20, first_token=120, silence=60)
Connect = Callable[..., OllamaClient]


def models_at(host: str) -> set[str]:
    """Return the names of a server's models; a test is skipped where none answers."""
    try:
        tags = httpx.get(f"{base_url(host)}/api/tags", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        pytest.skip(f"no Ollama answers at {host} (OLLAMA_HOST)")
    return {plain_name(model["name"]) for model in tags["models"]}


@pytest.fixture(scope="session")
def host() -> str:
    """Where a real Ollama with the chat model answers."""
    host = os.environ.get("OLLAMA_HOST", "").strip()
    if not host:
        pytest.skip("OLLAMA_HOST is not set: there is no real Ollama")
    if MODEL not in models_at(host):
        pytest.skip(f"the Ollama at OLLAMA_HOST has no model {MODEL} (LORE_CHAT_MODEL)")
    return host


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as http:
        yield http


@pytest.fixture
async def connect(http: httpx.AsyncClient) -> AsyncIterator[Connect]:
    """Connect to the chat model of a server; closed at the end."""
    clients: list[OllamaClient] = []

    def connect(
        host: str,
        *,
        model: str = MODEL,
        context_tokens: int = CONTEXT,
        patience: Patience = PATIENT,
    ) -> OllamaClient:
        client = OllamaClient(
            http, host=host, model=model, context_tokens=context_tokens, patience=patience
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        await client.close()


@pytest.fixture
def client(connect: Connect, host: str) -> OllamaClient:
    """The chat model of the server that is there."""
    return connect(host)


class OwnServer:
    """A server that a test may kill, with the models that everybody has."""

    def __init__(self, process: subprocess.Popen[bytes], host: str) -> None:
        self.process = process
        self.host = host

    def runners(self) -> list[int]:
        """Return the processes that run its models."""
        program = shutil.which("pgrep") or pytest.skip("there is no pgrep to find its models with")
        command = [program, "-P", str(self.process.pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def kill_runners(self) -> None:
        """End what runs its models, and leave the server."""
        for runner in self.runners():
            os.kill(runner, signal.SIGKILL)

    def kill(self) -> None:
        """End it as a power cut would, and what runs its models too."""
        runners = self.runners()
        self.process.kill()
        self.process.wait()
        for runner in runners:
            os.kill(runner, signal.SIGKILL)


@contextmanager
def _served(program: str) -> Iterator[OwnServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {**os.environ, "OLLAMA_HOST": host, "OLLAMA_NUM_PARALLEL": "1"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while not _answers(host):
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.05)
            yield OwnServer(process, host)
        finally:
            process.terminate()
            process.wait(15)


def _answers(host: str) -> bool:
    try:
        return httpx.get(f"http://{host}/api/version", timeout=1).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A server of this test's own, without a model loaded."""
    program = shutil.which("ollama")
    if program is None:
        pytest.skip("PATH has no ollama: there is no server to start and kill")
    with _served(program) as server:
        if MODEL not in models_at(server.host):
            pytest.skip(f"a new Ollama has no model {MODEL} (OLLAMA_MODELS, LORE_CHAT_MODEL)")
        yield server


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder of the embedding model that we carry."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("LORE_MODELS") or root / ".lore" / "models")
    if not (folder / "multilingual-e5-small").is_dir():
        pytest.skip("the embedding model is not installed: run make setup")
    return folder


async def read_all(pieces: AsyncIterator[Piece], *, at_the_first: Callable[[], None]) -> None:
    """Read a stream to its end; do something once the model has begun to write."""
    begun = False
    async for piece in pieces:
        if piece.text and not begun:
            begun = True
            at_the_first()


def user(text: str) -> list[Message]:
    """Return a prompt of one message."""
    return [Message(role="user", content=text)]
