"""How long a normal document takes alone, and beside files that were made to hurt."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import httpx

from tests.faults.corpus import plain
from tests.faults.hostile import hostile_files
from tests.faults.invariants import offenders
from tests.faults.machine import Machine, upload

SAMPLES = 20
MOST_TIMES = 2.0
PATIENCE_SECONDS = 900.0
STATUS = "SELECT status FROM document_versions WHERE id = $1"
OUTCOMES = (
    "SELECT documents.source_name AS name, status, status_reason AS reason"
    " FROM document_versions JOIN documents ON documents.id = document_id"
    " WHERE documents.source_name LIKE 'hostile-%' ORDER BY 1"
)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Seconds from the upload to ready, of each sample; what became of the hostile files."""

    alone: Sequence[float]
    beside: Sequence[float]
    outcomes: dict[str, int]
    broken: dict[str, int]

    @property
    def bearable(self) -> bool:
        """Whether the typical document took at most twice as long."""
        return not self.broken and self._ratio <= MOST_TIMES

    @property
    def _ratio(self) -> float:
        return statistics.median(self.beside) / statistics.median(self.alone)

    @property
    def sentence(self) -> str:
        """What was measured."""
        return (
            f"median {statistics.median(self.alone):.2f} s alone,"
            f" {statistics.median(self.beside):.2f} s beside ({self._ratio:.1f} times);"
            f" slowest {max(self.alone):.2f} s and {max(self.beside):.2f} s;"
            f" hostile files: {self.outcomes}; broken: {self.broken or 'nothing'}"
        )


async def compare(machine: Machine, *, hostile: int) -> Compared:
    """Take the times, first alone and then while so many hostile files are read."""
    await machine.start()
    async with machine.caller() as http, machine.owner() as owner:
        await _times(http, owner, first=0, samples=2)
        alone = await _times(http, owner, first=10, samples=SAMPLES)
        for name, content in hostile_files(hostile).items():
            await upload(http, f"hostile-{name}", content)
        beside = await _times(http, owner, first=100, samples=SAMPLES)
        await machine.wait_for_work(owner, most=PATIENCE_SECONDS)
        rows = await owner.fetch(OUTCOMES)
        return Compared(
            alone=alone,
            beside=beside,
            outcomes={
                status: sum(row["status"] == status for row in rows)
                for status in sorted({row["status"] for row in rows})
            },
            broken=await offenders(owner, ended=True),
        )


async def _times(
    http: httpx.AsyncClient, owner: asyncpg.Connection, *, first: int, samples: int
) -> list[float]:
    return [await _time(http, owner, number) for number in range(first, first + samples)]


async def _time(http: httpx.AsyncClient, owner: asyncpg.Connection, number: int) -> float:
    started = time.perf_counter()
    receipt = await upload(http, f"normal-{number}.txt", plain(number))
    assert receipt.version_id
    await _ready(owner, receipt.version_id)
    return time.perf_counter() - started


async def _ready(owner: asyncpg.Connection, version_id: UUID) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while await owner.fetchval(STATUS, version_id) != "ready":
        assert time.perf_counter() < deadline, "a normal document never became ready"
        await asyncio.sleep(0.005)
