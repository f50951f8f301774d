"""The queue for the language model: who writes, who waits, and who is woken."""

import logging
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from functions.generate import queries
from functions.runtime.clients import Clients
from functions.runtime.errors import LorekeeperError
from functions.runtime.events import QUESTION_ASKED
from functions.runtime.leases import Lease, LeaseLostError

log = logging.getLogger(__name__)
# Whoever waits looks at its place so often: the next in line soon, the hundredth once a minute.
SOONEST_LOOK_SECONDS = 10.0
LATEST_LOOK_SECONDS = 60.0


class Turn:
    """One question's turn at the model; it lasts as long as the question's lease."""

    def __init__(self, clients: Clients, lease: Lease, *, is_in_line: bool) -> None:
        self._clients = clients
        self._lease = lease
        self._scope = {
            "question_id": lease.row_id,
            "guild_id": lease.guild_id,
            "lease_id": lease.lease_id,
            "slots": clients.settings.model_slots,
        }
        self.is_in_line = is_in_line
        self.queued_ms = 0.0

    async def take(self) -> int:
        """Take the model where it is free: 0, else how many answers are written before."""
        async with self._clients.database.guild(self._lease.guild_id) as session:
            return await self._take(session)

    async def take_or_leave(self) -> int:
        """Take the model, or give the question back to be woken when its turn has come.

        One transaction: whoever ends a turn meanwhile names those who wait, and a question that is
        named while its worker still holds it would sleep through its turn.
        """
        async with self._clients.database.guild(self._lease.guild_id) as session:
            ahead = await self._take(session)
            if ahead:
                seconds = min(SOONEST_LOOK_SECONDS + ahead, LATEST_LOOK_SECONDS)
                values = {**self._scope, "seconds": seconds}
                if await session.scalar(queries.WAIT, values) is None:
                    raise LeaseLostError
                self.is_in_line = False
        return ahead

    async def _take(self, session: AsyncSession) -> int:
        ahead: int = (await session.execute(queries.TAKE_TURN, self._scope)).scalar_one()
        self.is_in_line = True
        if ahead == 0:
            self.queued_ms = await session.scalar(queries.QUEUED_MS, self._scope) or 0.0
        return ahead

    async def end(self, session: AsyncSession) -> list[UUID]:
        """Give the model back within a transaction; return whom to wake after it."""
        if not self.is_in_line:
            return []
        self.is_in_line = False
        return list(await session.scalars(queries.END_TURN, self._scope))

    async def leave(self) -> None:
        """Give the model back, and wake whoever is next, unless that was done."""
        if self.is_in_line:
            async with self._clients.database.guild(self._lease.guild_id) as session:
                called = await self.end(session)
            await wake(self._clients, called)


async def wake(clients: Clients, called: Iterable[UUID]) -> None:
    """Send the events of those whose turn it is; the sweep sends what is lost here."""
    for question_id in called:
        try:
            await clients.events.publish(
                QUESTION_ASKED, row_id=question_id, name="question_id", again=True
            )
        except LorekeeperError as error:
            log.warning("nobody woken", extra={"row": question_id, "reason": error.message})
