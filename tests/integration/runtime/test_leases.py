import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.leases import LeaseLostError, claim, guild_of, release, renew

ASK = "INSERT INTO questions (guild_id, text, origin) VALUES (:guild, 'why?', 'cli') RETURNING id"


@pytest.fixture
async def question_id(database: Database, guild_id: int) -> UUID:
    async with database.guild(guild_id) as session:
        row_id: UUID = (await session.execute(text(ASK), {"guild": guild_id})).scalar_one()
    return row_id


async def _change(database: Database, guild_id: int, assignment: str, row_id: UUID) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text(f"UPDATE questions SET {assignment} WHERE id = :id"),  # noqa: S608
            {"id": row_id},
        )


async def test_a_row_is_found_by_its_id_alone(
    database: Database, guild_id: int, question_id: UUID
) -> None:
    assert await guild_of(database, "questions", question_id) == guild_id
    assert await guild_of(database, "questions", uuid4()) is None


async def test_of_many_workers_one_gets_the_lease(database: Database, question_id: UUID) -> None:
    leases = await asyncio.gather(*(claim(database, "questions", question_id) for _ in range(8)))
    assert sum(lease is not None for lease in leases) == 1


async def test_an_expired_lease_is_taken_over_and_its_holder_learns(
    database: Database, guild_id: int, question_id: UUID
) -> None:
    first = await claim(database, "questions", question_id)
    await _change(database, guild_id, "lease_expires_at = now() - interval '1 second'", question_id)
    second = await claim(database, "questions", question_id)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLostError):
        await renew(database, first)
    await renew(database, second)


async def test_a_released_row_counts_the_failure_and_can_be_claimed(
    database: Database, question_id: UUID
) -> None:
    lease = await claim(database, "questions", question_id)
    assert lease is not None
    await release(database, lease, failed=True, wait_seconds=0)
    again = await claim(database, "questions", question_id)
    assert again is not None
    assert (lease.attempts, again.attempts) == (0, 1)


async def test_a_worker_that_gives_a_row_back_clears_it_of_suspicion(
    database: Database, guild_id: int, question_id: UUID
) -> None:
    for _ in range(3):
        lease = await claim(database, "questions", question_id)
        assert lease is not None
        await release(database, lease, failed=True, wait_seconds=0)
    async with database.guild(guild_id) as session:
        starts = await session.scalar(
            text("SELECT starts FROM questions WHERE id = :id"), {"id": question_id}
        )
    assert starts == 0


@pytest.mark.parametrize("status", ["answered", "refused", "failed"])
async def test_a_row_that_has_ended_is_not_claimed(
    database: Database, guild_id: int, question_id: UUID, status: str
) -> None:
    await _change(database, guild_id, f"status = '{status}'", question_id)
    assert await claim(database, "questions", question_id) is None


async def test_a_row_that_keeps_killing_its_workers_is_not_claimed(
    database: Database, guild_id: int, question_id: UUID
) -> None:
    await _change(database, guild_id, "starts = 10", question_id)
    assert await claim(database, "questions", question_id) is None
