import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from db.session import Database
from gateway import queries

ADD = text(
    "WITH document AS (INSERT INTO documents (guild_id, title, source_name, origin, listed_by)"
    " VALUES (:guild, :name, :name, 'cli', :listed_by) RETURNING id)"
    " INSERT INTO document_versions (guild_id, document_id, number, size_bytes)"
    " SELECT :guild, id, 1, 1 FROM document RETURNING document_id"
)
LOCK = text("SELECT 1 FROM document_versions WHERE document_id = :id FOR UPDATE")
SWITCH = text("UPDATE documents SET updated_at = now() WHERE id = :id RETURNING id")
IMPATIENT = text("SET LOCAL lock_timeout = '200ms'")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


@pytest.mark.parametrize(
    ("lists", "remark"),
    [(0, "a file"), (1, "a page with its list"), (2, "a page with the index of its list")],
)
async def test_a_document_is_deleted_while_a_version_of_it_is_published(
    database: Database, guild_id: int, lists: int, remark: str
) -> None:
    first: UUID | None = None
    document: UUID | None = None
    async with database.guild(guild_id) as session:
        for number in range(lists + 1):
            new = {"guild": guild_id, "name": str(number), "listed_by": document}
            document = (await session.execute(ADD, new)).scalar_one()
            first = first or document
    assert first

    async def delete() -> bool:
        async with database.guild(guild_id) as session:
            return await queries.delete_document(session, guild_id, first)

    async with database.guild(guild_id) as publisher:
        await publisher.execute(LOCK, {"id": document})
        deleting = asyncio.create_task(delete())
        while not await _somebody_waits(database):  # noqa: ASYNC110 - a lock tells nobody
            await asyncio.sleep(0.01)
        # Where the deletion had the document, each would wait for the other.
        await publisher.execute(IMPATIENT)
        switched = await publisher.execute(SWITCH, {"id": document})
        assert switched.scalar_one() == document, remark
    assert await deleting


async def _somebody_waits(database: Database) -> bool:
    async with database.transaction() as session:
        return bool(await session.scalar(WAITING))
