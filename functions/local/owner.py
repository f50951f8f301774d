"""The database as its owner sees it: the laptop's, running or not, or one named by its URL."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from db.migrate import migrate
from db.session import driver_url
from functions.local.boot import local_settings
from functions.local.home import AlreadyRunningError, Home, UsageError, models_path, port
from functions.local.model_server import known_server
from functions.local.postgres import app_url, running_url, start_postgres
from functions.runtime.clients import Clients
from functions.runtime.embedder.install import install
from functions.runtime.errors import ConflictError
from functions.runtime.settings import Settings, load_settings

# Only a name: two changes of model at once would undo each other.
REINDEXING_LOCK = 7_303_015


class ReindexingError(ConflictError):
    """Another change of model is under way with this database. Wait until it has ended."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The owner's way in, and clients that see one guild at a time as any function does."""

    url: str
    clients: Clients

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose statements commit by themselves, as an index needs it."""
        engine = create_async_engine(
            driver_url(self.url), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Keep every other change of model away; the database lets go when this process ends."""
        async with self.connection() as connection:
            statement = text("SELECT pg_try_advisory_lock(:name)")
            if not await connection.scalar(statement, {"name": REINDEXING_LOCK}):
                raise ReindexingError
            yield

    async def guild_models(self) -> list[tuple[int, int]]:
        """Return every guild's id and the number of the model that answers there."""
        statement = text("SELECT guild_id, model_id FROM lore_guild_models()")
        async with self.connection() as connection:
            return [(row.guild_id, row.model_id) for row in await connection.execute(statement)]


@asynccontextmanager
async def opened_owner() -> AsyncIterator[Owner]:
    """Reach the database that the environment names, else this machine's own."""
    if url := os.environ.get("LORE_DATABASE_OWNER_URL", "").strip():
        settings = load_settings(os.environ, required=("database_url",))
        async with _owner(url, settings) as owner:
            yield owner
        return
    home = Home.from_environment()
    home.prepare()
    async with _local_url(home) as url:
        server = await asyncio.to_thread(known_server, home)
        settings = local_settings(
            home,
            database_url=app_url(url),
            port=port(),
            ollama_host=server.host if server else None,
        )
        await asyncio.to_thread(install, models_path(), report=lambda _: None)
        async with _owner(url, settings) as owner:
            yield owner


@asynccontextmanager
async def _owner(url: str, settings: Settings) -> AsyncIterator[Owner]:
    clients = Clients(settings, name="reindex")
    try:
        yield Owner(url=url, clients=clients)
    finally:
        await clients.close()


@asynccontextmanager
async def _local_url(home: Home) -> AsyncIterator[str]:
    """Start the embedded PostgreSQL and stop it again, or use the one that runs already."""
    try:
        with home.locked():
            postgres = await asyncio.to_thread(start_postgres, home.postgres)
            try:
                await migrate(postgres.owner_url)
                yield postgres.owner_url
            finally:
                await asyncio.to_thread(postgres.stop)
    except AlreadyRunningError:
        url = running_url(home.postgres)
        if url is None:
            raise UsageError(
                "Lorekeeper is just starting or stopping. Try again in a moment."
            ) from None
        yield url
