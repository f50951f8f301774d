"""Hybrid search over HTTP, beside nothing but the embedder and one query of the index."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import asyncpg
import msgspec
import numpy as np

from functions.local.benchmarks.bulk import build_index, drop_index, load
from functions.local.benchmarks.search import QUESTIONS, WARMING, Bench, K, percentiles, questions
from functions.local.home import models_path
from functions.runtime.embedder.checking import vector_text
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.embedder.protocol import MODEL_NAME
from functions.runtime.embedder.registry import EMBEDDED
from functions.runtime.errors import LorekeeperError
from functions.runtime.passages import SearchRequest

HEAD: Final = b"POST /search HTTP/1.1\r\nHost: search\r\nContent-Length: %d\r\n\r\n"
HEADERS: Final = re.compile(
    rb"HTTP/1.1 (\d+) (?:[^\r\n]*\r\n)+?content-length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n",
    re.IGNORECASE,
)
MOST_BYTES: Final = 65_536
START_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.2
BARE: Final = (
    "SELECT chunk_id FROM embeddings WHERE model_id = 1"  # noqa: S608 - ours
    f" ORDER BY {EMBEDDED.indexed} <=> $1::text::halfvec({EMBEDDED.dimensions}) LIMIT $2"
)


async def over_http(bench: Bench, passages: int) -> dict[str, Any]:
    """Return both sides' latency and their ratio; they take turns, question by question."""
    guild_id = passages
    statement = await drop_index(bench.owner)
    step = bench.counting(f"Loading {passages:,} passages", passages)
    await load(bench.owner, guild_id, passages, seed=guild_id, step=step)
    await build_index(bench.owner, statement)
    asked = questions(np.random.default_rng(3), QUESTIONS)
    async with AsyncExitStack() as stack:
        caller = await stack.enter_async_context(_serving(bench.postgres.app_url))
        bare = await stack.enter_async_context(_bare(bench.postgres.owner_url))
        step = bench.counting("Asking over HTTP", len(asked))
        product, alone = await _race(caller, bare, asked, guild_id=guild_id, step=step)
    return {
        "passages": passages,
        "search": percentiles(product),
        "bare": percentiles(alone),
        "ratio_p50": round(float(np.median(product) / np.median(alone)), 2),
    }


async def _race(
    caller: "Caller", bare: "Bare", asked: Sequence[str], *, guild_id: int, step: Any
) -> tuple[list[float], list[float]]:
    product, alone = [], []
    for done, query in enumerate([*asked[:WARMING], *asked], 1 - WARMING):
        started = time.perf_counter()
        caller.ask(SearchRequest(guild_id=guild_id, query=query, k=K))
        middle = time.perf_counter()
        await bare.ask(query)
        if done > 0:
            product.append((middle - started) * 1000)
            alone.append((time.perf_counter() - middle) * 1000)
            step(done)
    return product, alone


class Caller:
    """One connection to search, spoken to in bytes.

    What a client's library takes is not search's: httpx 0.7 ms a question, http.client 0.3.
    """

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._socket: socket.socket | None = None

    def ask(self, request: SearchRequest) -> None:
        """Ask and wait; nothing else of this process runs meanwhile."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=60)
        body = msgspec.json.encode(request)
        self._socket.sendall(HEAD % len(body) + body)
        answer = b""
        while not (head := HEADERS.match(answer)) or len(answer) < head.end() + int(head[2]):
            answer += self._received(self._socket)
        if head[1] != b"200":
            raise LorekeeperError(f"Search refused a question: {answer.decode()}")

    def _received(self, connection: socket.socket) -> bytes:
        if not (some := connection.recv(MOST_BYTES)):
            raise ConnectionResetError
        return some

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Bare:
    """The embedder and one query of the index, and nothing else."""

    def __init__(self, embedder: Embedder, connection: asyncpg.Connection) -> None:
        self._embedder = embedder
        self._connection = connection

    async def ask(self, query: str) -> None:
        """Find the nearest passages of all guilds."""
        vector = await self._embedder.embed_query(query)
        await self._connection.fetch(BARE, vector_text(vector), K)


@asynccontextmanager
async def _bare(owner_url: str) -> AsyncIterator[Bare]:
    embedder = await asyncio.to_thread(Embedder.open, models_path() / MODEL_NAME)
    connection = await asyncpg.connect(owner_url)
    try:
        yield Bare(embedder, connection)
    finally:
        await connection.close()
        embedder.close()


@asynccontextmanager
async def _serving(app_url: str) -> AsyncIterator[Caller]:
    """Run search as its container does, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PORT": str(port),
        "LORE_DATABASE_URL": app_url,
        "LORE_MODELS": str(models_path()),
        "LORE_LOG_LEVEL": "WARNING",
    }
    program = [sys.executable, "-m", "functions.search"]
    process = subprocess.Popen(program, env=environment)  # noqa: ASYNC220, S603 - our own program
    caller = Caller(port)
    try:
        await _answering(caller)
        yield caller
    finally:
        caller.close()
        process.terminate()
        await asyncio.to_thread(process.wait)


async def _answering(caller: Caller) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            caller.ask(SearchRequest(guild_id=1, query="ready"))
        except OSError:
            if time.monotonic() > deadline:
                raise
            # Whatever was half done on the connection is forgotten.
            caller.close()
            await asyncio.sleep(POLL_SECONDS)
        else:
            return
