"""The whole system, started as a person starts it, in a process of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
LORE = Path(sys.executable).parent / "lore"
START_SECONDS = 120
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Laptop:
    """One installation with a home of its own: start it, use its command line, kill it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DISCORD_")}
        self.environment = {
            **kept,
            # Whoever tests answers without a model gets none that happens to run here.
            "OLLAMA_HOST": "off",
            "LORE_HOME": str(home),
            "LORE_PORT": str(self.port),
            "LORE_MODELS": os.environ.get("LORE_MODELS") or str(ROOT / ".lore" / "models"),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._token = ""

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "terminal.log").open("ab") as terminal:
            self.process = subprocess.Popen(
                [LORE, "run"],
                env=self.environment,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"did not start:\n{self.terminal()}")
            time.sleep(0.1)

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def wait_for(self, words: str) -> None:
        """Wait until the terminal shows these words."""
        deadline = time.monotonic() + START_SECONDS
        while words not in self.terminal():
            if time.monotonic() > deadline:
                pytest.fail(f"never said {words!r}:\n{self.terminal()}")
            time.sleep(0.1)

    def terminal(self) -> str:
        return (self.home / "terminal.log").read_text(encoding="utf-8")

    def kill(self) -> None:
        """End the process as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Press Ctrl-C, or send another signal, and return the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def lore(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LORE, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=280,
        )

    def lore_json(self, *arguments: str, check: bool = True) -> dict[str, Any]:
        """Run a command with ``--json`` and return the one object it prints."""
        printed = self.lore(*arguments, "--json", check=check).stdout
        answer: dict[str, Any] = json.loads(printed)
        return answer

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request as the developer."""
        address = f"http://127.0.0.1:{self.port}"
        if not self._token:
            answer = httpx.post(f"{address}/auth/development", json={})
            self._token = answer.json()["token"]
        headers = {"Authorization": f"Bearer {self._token}", "X-Lorekeeper": "1"}
        return httpx.request(method, address + path, headers=headers, timeout=60, **options)

    def query(self, document: str, **variables: Any) -> Any:
        """Ask the gateway as the developer."""
        body = {"query": document, "variables": variables}
        answer = self.send("POST", "/graphql", json=body).json()
        assert not answer.get("errors"), answer
        return answer["data"]

    def statistics(self) -> dict[str, int]:
        """Return the guild's counts."""
        counts: dict[str, int] = self.query(
            'query { guild(id: "1") { statistics {'
            " documents readyDocuments failedDocuments passages questions } } }"
        )["guild"]["statistics"]
        return counts


@contextmanager
def borrowed() -> Iterator[Laptop]:
    """Lend a laptop that nobody has started yet; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lore-"))
    laptop = Laptop(folder / "home")
    yield laptop
    if laptop.process and laptop.process.poll() is None:
        laptop.stop()
    shutil.rmtree(folder, ignore_errors=True)
