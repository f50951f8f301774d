"""A worker that sleeps through its lease and wakes up again writes nothing."""

import asyncio
import os
import signal
import time
from typing import Any

import asyncpg
import pytest

from tests.acceptance.laptop import free_port
from tests.faults.corpus import Corpus
from tests.faults.invariants import offenders
from tests.faults.machine import Machine, upload

LEASE = 0.5
# Every row of what ingestion writes with the transaction that wrote it: a rewrite would show.
WRITTEN = """
    SELECT 'versions', id::text, xmin::text FROM document_versions
    UNION ALL SELECT 'documents', id::text, xmin::text FROM documents
    UNION ALL SELECT 'chunks', id::text, xmin::text FROM chunks
    UNION ALL SELECT 'embeddings', chunk_id::text, xmin::text FROM embeddings
    UNION ALL SELECT 'postings', segment_id || term, xmin::text FROM postings
    UNION ALL SELECT 'segments', id::text, xmin::text FROM segments
    UNION ALL SELECT 'slots', version_id::text, xmin::text FROM segment_versions
    UNION ALL SELECT 'staged', text_hash::text, xmin::text FROM staged_embeddings
    ORDER BY 1, 2"""
AT_WORK = "SELECT progress_stage FROM document_versions WHERE status = 'processing'"


@pytest.mark.parametrize("stage", ["parsing", "embedding", "checking"])
async def test_a_worker_stopped_for_twice_its_lease_writes_nothing_afterwards(
    failing_machine: Machine, stage: str
) -> None:
    async with failing_machine.owner() as owner:
        zombie = await failing_machine.start(lease=LEASE, renewal=0.2, slowness=0.2)
        async with failing_machine.caller() as http:
            # A long one: it is embedded in many batches.
            await upload(http, "long.md", Corpus(1).content(0, 0))
        await _reach(owner, stage)
        os.kill(zombie, signal.SIGSTOP)
        await asyncio.sleep(2 * LEASE)
        healthy = await failing_machine.start(port=free_port())
        await owner.execute("UPDATE document_versions SET next_attempt_at = now()")
        assert await failing_machine.wait_for_work(owner, most=60) == 0
        before = await _written(owner)
        await failing_machine.kill(healthy)
        os.kill(zombie, signal.SIGCONT)
        await asyncio.sleep(3 * LEASE)
        assert await failing_machine.status(zombie) is None
        assert await _written(owner) == before
        assert await offenders(owner, ended=True) == {}


async def _reach(owner: asyncpg.Connection, stage: str) -> None:
    deadline = time.monotonic() + 30
    while await owner.fetchval(AT_WORK) != stage:
        assert time.monotonic() < deadline, f"the worker never came to {stage}"


async def _written(owner: asyncpg.Connection) -> list[Any]:
    return [tuple(row) for row in await owner.fetch(WRITTEN)]
