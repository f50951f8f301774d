"""Leases on rows by the database's clock: one worker at a time, and none forever."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Database
from functions.runtime.errors import ConflictError
from functions.runtime.events import Event

log = logging.getLogger(__name__)
LEASE_SECONDS = 30
RENEWAL_SECONDS = 10
MAXIMUM_ATTEMPTS = 5
HANDLED = text(
    "INSERT INTO handled_events (source, event_id, guild_id)"
    " VALUES (:source, :event_id, :guild_id) ON CONFLICT DO NOTHING"
)

Table = Literal["document_versions", "questions"]
# Starts without a step forward. The sweep hands out a row once a minute: a cluster that restarts
# for minutes is forgiven, a text that kills its workers is not tried all day. A document is tried
# alone after three, so nobody else's fault ends it; questions share their worker to the end.
MAXIMUM_STARTS: dict[Table, int] = {"document_versions": 5, "questions": 10}
OPEN_STATUSES: dict[Table, tuple[str, str]] = {
    "document_versions": ("received", "processing"),
    "questions": ("asked", "answering"),
}


class LeaseLostError(ConflictError):
    """Another worker has taken over this row."""

    code = "lease_lost"


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to write one row until the lease runs out."""

    table: Table
    row_id: UUID
    guild_id: int
    lease_id: UUID
    attempts: int


async def guild_of(database: Database, table: Table, row_id: UUID) -> int | None:
    """Return the guild of a row known by its id alone, or None where there is no such row."""
    async with database.transaction(work_id=str(row_id)) as session:
        statement = text(f"SELECT guild_id FROM {table} WHERE id = :id")  # noqa: S608 - a Literal
        guild_id: int | None = await session.scalar(statement, {"id": row_id})
        return guild_id


async def claim(
    database: Database, table: Table, row_id: UUID, *, started: bool = True
) -> Lease | None:
    """Take the lease of an open row; None where it is done, gone, or held by somebody else.

    Who only queues up under the lease has not ``started``: it cannot be what ends the worker.
    """
    guild_id = await guild_of(database, table, row_id)
    if guild_id is None:
        return None
    waiting, working = OPEN_STATUSES[table]
    lease_id = uuid4()
    async with database.guild(guild_id) as session:
        attempts = await session.scalar(
            text(
                f"UPDATE {table} SET status = :working, lease_id = :lease,"  # noqa: S608
                " starts = starts + :started,"
                " lease_expires_at = clock_timestamp() + make_interval(secs => :seconds)"
                " WHERE id = :id AND status IN (:waiting, :working) AND starts < :most"
                " AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())"
                " RETURNING attempts"
            ),
            {
                "id": row_id,
                "lease": lease_id,
                "waiting": waiting,
                "working": working,
                "seconds": LEASE_SECONDS,
                "most": MAXIMUM_STARTS[table],
                "started": int(started),
            },
        )
    if attempts is None:
        return None
    return Lease(
        table=table, row_id=row_id, guild_id=guild_id, lease_id=lease_id, attempts=attempts
    )


async def renew(database: Database, lease: Lease) -> None:
    """Hold the lease for another full time; raise LeaseLostError where it is gone."""
    async with database.guild(lease.guild_id) as session:
        held = await session.scalar(
            text(
                f"UPDATE {lease.table} SET lease_expires_at ="  # noqa: S608
                " clock_timestamp() + make_interval(secs => :seconds)"
                " WHERE id = :id AND lease_id = :lease RETURNING true"
            ),
            {"id": lease.row_id, "lease": lease.lease_id, "seconds": LEASE_SECONDS},
        )
    if not held:
        raise LeaseLostError


async def mark_handled(session: AsyncSession, lease: Lease, event: Event) -> None:
    """Record an event in the transaction of its effect."""
    values = {"source": event.source, "event_id": event.id, "guild_id": lease.guild_id}
    await session.execute(HANDLED, values)


async def release(database: Database, lease: Lease, *, failed: bool, wait_seconds: float) -> None:
    """Give the row back, to be tried again after ``wait_seconds``; count it where it failed.

    Its worker lives, so the row is under no suspicion: the starts count from here again.
    """
    async with database.guild(lease.guild_id) as session:
        await session.execute(
            text(
                f"UPDATE {lease.table} SET lease_id = NULL, lease_expires_at = NULL,"  # noqa: S608
                " starts = 0, attempts = attempts + :failed, next_attempt_at ="
                " clock_timestamp() + make_interval(secs => :wait)"
                " WHERE id = :id AND lease_id = :lease"
            ),
            {
                "id": lease.row_id,
                "lease": lease.lease_id,
                "failed": int(failed),
                "wait": wait_seconds,
            },
        )


@asynccontextmanager
async def held(database: Database, lease: Lease) -> AsyncIterator[None]:
    """Renew the lease every few seconds while the body runs."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            try:
                await renew(database, lease)
            except LeaseLostError:
                # The body learns of it when its own guarded write touches no row.
                log.warning("lease lost", extra={"row": lease.row_id})
                return
            except Exception:
                log.warning("lease not renewed", extra={"row": lease.row_id}, exc_info=True)

    keeper = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
