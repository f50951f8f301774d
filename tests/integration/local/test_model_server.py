"""Which Ollama a machine uses, with programs that only pretend to be one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from functions.local import model_server
from functions.local.home import Home
from functions.local.model_server import ModelServer, known_server
from functions.local.model_server import model_server as serving
from tests.acceptance.laptop import free_port

PROGRAM = """\
#!{python}
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        told = {{name: os.environ[name] for name in ("OLLAMA_KEEP_ALIVE", "OLLAMA_NUM_PARALLEL")}}
        self.wfile.write(json.dumps({{"version": "0", **told}}).encode())

    def log_message(self, *_):
        pass

host, port = os.environ["OLLAMA_HOST"].split(":")
HTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home on a machine where no Ollama runs and PATH has none."""
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(model_server, "DEFAULT_ADDRESS", f"127.0.0.1:{free_port()}")
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def program(tmp_path: Path, home: Home) -> Path:
    """An `ollama` on PATH."""
    program = tmp_path / "bin" / "ollama"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return program


async def test_a_machine_without_ollama_has_none(home: Home) -> None:
    async with serving(home, lasting=True) as server:
        assert server is None


async def test_the_one_that_is_named_is_taken_without_a_question(
    home: Home, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "models.example:11434")
    async with serving(home, lasting=True) as server:
        assert server == ModelServer(host="models.example:11434", origin="OLLAMA_HOST")


async def test_none_is_taken_where_none_is_wanted(
    home: Home, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "off")
    async with serving(home, lasting=True) as server:
        assert server is None


async def test_one_from_path_is_started_found_by_others_and_stopped(
    home: Home, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LORE_MODEL_SLOTS", "3")
    async with serving(home, lasting=True) as server:
        assert server
        assert server.origin == f"started from {program}"
        async with httpx.AsyncClient() as http:
            told = (await http.get(f"{server.url}/api/version")).json()
        assert (told["OLLAMA_KEEP_ALIVE"], told["OLLAMA_NUM_PARALLEL"]) == ("-1", "3")
        assert known_server(home) == server
        async with serving(home) as found:
            assert found == server
        assert server.answers()
    assert not server.answers()
    assert known_server(home) is None


@pytest.fixture
def running(program: Path) -> Iterator[Callable[[str], ModelServer]]:
    """Runs the program at an address, as somebody else's."""
    processes: list[subprocess.Popen[bytes]] = []

    def run(host: str) -> ModelServer:
        names = ("OLLAMA_KEEP_ALIVE", "OLLAMA_NUM_PARALLEL")
        environment = {"OLLAMA_HOST": host, **dict.fromkeys(names, "")}
        processes.append(subprocess.Popen([program, "serve"], env=environment))
        server = ModelServer(host=host, origin="somebody", pid=processes[-1].pid)
        while not server.answers():
            assert processes[-1].poll() is None
        return server

    yield run
    for process in processes:
        process.terminate()
        process.wait()


async def test_one_that_runs_at_the_default_address_is_taken_and_left(
    home: Home, running: Callable[[str], ModelServer]
) -> None:
    other = running(model_server.DEFAULT_ADDRESS)
    async with serving(home, lasting=True) as server:
        assert server == ModelServer(host=other.host, origin="found running")
    assert other.answers()


async def test_one_that_a_killed_process_left_is_taken_over_and_stopped(
    home: Home, running: Callable[[str], ModelServer]
) -> None:
    left = running(f"127.0.0.1:{free_port()}")
    home.model_server.write_bytes(msgspec.json.encode(left))
    async with serving(home) as server:
        assert server == left
    assert left.answers()
    async with serving(home, lasting=True) as server:
        assert server == left
    assert not left.answers()


@pytest.fixture
def failing(program: Path) -> None:
    """The program ends before it answers."""
    program.write_text(f"#!{sys.executable}\nraise SystemExit('no memory')\n", encoding="utf-8")


async def test_one_that_does_not_start_is_none_with_a_word(home: Home, failing: None) -> None:
    async with serving(home, lasting=True) as server:
        assert server is None
    assert "no memory" in home.model_server_log.read_text(encoding="utf-8")


@pytest.fixture
def stubborn(program: Path) -> None:
    """The program does not stop when it is asked to."""
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nhost, port"
    source = program.read_text(encoding="utf-8").replace("host, port", deaf, 1)
    program.write_text(source, encoding="utf-8")


async def test_one_that_does_not_want_to_stop_is_ended(
    home: Home, stubborn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_server, "STOP_SECONDS", 0.3)
    async with serving(home, lasting=True) as server:
        assert server
    assert not server.answers()
