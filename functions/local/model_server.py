"""The Ollama of this machine: the one that is named, one that runs, or one started from PATH."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx
import msgspec

from functions.local.console import err
from functions.local.home import Home, UsageError
from functions.runtime.ollama_address import DEFAULT_PORT, base_url

# The value of OLLAMA_HOST that says: none, even if one runs.
NONE_WANTED: Final = "off"
DEFAULT_ADDRESS: Final = f"127.0.0.1:{DEFAULT_PORT}"
PROBE_SECONDS: Final = 1.0
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.05


class ModelServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where an Ollama is, and how it was come by."""

    host: str
    origin: str
    # The process that is stopped at the end; None where it is somebody else's.
    pid: int | None = None

    @property
    def url(self) -> str:
        """Return where it answers."""
        return base_url(self.host)

    def answers(self) -> bool:
        """Tell whether it is there; asks for a second at most."""
        try:
            answer = httpx.get(f"{self.url}/api/version", timeout=PROBE_SECONDS).json()
        except (httpx.HTTPError, ValueError):
            return False
        return isinstance(answer, dict) and "version" in answer


def known_server(home: Home) -> ModelServer | None:
    """Return the server that ``OLLAMA_HOST`` names, else one that answers here, else None."""
    if named := _named():
        return None if named == NONE_WANTED else _at(named)
    here = [ModelServer(host=DEFAULT_ADDRESS, origin="found running"), _recorded(home)]
    return next((server for server in here if server and server.answers()), None)


@asynccontextmanager
async def model_server(home: Home, *, lasting: bool = False) -> AsyncIterator[ModelServer | None]:
    """Find a server, else start one from PATH for as long as the body runs.

    A ``lasting`` one is written down for other commands to find. Whoever asks for it has this home
    alone, so one that was written down before belonged to a process that was killed.
    """
    server = await asyncio.to_thread(known_server, home)
    left = server if lasting and server and server.pid else None
    process = None
    if server is None and _named() != NONE_WANTED and (program := shutil.which("ollama")):
        server, process = await asyncio.to_thread(_start, program, home)
        if server and lasting:
            home.model_server.write_bytes(msgspec.json.encode(server))
    try:
        yield server
    finally:
        if process:
            await asyncio.to_thread(_stop, process)
        elif left:
            await asyncio.to_thread(_stop_left, left)
        if lasting:
            home.model_server.unlink(missing_ok=True)


def _at(named: str) -> ModelServer:
    server = ModelServer(host=named, origin="OLLAMA_HOST")
    try:
        _ = server.url
    except ValueError:
        raise UsageError(
            "OLLAMA_HOST is no address: write HOST, HOST:PORT or a URL, such as localhost:11434."
        ) from None
    return server


def _named() -> str:
    return os.environ.get("OLLAMA_HOST", "").strip()


def _recorded(home: Home) -> ModelServer | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(home.model_server.read_bytes(), type=ModelServer)
    return None


def _start(program: str, home: Home) -> tuple[ModelServer | None, subprocess.Popen[bytes]]:
    """Start a server and wait until it answers; there is none where it does not come up."""
    host = f"127.0.0.1:{_free_port()}"
    ours = {
        "OLLAMA_KEEP_ALIVE": "-1",
        "OLLAMA_NUM_PARALLEL": os.environ.get("LORE_MODEL_SLOTS", "").strip() or "1",
    }
    with home.model_server_log.open("ab") as log:
        # In a session of its own: Ctrl-C is for us, who stop it when nobody writes any more.
        process = subprocess.Popen(  # noqa: S603 - found on PATH, no argument from outside
            [program, "serve"],
            env={**ours, **os.environ, "OLLAMA_HOST": host},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = ModelServer(host=host, origin=f"started from {program}", pid=process.pid)
    deadline = time.monotonic() + START_SECONDS
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            err.print(f"[yellow]![/yellow] {program} did not start; see {home.model_server_log}")
            return None, process
        time.sleep(POLL_SECONDS)
    return server, process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, which ends its models too; insist after a while."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stop_left(server: ModelServer) -> None:
    """Stop one that is nobody's child any more."""
    with suppress(ProcessLookupError):
        os.kill(server.pid or 0, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while server.answers() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
