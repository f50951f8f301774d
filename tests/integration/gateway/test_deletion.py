import asyncio
from uuid import UUID

from sqlalchemy import text

from db.session import Database
from gateway import queries

ADD = text(
    "WITH document AS (INSERT INTO documents (guild_id, title, source_name, origin)"
    " VALUES (:guild, 'a', 'a', 'cli') RETURNING id)"
    " INSERT INTO document_versions (guild_id, document_id, number, size_bytes)"
    " SELECT :guild, id, 1, 1 FROM document RETURNING document_id"
)
LOCK = text("SELECT 1 FROM document_versions WHERE document_id = :id FOR UPDATE")
SWITCH = text("UPDATE documents SET updated_at = now() WHERE id = :id RETURNING id")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


async def test_a_document_is_deleted_while_a_version_of_it_is_published(
    database: Database, guild_id: int
) -> None:
    async with database.guild(guild_id) as session:
        document: UUID = (await session.execute(ADD, {"guild": guild_id})).scalar_one()

    async def delete() -> bool:
        async with database.guild(guild_id) as session:
            return await queries.delete_document(session, guild_id, document)

    async with database.guild(guild_id) as publisher:
        await publisher.execute(LOCK, {"id": document})
        deleting = asyncio.create_task(delete())
        while not await _somebody_waits(database):  # noqa: ASYNC110 - a lock tells nobody
            await asyncio.sleep(0.01)
        assert (await publisher.execute(SWITCH, {"id": document})).scalar_one() == document
    assert await deleting


async def _somebody_waits(database: Database) -> bool:
    async with database.transaction() as session:
        return bool(await session.scalar(WAITING))
