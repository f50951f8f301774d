"""A snapshot sees one guild as it was, and writes nothing."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from db.session import Database

COUNT = text("SELECT count(*) AS found FROM guilds")
OWN = text("SELECT name FROM guilds WHERE guild_id = :guild_id OR :guild_id = -1")


async def test_a_snapshot_sees_its_guild_alone(
    database: Database, guild_id: int, other_guild_id: int
) -> None:
    for guild in (guild_id, other_guild_id):
        async with database.snapshot(guild) as snapshot:
            [row] = await snapshot.rows(COUNT, {})
            assert row["found"] == 1
    async with database.snapshot(guild_id) as snapshot:
        # A name that stands twice is one value.
        assert len(await snapshot.rows(OWN, {"guild_id": guild_id})) == 1
        assert await snapshot.rows(OWN, {"guild_id": other_guild_id}) == []


async def test_a_snapshot_stays_as_it_was(database: Database, guild_id: int) -> None:
    rename = text("UPDATE guilds SET name = 'New' WHERE guild_id = :guild_id")
    async with database.snapshot(guild_id) as snapshot:
        [before] = await snapshot.rows(OWN, {"guild_id": guild_id})
        async with database.guild(guild_id) as session:
            await session.execute(rename, {"guild_id": guild_id})
        [after] = await snapshot.rows(OWN, {"guild_id": guild_id})
    assert before["name"] == after["name"] != "New"


async def test_a_snapshot_writes_nothing_and_leaves_its_connection_clean(
    database: Database, guild_id: int
) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.snapshot(guild_id) as snapshot:
            await snapshot.rows(
                text("DELETE FROM guilds WHERE guild_id = :guild_id"), {"guild_id": guild_id}
            )
    async with database.transaction() as session:
        assert await session.scalar(COUNT) == 0
    async with database.guild(guild_id) as session:
        assert await session.scalar(COUNT) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_who_is_stopped_leaves_a_connection_that_others_can_use(
    app_url: str, guild_id: int, times: int
) -> None:
    database = Database(app_url, pool_size=1)
    reading = asyncio.Event()

    async def sleep() -> None:
        async with database.snapshot(guild_id) as snapshot:
            reading.set()
            await snapshot.rows(text("SELECT pg_sleep(30)"), {})

    sleeper = asyncio.create_task(sleep())
    await reading.wait()
    for _ in range(times):
        await asyncio.sleep(0)
        sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    async with database.transaction() as session:
        assert await session.scalar(COUNT) == 0
    async with database.snapshot(guild_id) as snapshot:
        [row] = await snapshot.rows(COUNT, {})
        assert row["found"] == 1
    await database.close()
