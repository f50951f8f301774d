from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from db.models import Base
from db.session import driver_url


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            # The vector index is an expression per model: the models here do not know it.
            "include_object": lambda _, name, *__: not (name or "").startswith("embeddings_model_"),
        },
    )
    return list(compare_metadata(context, Base.metadata))


async def test_migrations_and_models_agree(owner_url: str) -> None:
    engine = create_async_engine(driver_url(owner_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
