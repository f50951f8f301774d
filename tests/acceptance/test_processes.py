"""The same functions as separate processes over HTTP, as containers run them."""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.runtime.discord.signing import Caller, Signer, slash_command
from tests.acceptance.laptop import ROOT, free_port

APPLICATION = 841_230_833_421_790_061
GUILD = 1
MODULES = {
    "discord": ["functions.discord"],
    "ingest": ["functions.ingest"],
    "search": ["functions.search"],
    "generate": ["functions.generate"],
    "sweep": ["functions.sweep"],
    "gateway": ["gateway"],
}
TWIN = (
    "import sys, uvicorn; from functions.runtime.discord.twin import Twin;"
    "port = int(sys.argv[1]);"
    "uvicorn.run(Twin(api_url=f'http://127.0.0.1:{port}/api/v10').app, port=port, log_config=None)"
)
PATIENCE_SECONDS = 60
GUIDE = b"# Lantern\n\nTurn the brass key twice to light the lantern.\n"


class Cluster:
    """Every room in a process of its own, wired by the cluster's manifests."""

    def __init__(self, folder: Path, *, database_url: str) -> None:
        self.folder = folder
        self.signer = Signer()
        self.ports = {name: free_port() for name in (*MODULES, "broker", "twin")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            "PATH": os.environ["PATH"],
            "LORE_ENV": "development",
            "LORE_DATABASE_URL": database_url,
            "LORE_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "LORE_MODELS": os.environ.get("LORE_MODELS") or str(ROOT / ".lore" / "models"),
            "LORE_PUBLIC_URL": self.url("gateway"),
            "LORE_SEARCH_URL": self.url("search"),
            "K_SINK": f"{self.url('broker')}/lorekeeper/default",
            "DISCORD_APPLICATION_ID": str(APPLICATION),
            "DISCORD_PUBLIC_KEY": self.signer.public_key,
            "DISCORD_API_URL": f"{self.url('twin')}/api/v10",
        }

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self) -> None:
        for name, module in MODULES.items():
            self._start(name, ["-m", *module])
        self._start("twin", ["-c", TWIN, str(self.ports["twin"])])
        listen = f"127.0.0.1:{self.ports['broker']}"
        manifests = str(self._manifests())
        self._start(
            "broker",
            ["-m", "functions.local", "broker", "--manifests", manifests, "--listen", listen],
        )
        for name in (*MODULES, "twin"):
            self._wait(name)

    def _start(self, name: str, arguments: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self.environment, "PORT": str(self.ports[name])},
                stdout=log,
                stderr=log,
            )

    def _manifests(self) -> Path:
        """Copy the manifests the broker reads, with each Service's address on this machine."""
        folder = self.folder / "manifests"
        folder.mkdir()
        for file in ("broker.yaml", "triggers.yaml", "pingsource.yaml"):
            written = (ROOT / "knative" / "base" / file).read_text(encoding="utf-8")
            for name in MODULES:
                reference = (
                    rf"ref: \{{[^}}]*kind: Service, name: {name},[^}}]*\}}\n(\s+uri: (\S+))?"
                )
                written = re.sub(
                    reference,
                    lambda found, name=name: f"uri: {self.url(name)}{found[2] or ''}\n",
                    written,
                )
            (folder / file).write_text(written, encoding="utf-8")
        return folder

    def _wait(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url(name)}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        pytest.fail(f"{name} did not start:\n{(self.folder / f'{name}.log').read_text('utf-8')}")

    def stop(self) -> dict[str, int]:
        for process in self.processes.values():
            process.terminate()
        return {name: process.wait(30) for name, process in self.processes.items()}


@pytest.fixture
def cluster(model: None, app_url: str, tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, database_url=app_url)
    cluster.start()
    yield cluster
    cluster.stop()


def _until(what: str, found: Any) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.1)
    pytest.fail(f"never saw {what}")


def _upload(cluster: Cluster) -> None:
    with httpx.Client(base_url=cluster.url("gateway"), headers={"X-Lorekeeper": "1"}) as http:
        token = http.post("/auth/development", json={}).json()["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        where = f"/api/guilds/{GUILD}/documents"
        added = http.put(where, params={"name": "lantern.md"}, content=GUIDE)
        assert added.status_code in {200, 202}
        document = added.json()["documentId"]
        query = f'{{ guild(id: "{GUILD}") {{ document(id: "{document}") {{ status }} }} }}'

        def ready() -> bool:
            answer = http.post("/graphql", json={"query": query}).json()
            return bool(answer["data"]["guild"]["document"]["status"] == "READY")

        _until("the document ready", ready)


def _ask(cluster: Cluster) -> str:
    interaction = slash_command(
        "ask",
        {"question": "How do I light the lantern?"},
        application_id=APPLICATION,
        caller=Caller(guild_id=GUILD),
    )
    token = interaction["token"]
    told = {"token": token, "application_id": APPLICATION}
    httpx.post(f"{cluster.url('twin')}/simulator/interactions", json=told).raise_for_status()
    raw = json.dumps(interaction).encode()
    headers = cluster.signer.sign(raw, timestamp=int(time.time()))
    answered = httpx.post(cluster.url("discord"), content=raw, headers=headers)
    assert (answered.status_code, answered.json()["type"]) == (200, 5)
    conversation = f"{cluster.url('twin')}/simulator/interactions/{token}"
    httpx.post(f"{conversation}/acknowledged").raise_for_status()
    messages = _until(
        "an answer in Discord", lambda: httpx.get(conversation).json().get("messages")
    )
    content: str = messages[-1]["content"]
    return content


def test_a_question_crosses_every_process_and_each_stops_on_sigterm(cluster: Cluster) -> None:
    _upload(cluster)
    assert "brass key" in _ask(cluster)
    ends = cluster.stop()
    # uvicorn raises the signal again once it has ended what it was doing.
    assert set(ends.values()) <= {0, -15}, ends
