from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from db.migrate import migrate
from db.models import Base
from db.session import Database

# What these tables hold belongs to no guild; each other table must have forced policies.
GLOBAL_TABLES = {
    "embedding_models": "names and sizes of models",
    "rate_counters": "what a principal spent, by an opaque name",
    "dead_letters": "ids of events",
}


async def _ask(database: Database, guild_id: int) -> UUID:
    async with database.guild(guild_id) as session:
        statement = "INSERT INTO questions (guild_id, text, origin) VALUES (:g, 'why?', 'cli')"
        return (
            await session.execute(text(f"{statement} RETURNING id"), {"g": guild_id})
        ).scalar_one()


async def test_every_table_has_forced_policies_or_a_reason(database: Database) -> None:
    async with database.transaction() as session:
        rows = await session.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relforcerowsecurity"
                " AND relrowsecurity AND relnamespace = 'public'::regnamespace"
            )
        )
    forced = set(rows.scalars())
    assert set(Base.metadata.tables) - forced == set(GLOBAL_TABLES)


async def test_without_a_guild_nothing_is_seen(database: Database, guild_id: int) -> None:
    await _ask(database, guild_id)
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM questions")) == 0
        assert await session.scalar(text("SELECT count(*) FROM guilds")) == 0


async def test_another_guild_sees_and_changes_nothing(database: Database, guild_id: int) -> None:
    question = await _ask(database, guild_id)
    async with database.guild(guild_id + 10**12) as session:
        assert await session.scalar(text("SELECT count(*) FROM questions")) == 0
        changed = await session.execute(
            text("UPDATE questions SET answer = 'mine' WHERE id = :id RETURNING id"),
            {"id": question},
        )
        assert changed.all() == []


async def test_a_row_for_another_guild_cannot_be_written(database: Database, guild_id: int) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.guild(guild_id + 10**12) as session:
            await session.execute(
                text("INSERT INTO questions (guild_id, text, origin) VALUES (:g, 'x', 'cli')"),
                {"g": guild_id},
            )


async def test_knowing_a_row_id_shows_that_row_alone_and_lets_nobody_write(
    database: Database, guild_id: int
) -> None:
    question = await _ask(database, guild_id)
    await _ask(database, guild_id)
    async with database.transaction(work_id=str(question)) as session:
        assert (await session.execute(text("SELECT id FROM questions"))).scalars().all() == [
            question
        ]
        changed = await session.execute(text("UPDATE questions SET text = 'x' RETURNING id"))
        assert changed.all() == []
    async with database.transaction(work_id=str(uuid4())) as session:
        assert (await session.execute(text("SELECT id FROM questions"))).all() == []


async def test_the_app_role_owns_nothing_and_bypasses_nothing(database: Database) -> None:
    async with database.transaction() as session:
        role = await session.execute(
            text(
                "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles"
                " WHERE rolname = current_user"
            )
        )
        owned = await session.scalar(
            text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        )
    assert role.scalar_one() is False
    assert owned == 0


async def test_a_pooled_connection_carries_no_guild_over(app_url: str, guild_id: int) -> None:
    database = Database(app_url, pool_size=1)
    async with database.guild(guild_id) as session:
        assert await session.scalar(text("SELECT lore_guild()")) == guild_id
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT lore_guild()")) is None
    await database.close()


async def test_migrating_twice_changes_nothing(
    owner_url: str, database: Database, guild_id: int
) -> None:
    question = await _ask(database, guild_id)
    before = await _schema(database)
    await migrate(owner_url)
    assert await _schema(database) == before
    async with database.guild(guild_id) as session:
        assert (await session.execute(text("SELECT id FROM questions"))).scalars().all() == [
            question
        ]


async def _schema(database: Database) -> list[object]:
    """Return every table's and function's number, which a new one would not keep."""
    async with database.transaction() as session:
        tables = await session.execute(
            text(
                "SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " UNION ALL SELECT oid, proname FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
            )
        )
        return list(tables.all())
