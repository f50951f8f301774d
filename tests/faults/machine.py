"""A computer that fails: a database of its own, the system in a process that can be killed."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import asyncpg
import httpx
import msgspec

from db.migrate import migrate
from functions.local.boot import FREE_VERSIONS
from functions.local.system import MANIFESTS
from tests.acceptance.laptop import ROOT, free_port
from tests.faults.plans import Plan

GUILD = 1
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.01
OPEN = "SELECT count(*) FROM document_versions WHERE status IN ('received', 'processing')"
# Nobody waits in a test for what only the clock brings: every row becomes minutes older at once.
AGE = (
    "UPDATE document_versions SET lease_expires_at = lease_expires_at - $1::interval,"
    " next_attempt_at = next_attempt_at - $1::interval WHERE status IN ('received', 'processing')"
)


class Silence(Exception):  # noqa: N818 -- what the caller of a killed process hears
    """The system did not answer: it may or may not have done what was asked."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an uploader was told."""

    status: int
    version_id: UUID | None = None
    document_id: UUID | None = None


class Nursery:
    """The process that forks systems; everything a system imports is imported there once."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._orders = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start the process; it answers its first order when it has imported everything."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.nursery",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the process; it ends whoever is left of its children."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def order(self, **order: Any) -> dict[str, Any]:
        """Give one order and return its answer."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._orders:
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        assert line, "The nursery ended."
        answer: dict[str, Any] = json.loads(line)
        return answer


class Machine:
    """Starts, kills and watches one system; everything it needs lies in ``folder``."""

    def __init__(self, folder: Path, *, owner_url: str, nursery: Nursery) -> None:
        self.folder = folder
        self.owner_url = owner_url
        self.plan = Plan(
            database_url=owner_url.replace("postgres:@", "lore_app@", 1),
            port=free_port(),
            manifests=str(_manifests(folder)),
            log=str(folder / "child.log"),
        )
        self.pid = 0
        self._nursery = nursery
        self._living: set[int] = set()

    def tell(self, **changes: Any) -> None:
        """Change what holds for every life from now on."""
        self.plan = msgspec.structs.replace(self.plan, **changes)

    async def close(self) -> None:
        """Kill whatever still lives here."""
        for pid in tuple(self._living):
            await self.kill(pid)

    async def start(self, **changes: Any) -> int:
        """Begin a life and return its process id; wait until it answers or is dead already."""
        plan = msgspec.structs.replace(self.plan, **changes)
        self.pid = pid = int((await self._nursery.order(start=plan))["pid"])
        self._living.add(pid)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = await self.status(pid)
            if status == -signal.SIGKILL or await _listens(plan.port):
                return pid
            assert status is None, f"The system did not start:\n{self.log()}"
            await asyncio.sleep(POLL_SECONDS)
        raise AssertionError(f"The system never listened:\n{self.log()}")

    async def status(self, pid: int) -> int | None:
        """Return how a life ended; None while it lasts."""
        if pid not in self._living:
            return -signal.SIGKILL
        status: int | None = (await self._nursery.order(poll=pid))["status"]
        if status is not None:
            self._living.discard(pid)
        return status

    def log(self) -> str:
        """Return the last words of the system."""
        log = Path(self.plan.log)
        return log.read_text(encoding="utf-8")[-4000:] if log.exists() else ""

    async def kill(self, pid: int | None = None) -> None:
        """End a life as a power cut would."""
        pid = pid or self.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self.gone(pid)

    async def gone(self, pid: int, *, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until a life has ended; return whether it has."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if await self.status(pid) is not None:
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[httpx.AsyncClient]:
        """Open a signed-in client."""
        headers = {"X-Lorekeeper": "1"}
        url = f"http://127.0.0.1:{self.plan.port}"
        limits = httpx.Timeout(PATIENCE_SECONDS)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=limits) as http:
            answer = await http.post("/auth/development", json={})
            http.cookies.clear()
            http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield http

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection that sees everything."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            yield connection
        finally:
            await connection.close()

    async def wait_for_work(self, connection: asyncpg.Connection, *, most: float) -> int:
        """Wait until nothing is open any more; return how much is when so long nothing ended.

        Whatever ended three workers is tried alone, one such document at each round of the sweep:
        after a thousand kills hundreds wait for that.
        """
        fewest: int = await connection.fetchval(OPEN)
        deadline = time.monotonic() + most
        while fewest and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS * 5)
            left: int = await connection.fetchval(OPEN)
            if left < fewest:
                fewest, deadline = left, time.monotonic() + most
        return int(await connection.fetchval(OPEN))

    async def let_time_pass(self, connection: asyncpg.Connection, *, booting: bool) -> None:
        """Free what a dead worker held: as the laptop's boot does, or as the clock does."""
        if booting:
            await connection.execute(FREE_VERSIONS.text)
        else:
            await connection.execute(AGE.replace("$1", "'5 minutes'"))


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def upload(http: httpx.AsyncClient, name: str, content: bytes) -> Receipt:
    """Send a file as the dashboard does; raise Silence where the line went dead."""
    try:
        answer = await http.put(
            f"/api/guilds/{GUILD}/documents", params={"name": name}, content=content
        )
    except httpx.HTTPError as error:
        raise Silence from error
    if not answer.is_success:
        return Receipt(status=answer.status_code)
    body = answer.json()
    return Receipt(
        status=answer.status_code,
        version_id=UUID(body["versionId"]),
        document_id=UUID(body["documentId"]),
    )


def _manifests(folder: Path) -> Path:
    """Copy the cluster's wiring, with a clock that ticks each second instead of every tenth."""
    copied = folder / "manifests"
    shutil.copytree(MANIFESTS, copied, dirs_exist_ok=True)
    source = copied / "pingsource.yaml"
    written = source.read_text(encoding="utf-8")
    assert '"*/10 ' in written
    source.write_text(written.replace('"*/10 ', '"* '), encoding="utf-8")
    return copied


async def fresh_database(server_url: str, *, name: str) -> str:
    """Make an empty, migrated database on a running server and return its owner's URL."""
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    url = server_url.replace("/postgres?", f"/{name}?", 1)
    await migrate(url)
    return url


@asynccontextmanager
async def machine(server_url: str, *, name: str, nursery: Nursery) -> AsyncIterator[Machine]:
    """Provide a machine with a database of that name; its folder is removed, the server stays."""
    folder = Path(tempfile.mkdtemp(prefix="lore-faults-"))
    owner_url = await fresh_database(server_url, name=name)
    made = Machine(folder, owner_url=owner_url, nursery=nursery)
    try:
        yield made
    finally:
        await made.close()
        shutil.rmtree(folder, ignore_errors=True)
