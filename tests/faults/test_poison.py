"""A document that kills its worker, or never works, ends dead, alone; one call revives it."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.faults.corpus import DEADLY, HOPELESS, plain
from tests.faults.invariants import offenders
from tests.faults.machine import GUILD, Machine, upload

LIVES_MOST = 40
RETRY = (
    "mutation Retry($guild: ID!, $document: ID!) {"
    " retryDocument(guildId: $guild, documentId: $document) { status } }"
)
# What waits for its next attempt waits for the clock alone.
DUE = "UPDATE document_versions SET next_attempt_at = now() WHERE lease_id IS NULL"
OUTCOMES = (
    "SELECT documents.source_name AS name, status, status_reason AS reason, attempts, starts"
    " FROM document_versions JOIN documents ON documents.id = document_id"
)


@pytest.mark.timeout(120)
async def test_poison_ends_dead_with_a_reason_and_one_call_revives_it(
    failing_machine: Machine,
) -> None:
    await failing_machine.start(drop=1.0)
    poisons = {"deadly.txt": plain(1, extra=DEADLY), "hopeless.txt": plain(2, extra=HOPELESS)}
    documents = await _upload(
        failing_machine, {f"good-{n}.txt": plain(n) for n in range(3, 13)} | poisons
    )
    await failing_machine.kill()
    async with failing_machine.owner() as owner:
        lives = await _live_until_the_end(failing_machine, owner)
        outcomes = await _outcomes(owner)
        assert {name: outcomes.pop(name)["status"] for name in poisons} == {
            "deadly.txt": "dead",
            "hopeless.txt": "dead",
        }
        assert {row["status"] for row in outcomes.values()} == {"ready"}
        assert lives <= LIVES_MOST
        assert await offenders(owner, ended=True) == {}
        await failing_machine.start(healed=True)
        await _retry(failing_machine, [documents[name] for name in poisons])
        assert await failing_machine.wait_for_work(owner, most=30) == 0
        assert {row["status"] for row in (await _outcomes(owner)).values()} == {"ready"}
        assert await offenders(owner, ended=True) == {}


async def _upload(machine: Machine, files: dict[str, bytes]) -> dict[str, UUID]:
    """Upload files and return their documents."""
    async with machine.caller() as http:
        receipts = {name: await upload(http, name, content) for name, content in files.items()}
    return {name: one.document_id for name, one in receipts.items() if one.document_id}


async def _live_until_the_end(machine: Machine, owner: asyncpg.Connection) -> int:
    """Start the system again whenever it died, until nothing is left to do; return how often."""
    for lives in range(1, LIVES_MOST + 1):
        await machine.let_time_pass(owner, booting=False)
        await machine.start(lease=2.0)
        while not await machine.gone(machine.pid, seconds=0.2):
            await owner.execute(DUE)
            if not await machine.wait_for_work(owner, most=0.2):
                await machine.kill()
                return lives
    return LIVES_MOST + 1


async def _outcomes(owner: asyncpg.Connection) -> dict[str, Any]:
    return {row["name"]: row for row in await owner.fetch(OUTCOMES)}


async def _retry(machine: Machine, documents: list[UUID]) -> None:
    async with machine.caller() as http:
        for document in documents:
            await _mutate(http, RETRY, guild=str(GUILD), document=str(document))


async def _mutate(http: httpx.AsyncClient, query: str, **variables: str) -> None:
    answer = await http.post("/graphql", json={"query": query, "variables": variables})
    assert "errors" not in answer.json(), answer.text
