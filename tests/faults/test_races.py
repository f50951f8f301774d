"""Uploads, deletions and reading in any order: the last intent wins, and nothing comes back."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.local import system
from functions.runtime.embedder.protocol import Vectors
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.settings import Settings
from tests.faults.child import SECRET
from tests.faults.corpus import plain, token
from tests.faults.invariants import offenders
from tests.faults.kills import look_for
from tests.faults.machine import GUILD, Machine, upload

# A nightly run takes 500.
SCHEDULES = int(os.environ.get("LORE_SCHEDULES", "15"))
NAME = "note.txt"
CONTENTS = 3
DELETE = (
    "mutation Delete($guild: ID!, $document: ID!) {"
    " deleteDocument(guildId: $guild, documentId: $document) }"
)
Action = tuple[Literal["upload", "delete", "hold", "release", "settle", "again"], int]
ACTIONS = st.lists(
    st.tuples(
        # An upload is what everything else is about.
        st.sampled_from(["upload", "upload", "delete", "hold", "release", "settle", "again"]),
        st.integers(0, CONTENTS - 1),
    ),
    min_size=2,
    max_size=8,
)


class Gated(HashEmbedder):
    """Embeds once its gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()

    async def embed_passages(self, texts: Sequence[str], **options: Any) -> Vectors:
        await self.gate.wait()
        return await super().embed_passages(texts, **options)


class Library:
    """One document's life, and what its owner last wanted of it."""

    def __init__(
        self, machine: Machine, running: system.System, http: httpx.AsyncClient, embedder: Gated
    ) -> None:
        self._machine = machine
        self._running = running
        self._http = http
        self._embedder = embedder
        self._wanted: int | None = None
        self._document: UUID | None = None
        self._versions: list[UUID] = []

    async def do(self, action: Action) -> None:
        """Take one step of a schedule."""
        kind, number = action
        if kind == "upload":
            await self._upload(number)
        elif kind == "delete":
            await self._delete()
        elif kind == "hold":
            self._embedder.gate.clear()
        elif kind == "again":
            await self._deliver_again()
        else:
            self._embedder.gate.set()
            if kind == "settle":
                await self._settle()

    async def _upload(self, number: int) -> None:
        receipt = await upload(self._http, NAME, plain(number))
        assert receipt.version_id
        self._wanted, self._document = number, receipt.document_id
        self._versions.append(receipt.version_id)

    async def _delete(self) -> None:
        if self._document is None:
            return
        variables = {"guild": str(GUILD), "document": str(self._document)}
        answer = await self._http.post("/graphql", json={"query": DELETE, "variables": variables})
        assert "errors" not in answer.json(), answer.text
        self._wanted = self._document = None
        await self._assert_silence()

    async def _deliver_again(self) -> None:
        """Post the event of every version once more, those of deleted ones among them."""
        for version in self._versions:
            headers = {
                "ce-specversion": "1.0",
                "ce-id": str(version),
                "ce-source": "/lorekeeper/gateway",
                "ce-type": "dev.lorekeeper.document.uploaded.v1",
            }
            body = {"version_id": str(version)}
            await self._running.http.post(system.SINK, headers=headers, json=body)

    async def _settle(self) -> None:
        async with self._machine.owner() as owner:
            assert await self._machine.wait_for_work(owner, most=60) == 0

    async def _assert_silence(self) -> None:
        words = " ".join(token(number, 0) for number in range(CONTENTS))
        assert await look_for(self._machine, f"keeper wick dusk {words}") == []

    async def judge(self) -> None:
        """Let everything end; the last intent must be all there is."""
        self._embedder.gate.set()
        await self._deliver_again()
        await self._settle()
        async with self._machine.owner() as owner:
            assert await offenders(owner, ended=True) == {}
            texts = [row["text"] for row in await owner.fetch("SELECT text FROM chunks")]
        if self._wanted is None:
            assert texts == []
            await self._assert_silence()
        else:
            assert [token(self._wanted, 0) in text for text in texts] == [True]
            await self._delete()


@asynccontextmanager
async def _composed(machine: Machine, embedder: Gated) -> AsyncIterator[tuple[Any, Any]]:
    configured = Settings(
        environment="development",
        database_url=machine.plan.database_url,
        secret_key=SECRET,
        event_sink=system.SINK,
    )
    async with system.running(configured, embedder=embedder) as running:
        transport = httpx.ASGITransport(running.app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers={"X-Lorekeeper": "1"}
        ) as http:
            answer = await http.post("/auth/development", json={})
            http.cookies.clear()
            http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield running, http


@pytest.fixture
async def race(failing_machine: Machine) -> AsyncIterator[Any]:
    embedder = Gated()
    async with _composed(failing_machine, embedder) as (running, http):
        yield lambda: Library(failing_machine, running, http, embedder)


@settings(
    max_examples=SCHEDULES,
    deadline=None,
    derandomize=True,
    database=None,
    # Eight steps are short enough to read; each example costs a second.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(schedule=ACTIONS)
async def test_the_last_intent_wins_whatever_the_order(race: Any, schedule: list[Action]) -> None:
    library = race()
    for action in schedule:
        await library.do(action)
    await library.judge()


async def test_deleted_text_is_gone_while_its_worker_still_reads(race: Any) -> None:
    library = race()
    for kind in ("upload", "settle", "hold", "upload", "delete", "again", "release"):
        await library.do((kind, 1))
    await library.judge()


async def test_a_file_sent_again_wins_over_another_that_is_still_read(race: Any) -> None:
    library = race()
    for kind, number in (
        ("upload", 0),
        ("settle", 0),
        ("hold", 0),
        ("upload", 1),
        ("upload", 0),
    ):
        await library.do((kind, number))
    await library.judge()


async def test_what_was_deleted_and_sent_again_is_there_once(
    race: Any, failing_machine: Machine
) -> None:
    library = race()
    for step, kind in enumerate(("hold", "upload", "delete", "upload", "again", "settle")):
        await library.do((kind, step % CONTENTS))
    connection: asyncpg.Connection
    async with failing_machine.owner() as connection:
        assert await connection.fetchval("SELECT count(*) FROM documents") == 1
    await library.judge()
