"""Tell people how far a document is: on its row always, in Discord where it was added there."""

import logging
import time
from typing import Any

from functions.ingest import queries
from functions.ingest.schemas import Notice
from functions.runtime.clients import Clients
from functions.runtime.discord.client import Delivery
from functions.runtime.discord.messages import failure_message, progress_message, ready_message
from functions.runtime.leases import Lease
from functions.runtime.tokens import decrypt_token

log = logging.getLogger(__name__)
ROW_SECONDS = 0.25
# Discord takes about five edits in two seconds for one interaction.
DISCORD_SECONDS = 1.5


class Progress:
    """Reports stages of one version; steps that follow too closely are left out."""

    def __init__(
        self, clients: Clients, lease: Lease, *, title: str, notice: Notice | None
    ) -> None:
        self._clients = clients
        self._lease = lease
        self._title = title
        self._notice = notice
        self._stage = ""
        self._row_at = self._discord_at = float("-inf")

    async def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Record that ``done`` of ``total`` units of a stage are behind us."""
        now, entered = time.monotonic(), stage != self._stage
        self._stage = stage
        if entered or done == total or now - self._row_at >= ROW_SECONDS:
            self._row_at = now
            await self._write(stage, done, total)
        if self._notice and now - self._discord_at >= DISCORD_SECONDS:
            self._discord_at = now
            message = progress_message(self._title, stage=stage, done=done, total=total)
            await edit(self._clients, self._notice, message)

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


async def find_notice(clients: Clients, lease: Lease) -> Notice | None:
    """Return where the version was added in Discord, if it was and the token still works."""
    async with clients.database.guild(lease.guild_id) as session:
        row = (
            await session.execute(queries.INTERACTION, {"version_id": lease.row_id})
        ).one_or_none()
    if row is None:
        return None
    key = clients.settings.secret()
    return Notice(
        interaction_id=row.id,
        application_id=row.application_id,
        token=decrypt_token(row.token, key=key, interaction_id=row.id),
        expires_at=row.expires_at,
    )


async def tell_outcome(clients: Clients, lease: Lease, notice: Notice) -> None:
    """Say in Discord how the version ended, once it did."""
    async with clients.database.guild(lease.guild_id) as session:
        row = (await session.execute(queries.OUTCOME, {"version_id": lease.row_id})).one_or_none()
    if row is None or row.status in {"received", "processing"}:
        return
    if row.status == "ready":
        message = ready_message(row.title, pages=row.pages, passages=row.passages)
    else:
        message = failure_message(row.status_reason)
    if await edit(clients, notice, message) is Delivery.UNAVAILABLE:
        log.warning("outcome not delivered", extra={"version": lease.row_id})
        return
    async with clients.database.guild(lease.guild_id) as session:
        await session.execute(queries.DELIVERED, {"id": notice.interaction_id})
