from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from db.migrate import migrate
from db.models import Base
from db.session import Database, driver_url


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            # The vector index is an expression per model: the models here do not know it.
            "include_object": lambda _, name, *__: not (name or "").startswith("embeddings_model_"),
        },
    )
    return list(compare_metadata(context, Base.metadata))


@pytest.mark.parametrize("password", ["p!:abc", "it's $1 %s", "plain"])
async def test_any_password_is_the_app_roles(owner_url: str, password: str) -> None:
    before = "SELECT rolpassword FROM pg_authid WHERE rolname = 'lore_app'"
    connection = await asyncpg.connect(owner_url)
    first = await connection.fetchval(before)
    await migrate(owner_url, app_password=password)
    assert await connection.fetchval(before) not in {None, first}
    await connection.execute("ALTER ROLE lore_app PASSWORD NULL")
    await connection.close()


@pytest.mark.parametrize("mode", ["disable", "prefer"])
async def test_tls_is_asked_for_in_the_words_of_libpq(app_url: str, mode: str) -> None:
    database = Database(f"{app_url}&sslmode={mode}")
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await database.close()


def test_a_url_keeps_all_that_it_says() -> None:
    url = "postgresql://lore_app:p%40s%3Aw@db.example:5433/lore?sslmode=verify-full&x=1"
    expected = "postgresql+asyncpg://lore_app:p%40s%3Aw@db.example:5433/lore?ssl=verify-full&x=1"
    parts = urlsplit(driver_url(url))
    assert parts._replace(query="") == urlsplit(expected)._replace(query="")
    assert parse_qs(parts.query) == {"ssl": ["verify-full"], "x": ["1"]}


async def test_migrations_and_models_agree(owner_url: str) -> None:
    engine = create_async_engine(driver_url(owner_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
