"""Tell people how far a document is: on its row always, in Discord where it was added there."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Row, TextClause

from functions.ingest import queries
from functions.ingest.schemas import Notice
from functions.runtime.clients import Clients
from functions.runtime.discord.client import Delivery
from functions.runtime.discord.edits import Edits
from functions.runtime.discord.messages import (
    OPEN,
    Outcome,
    message,
    outcome_message,
    progress_message,
)
from functions.runtime.errors import UnavailableError
from functions.runtime.leases import Lease
from functions.runtime.tokens import TokenError, decrypt_token

ROW_SECONDS = 0.25
DELETED = "This document was deleted while it was read. Nothing was added."


class Progress:
    """Reports stages of one version; steps that follow too closely are left out.

    Reading never waits for Discord, which may take a minute to refuse an edit. Leaving the context
    does: an edit under way must not overtake the outcome.
    """

    def __init__(
        self, clients: Clients, lease: Lease, *, title: str, notice: Notice | None
    ) -> None:
        self._clients = clients
        self._lease = lease
        self._title = title
        self._notice = notice
        self._stage = ""
        self._row_at = float("-inf")
        self._edits = Edits()

    async def __aenter__(self) -> Self:
        """Begin to report."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the edit under way; a worker that is stopped gives it up."""
        await self._edits.settle(seconds=0 if isinstance(error, asyncio.CancelledError) else None)

    async def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Record that ``done`` of ``total`` units of a stage are behind us."""
        now, entered = time.monotonic(), stage != self._stage
        self._stage = stage
        if entered or done == total or now - self._row_at >= ROW_SECONDS:
            self._row_at = now
            await self._write(stage, done, total)
        if notice := self._notice:
            message = progress_message(self._title, stage=stage, done=done, total=total)
            self._edits.begin(lambda: edit(self._clients, notice, message))

    async def _write(self, stage: str, done: int, total: int) -> None:
        async with self._clients.database.guild(self._lease.guild_id) as session:
            await session.execute(
                queries.PROGRESS,
                {
                    "version_id": self._lease.row_id,
                    "lease_id": self._lease.lease_id,
                    "stage": stage,
                    "done": done,
                    "total": total,
                },
            )


async def edit(clients: Clients, notice: Notice, message: dict[str, Any]) -> Delivery:
    """Replace the reply that the moderator sees."""
    return await clients.discord.edit_original(
        notice.application_id, notice.token, message, expires_at=notice.expires_at
    )


async def find_notice(clients: Clients, guild_id: int, version_id: UUID) -> Notice | None:
    """Return where the version was added in Discord, if it was and the token still works."""
    notices = await _find_notices(clients, guild_id, version_id, queries.INTERACTION)
    return notices[-1] if notices else None


async def _find_notices(
    clients: Clients, guild_id: int, version_id: UUID, statement: TextClause
) -> list[Notice]:
    async with clients.database.guild(guild_id) as session:
        rows = (await session.execute(statement, {"version_id": version_id})).all()
    return [notice for row in rows if (notice := _notice(clients, row)) is not None]


def _notice(clients: Clients, row: Row[Any]) -> Notice | None:
    key = clients.settings.secret()
    try:
        token = decrypt_token(row.token, key=key, interaction_id=row.id)
    except TokenError:
        # Written under another key: nobody can be told any more, but the document is read.
        return None
    return Notice(
        interaction_id=row.id,
        application_id=row.application_id,
        token=token,
        expires_at=row.expires_at,
    )


async def tell_outcome(
    clients: Clients, guild_id: int, version_id: UUID, *, notice: Notice | None = None
) -> None:
    """Say in Discord how the version ended, once it did, unless that was said.

    Where several documents came with one message, all of them are reported on, and the last to
    end tells the end. Whoever sent progress to ``notice`` tells it again: an edit of theirs may
    have overtaken somebody else's outcome.

    Raises UnavailableError where Discord may take it later.
    """
    notices = await _find_notices(clients, guild_id, version_id, queries.INTERACTIONS)
    known = {one.interaction_id: one for one in notices}
    if notice is not None:
        known.setdefault(notice.interaction_id, notice)
    for one in known.values():
        await _tell_end(clients, guild_id, version_id, one)
    if notice is not None and not await _outcomes(clients, guild_id, version_id):
        # The interaction's row went with the document: this is the last that knows of it.
        await edit(clients, notice, message(DELETED))


async def _tell_end(clients: Clients, guild_id: int, version_id: UUID, notice: Notice) -> None:
    told: list[Outcome] | None = None
    # Told again while others end meanwhile: the last edit must be the end.
    while (outcomes := await _outcomes(clients, guild_id, version_id)) and outcomes != told:
        if len(outcomes) == 1 and outcomes[0].status in OPEN:
            return
        delivery = await edit(clients, notice, outcome_message(outcomes))
        if any(outcome.status in OPEN for outcome in outcomes):
            told = outcomes
            continue
        if delivery is Delivery.UNAVAILABLE:
            raise UnavailableError("Discord does not take the outcome right now.")
        async with clients.database.guild(guild_id) as session:
            await session.execute(queries.DELIVERED, {"id": notice.interaction_id})
        return


async def _outcomes(clients: Clients, guild_id: int, version_id: UUID) -> list[Outcome]:
    async with clients.database.guild(guild_id) as session:
        rows = (await session.execute(queries.OUTCOME, {"version_id": version_id})).all()
    return [Outcome(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
