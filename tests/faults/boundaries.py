"""Finds every commit of the running system by who asked for it, without a trace in production."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

from asyncpg.transaction import Transaction
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Database
from tests.faults.plans import Moment

Reached = Callable[[str, Moment], None]
# Frames that only pass a transaction on to whoever opened it.
PASSING = ("contextlib.py", "db/session.py", "faults/boundaries.py")
PASSING_NAMES = {"_guild"}


def _caller() -> str:
    """Return ``module.function`` of the nearest frame that opened the transaction for itself."""
    frame = sys._getframe(1)
    while frame.f_back and (
        frame.f_code.co_filename.endswith(PASSING) or frame.f_code.co_name in PASSING_NAMES
    ):
        frame = frame.f_back
    return f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"


def watch_commits(reached: Reached) -> None:
    """Call ``reached`` right before and right after each commit, in this process, from now on."""
    _watch_sessions(reached)
    _watch_bare_connections(reached)


def _watch_sessions(reached: Reached) -> None:
    original = Database.transaction

    @asynccontextmanager
    async def transaction(database: Database, **scope: Any) -> AsyncIterator[AsyncSession]:
        caller = _caller()
        async with original(database, **scope) as session:
            yield session
            reached(caller, "before")
        reached(caller, "after")

    setattr(Database, "transaction", transaction)  # noqa: B010 -- mypy forbids the plain form


def _watch_bare_connections(reached: Reached) -> None:
    """Watch the webhook, which uses asyncpg without SQLAlchemy; that one commits elsewhere."""
    original = Transaction.__aexit__

    async def leave(
        transaction: Transaction,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        caller = _caller()
        if error is None:
            reached(caller, "before")
        await original(transaction, kind, error, trace)
        if error is None:
            reached(caller, "after")

    setattr(Transaction, "__aexit__", leave)  # noqa: B010 -- mypy forbids the plain form
