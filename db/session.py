"""Transactions that see one guild, and no other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

SCOPE = text("SELECT set_config('lore.' || :name, :value, true)")

SNAPSHOT = {"isolation_level": "REPEATABLE READ"}


def driver_url(url: str) -> str:
    """Name asyncpg as the driver in a plain ``postgresql://`` URL."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


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
    async def transaction(
        self, *, snapshot: bool = False, **scope: str
    ) -> AsyncIterator[AsyncSession]:
        """Open a transaction with the given ``lore.*`` settings; commit at its end.

        Settings are local to the transaction, so a pooled connection carries nothing over. With
        ``snapshot`` every statement sees what the first one saw.
        """
        async with self._sessions.begin() as session:
            if snapshot:
                await session.connection(execution_options=SNAPSHOT)
            for name, value in scope.items():
                await session.execute(SCOPE, {"name": name, "value": value})
            yield session

    @asynccontextmanager
    async def guild(self, guild_id: int, *, snapshot: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees this guild's rows and no others."""
        async with self.transaction(snapshot=snapshot, guild_id=str(guild_id)) as session:
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
