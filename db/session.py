"""Transactions that see one guild, and no other."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, make_url, text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

SCOPE = text("SELECT set_config('lore.' || :name, :value, true)")
GUILD_SCOPE = "SELECT set_config('lore.guild_id', $1, true)"


def driver_url(url: str) -> str:
    """Name asyncpg as the driver in a plain ``postgresql://`` URL.

    What libpq and asyncpg itself call ``sslmode``, asyncpg's own arguments call ``ssl``.
    """
    named = make_url(url).set(drivername="postgresql+asyncpg")
    if mode := named.query.get("sslmode"):
        named = named.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return named.render_as_string(hide_password=False)


@lru_cache(maxsize=256)
def _for_driver(statement: TextClause) -> tuple[str, tuple[str, ...]]:
    """Return a statement with its parameters numbered, and their names in that order."""
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]
    return str(compiled), tuple(compiled.positiontup or ())


class Snapshot:
    """What a guild's rows were when the transaction began, read through the driver itself."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    async def rows(self, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows, whose fields are read by their names, as a mapping's."""
        words, names = _for_driver(statement)
        found: list[Any] = await self._driver.fetch(words, *(values[name] for name in names))
        return found


class Database:
    """A pool of connections as ``lore_app``, opened by the first transaction."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self._engine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            # An error's parameters would carry people's documents and questions into the logs.
            hide_parameters=True,
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, **scope: str) -> AsyncIterator[AsyncSession]:
        """Open a transaction with the given ``lore.*`` settings; commit at its end.

        Settings are local to the transaction, so a pooled connection carries nothing over.
        """
        async with self._sessions.begin() as session:
            for name, value in scope.items():
                await session.execute(SCOPE, {"name": name, "value": value})
            yield session

    @asynccontextmanager
    async def guild(self, guild_id: int) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees this guild's rows and no others."""
        async with self.transaction(guild_id=str(guild_id)) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self, guild_id: int) -> AsyncIterator[Snapshot]:
        """Open a transaction that reads this guild's rows as they are now, and no others.

        For search alone: a session's own share of five statements is more than a millisecond, which
        is a quarter of what a question may take beside its embedding.
        """
        async with self._engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                async with driver.transaction(isolation="repeatable_read", readonly=True):
                    await driver.fetch(GUILD_SCOPE, str(guild_id))
                    yield Snapshot(driver)
            finally:
                # Whoever is stopped twice leaves before the transaction has ended.
                if driver.is_in_transaction():
                    await connection.invalidate()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
