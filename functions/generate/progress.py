"""Show how far an answer is: on its row always, in Discord where it was asked there."""

import asyncio
import logging
from types import TracebackType
from typing import Any, Self

from functions.generate import queries
from functions.generate.notices import find_notices
from functions.generate.schemas import Notice, Stage
from functions.runtime.clients import Clients
from functions.runtime.discord.edits import Edits
from functions.runtime.discord.messages import queue_message, reading_message, writing_message
from functions.runtime.leases import Lease, LeaseLostError

log = logging.getLogger(__name__)
# Often enough to be read along, and for a stop to reach the model within half a second.
ROW_SECONDS = 0.3
# Whoever is first in line and waits for Discord holds up everybody behind.
PLACE_SECONDS = 2.0


class Progress:
    """Reports on one answer. Leaving the context waits for the edit under way.

    Writing never waits for Discord: whoever writes sets ``stage`` and ``partial``, and what is seen
    of them is what stands there whenever the time has come.
    """

    def __init__(self, clients: Clients, lease: Lease) -> None:
        self._clients = clients
        self._lease = lease
        self._scope = {"question_id": lease.row_id, "lease_id": lease.lease_id}
        self._notices: list[Notice] | None = None
        self._edits = Edits()
        self._shown: dict[str, Any] | None = None
        self.stage: Stage = "searching"
        # The checked and safe part of the answer.
        self.partial = ""
        self._reported: tuple[Stage, str] = (self.stage, "")

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

    async def show_place(self, ahead: int) -> None:
        """Tell that so many answers are written before this one."""
        self.stage = "queued"
        await self._report()
        await self._show(queue_message(ahead))
        await self._edits.settle(seconds=PLACE_SECONDS)

    async def report_until_stopped(self) -> None:
        """Report every few tenths of a second; return when somebody wants no answer any more.

        Raises LeaseLostError where the question is no longer ours.
        """
        while True:
            try:
                if await self._report():
                    return
                await self._show(self._message())
            except LeaseLostError:
                raise
            except Exception:
                log.warning("progress not shown", extra={"row": self._lease.row_id}, exc_info=True)
            await asyncio.sleep(ROW_SECONDS)

    async def _report(self) -> bool:
        """Bring the row up to date; return whether somebody stopped the question."""
        current = (self.stage, self.partial)
        statement = queries.LOOK if current == self._reported else queries.REPORT
        values: dict[str, Any] = {"stage": self.stage, "partial": self.partial or None}
        scope = self._scope if statement is queries.LOOK else {**self._scope, **values}
        async with self._clients.database.guild(self._lease.guild_id) as session:
            stopped: bool | None = await session.scalar(statement, scope)
        if stopped is None:
            raise LeaseLostError
        self._reported = current
        return stopped

    def _message(self) -> dict[str, Any]:
        return writing_message(self.partial) if self.partial else reading_message()

    async def _show(self, message: dict[str, Any]) -> None:
        """Edit what a member sees if it changed, unless that was done a moment ago."""
        if self._notices is None:
            self._notices = await find_notices(self._clients, self._lease)
        if self._notices and message != self._shown and self._edits.is_due:
            self._shown = message
            self._edits.begin(lambda: self._edit(message))

    async def _edit(self, message: dict[str, Any]) -> None:
        for notice in self._notices or ():
            if notice.token:
                await self._clients.discord.edit_original(
                    notice.application_id,
                    notice.token,
                    message,
                    expires_at=notice.expires_at,
                    insist=False,
                )
