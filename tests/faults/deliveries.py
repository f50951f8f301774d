"""Events that come ten times, in any order, eight at once; and events that never come."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncpg
import httpx

from tests.faults.corpus import plain
from tests.faults.invariants import offenders
from tests.faults.machine import Machine, upload

UPLOADS_AT_ONCE = 8
END_SECONDS = 600.0
STATUSES = "SELECT status, count(*) FROM document_versions GROUP BY status"
OPEN = "SELECT count(*) FROM document_versions WHERE status IN ('received', 'processing')"
# A published version was taken to its end once: more would show as more handled events.
EFFECTS = "SELECT count(*) FROM handled_events"
Ended = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What became of the documents; ``broken`` names promises that were not kept."""

    documents: int
    statuses: dict[str, int] = field(default_factory=dict)
    effects: int = 0
    broken: dict[str, int] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether all are ready and every promise was kept."""
        return self.statuses == {"ready": self.documents} and not self.broken


async def deliver(
    machine: Machine,
    *,
    documents: int,
    ended: Ended,
    copies: int = 1,
    drop: float = 0.0,
    seed: int = 0,
    hurry: bool = False,
) -> Delivered:
    """Upload documents over a broker that doubles or loses events, and wait for all to end.

    ``hurry`` lets the twenty seconds pass at once that the sweep gives an event to arrive.
    """
    await machine.start(copies=copies, drop=drop, seed=seed)
    async with machine.caller() as http, machine.owner() as owner:
        await _upload(http, documents)
        if hurry:
            await machine.let_time_pass(owner, booting=False)
        await _wait(owner, documents=documents, ended=ended)
        # Copies of an event that is handled already are still on their way.
        await asyncio.sleep(1)
        return Delivered(
            documents=documents,
            statuses={row["status"]: row["count"] for row in await owner.fetch(STATUSES)},
            effects=await owner.fetchval(EFFECTS),
            broken=await offenders(owner, ended=True),
        )


async def _upload(http: httpx.AsyncClient, documents: int) -> None:
    slots = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            receipt = await upload(http, f"note-{number}.txt", plain(number))
        assert receipt.status == 202

    await asyncio.gather(*(one(number) for number in range(documents)))


async def _wait(owner: asyncpg.Connection, *, documents: int, ended: Ended) -> None:
    async with asyncio.timeout(END_SECONDS):
        while left := await owner.fetchval(OPEN):
            ended(documents - left)
            await asyncio.sleep(0.2)
    ended(documents)
