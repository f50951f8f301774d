"""kill -9 at random moments and at every commit boundary, over one corpus, and what is left."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from functions.runtime.clients import Clients
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.passages import SearchRequest
from functions.runtime.settings import Settings
from functions.search.service import search
from tests.faults.corpus import Corpus, token
from tests.faults.invariants import PUBLISHED, offenders
from tests.faults.machine import GUILD, Machine, Silence, upload
from tests.faults.plans import Boundary, Moment
from tests.faults.server import Server

# A life ends within so many times what starting, signing in and one upload take here and now.
LONGEST_LIFE = 3.0
BOUNDARY_SECONDS = 20.0
# On a busy machine a command of Discord's may run out of its 1.8 s, and that life reads no file.
LIVES_PER_BOUNDARY = 3
# Short leases, so that they are renewed, and run out, within one life.
LIFE: dict[str, Any] = {"lease": 2.0, "renewal": 0.05, "moderator": True}
END_SECONDS = 300.0
# Every kind once, so that no life goes without a refusal.
UPLOADS_PER_LIFE = 7
# Every kind twice, one that is long, one that fails at first.
DOCUMENTS_RECORDED = 14
COUNTED = "SELECT status, count(*) FROM document_versions GROUP BY status ORDER BY status"
RANDOM = "a random moment"
POSTMASTER = "PostgreSQL itself"
Tick = Callable[[], None]


@dataclass(kw_only=True)
class Ledger:
    """What was promised to uploaders, how often the system died, and what was found broken."""

    acknowledged: set[UUID] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    silent: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken


class Campaign:
    """One corpus and one machine under many deaths."""

    def __init__(self, machine: Machine, *, documents: int, seed: int) -> None:
        self.machine = machine
        self.ledger = Ledger()
        self._corpus = Corpus(seed)
        self._documents = documents
        self._choice = random.Random(seed)  # noqa: S311 -- repeatable, not secret
        self._uploads = 0
        self._pace = 1.0

    @property
    def unsent(self) -> int:
        """How many documents of the corpus were not sent yet."""
        return max(self._documents - self._uploads, 0)

    async def fill(self, *, tick: Tick) -> None:
        """Have the whole corpus acknowledged, and nobody told: all of it is read under fire."""
        started = time.perf_counter()
        pid = await self.machine.start(drop=1.0)
        async with self.machine.caller() as http:
            await self._upload(http, 1)
            self._pace = time.perf_counter() - started
            tick()
            for _ in range(self.unsent):
                await self._upload(http, 1)
                tick()
        await self.machine.kill(pid)

    async def record(self) -> dict[tuple[str, Moment], int]:
        """Live once without dying; return the boundaries that were reached, and how often."""
        record = self.machine.folder / "boundaries.txt"
        pid = await self.machine.start(record=str(record), **LIFE)
        async with self.machine.owner() as owner, self.machine.caller() as http:
            await self._upload(http, DOCUMENTS_RECORDED)
            await self.machine.wait_for_work(owner, most=END_SECONDS)
        await self.machine.kill(pid)
        return read_boundaries(record)

    async def die_at_random(self, *, times: int, tick: Tick) -> None:
        """Kill the system so often, each time at a random moment of its life."""
        for _ in range(times):
            await self._one_life(kill_after=self._moment())
            self.ledger.deaths[RANDOM] += 1
            tick()

    async def die_with(self, server: Server, *, times: int, tick: Tick) -> None:
        """Kill PostgreSQL at a random moment, every other time with the system, and start it."""
        for index in range(times):
            pid = await self._begin(None)
            using = asyncio.create_task(self._use())
            await asyncio.sleep(self._moment())
            await asyncio.to_thread(server.kill)
            if index % 2:
                await self.machine.kill(pid)
            await asyncio.to_thread(server.start)
            await asyncio.wait_for(using, END_SECONDS)
            if index % 2 == 0:
                await self._recovers()
            await self.machine.kill(pid)
            await self._judge()
            self.ledger.deaths[POSTMASTER] += 1
            tick()

    async def die_at(
        self, boundaries: Mapping[tuple[str, Moment], int], *, times: int, tick: Tick
    ) -> None:
        """Have the system kill itself at each boundary so often; note those it did not reach."""
        for caller, moment in [one for one in boundaries for _ in range(times)]:
            # The recorded life read many documents, others read a few.
            most = max(1, boundaries[caller, moment] // DOCUMENTS_RECORDED)
            boundary = Boundary(caller=caller, moment=moment, nth=self._choice.randint(1, most))
            if await self._dies_at(boundary):
                self.ledger.deaths[f"{caller} {moment}"] += 1
            else:
                self.ledger.missed.append(f"{caller} {moment}")
            tick()

    async def _dies_at(self, boundary: Boundary) -> bool:
        for _ in range(LIVES_PER_BOUNDARY):
            if await self._one_life(boundary=boundary):
                return True
        return False

    def _moment(self) -> float:
        return self._choice.uniform(0.0, LONGEST_LIFE * self._pace)

    async def finish(self) -> Ledger:
        """Let one undisturbed life do what is left and judge the outcome."""
        async with self.machine.owner() as owner:
            await self.machine.let_time_pass(owner, booting=False)
            pid = await self.machine.start()
            await self.machine.wait_for_work(owner, most=END_SECONDS)
            await self.machine.kill(pid)
            await self._judge(ended=True)
            self.ledger.statuses = {row[0]: row[1] for row in await owner.fetch(COUNTED)}
        return self.ledger

    async def _begin(self, boundary: Boundary | None) -> int:
        async with self.machine.owner() as owner:
            await self.machine.let_time_pass(owner, booting=self._choice.random() < 0.5)
        return await self.machine.start(boundary=boundary, **LIFE)

    async def _one_life(
        self, *, kill_after: float = BOUNDARY_SECONDS, boundary: Boundary | None = None
    ) -> bool:
        """Live, be used, die; return whether the system died by itself. Look at what is left."""
        pid = await self._begin(boundary)
        using = asyncio.create_task(self._use())
        died = await self.machine.gone(pid, seconds=kill_after)
        await self.machine.kill(pid)
        await using
        await self._judge()
        return died

    async def _recovers(self) -> None:
        """Ask a system that outlived its database to take a file again."""
        try:
            async with self.machine.caller() as http:
                await self._upload(http, 1)
        except (Silence, httpx.HTTPError):
            self.ledger.broken["systems that did not find their database again"] += 1

    async def _use(self) -> None:
        """Be the people who upload and search while the system dies."""
        with contextlib.suppress(Silence, httpx.HTTPError):
            async with self.machine.caller() as http:
                await self._upload(http, UPLOADS_PER_LIFE)
                await self._search()

    async def _upload(self, http: httpx.AsyncClient, count: int) -> None:
        for _ in range(count):
            revision, number = divmod(self._uploads, self._documents)
            try:
                receipt = await upload(
                    http, self._corpus.name(number), self._corpus.content(number, revision)
                )
            except Silence:
                # Whoever hears nothing sends the same file again, in the next life.
                self.ledger.silent += 1
                raise
            self.ledger.answers[receipt.status] += 1
            if receipt.version_id:
                self._uploads += 1
                self.ledger.acknowledged.add(receipt.version_id)

    async def _search(self) -> None:
        """Look for a late revision; what is found must be published."""
        revision, number = divmod(max(self._uploads - 1, 0), self._documents)
        found = await look_for(self.machine, token(number, revision))
        async with self.machine.owner() as owner:
            unpublished = await owner.fetchval(PUBLISHED, found)
        if unpublished:
            self.ledger.broken["unpublished passages found"] += unpublished

    async def _judge(self, *, ended: bool = False) -> None:
        acknowledged = self.ledger.acknowledged
        async with self.machine.owner() as owner:
            found = await offenders(owner, acknowledged=acknowledged, ended=ended)
        self.ledger.broken.update(found)


async def look_for(machine: Machine, words: str) -> list[int]:
    """Search as the search function does and return the ids of the passages found."""
    settings = Settings(database_url=machine.plan.database_url, database_pool=1)
    clients = Clients(settings, name="search", embedder=HashEmbedder())
    try:
        found = await search(clients, SearchRequest(guild_id=GUILD, query=words))
    finally:
        await clients.close()
    return [passage.chunk_id for passage in found.passages]


def read_boundaries(record: Path) -> dict[tuple[str, Moment], int]:
    """Return the boundaries of a recorded life in the order of the alphabet."""
    reached: Counter[tuple[str, Moment]] = Counter()
    for line in record.read_text(encoding="utf-8").splitlines():
        caller, word = line.split(" ")
        reached[caller, "before" if word == "before" else "after"] += 1
    return dict(sorted(reached.items()))
