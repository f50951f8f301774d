"""Bring what stands in the row to whoever asked in Discord."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from functions.generate import queries
from functions.generate.notices import find_notices
from functions.generate.schemas import Ended, Notice
from functions.runtime.clients import Clients
from functions.runtime.discord.client import Delivery
from functions.runtime.discord.messages import (
    Citation,
    answer_message,
    failure_message,
    refusal_message,
)
from functions.runtime.errors import UnavailableError
from functions.runtime.leases import Lease


async def deliver(clients: Clients, lease: Lease) -> None:
    """Deliver an ended question and record that this is done.

    Raises UnavailableError where Discord may take it later; an answer that can no longer be
    delivered counts as done, it stays on the dashboard.
    """
    notices = await find_notices(clients, lease)
    async with clients.database.guild(lease.guild_id) as session:
        payload = await _payload(session, lease) if notices else {}
    for notice in notices:
        await _edit(clients, lease, notice, payload)
    async with clients.database.guild(lease.guild_id) as session:
        await session.execute(
            queries.DELIVERED, {"question_id": lease.row_id, "lease_id": lease.lease_id}
        )


async def _payload(session: AsyncSession, lease: Lease) -> dict[str, Any]:
    scope = {"question_id": lease.row_id}
    ended = Ended(**(await session.execute(queries.ENDED, scope)).mappings().one())
    rows = await session.execute(queries.CITATIONS, scope)
    citations = [Citation(**row) for row in rows.mappings()]
    if ended.status == "failed":
        return failure_message(ended.failure_reason)
    if ended.status == "refused":
        return refusal_message(ended.answer or "", citations)
    return answer_message(ended.answer or "", citations, kind=ended.answer_kind or "extractive")


async def _edit(clients: Clients, lease: Lease, notice: Notice, payload: dict[str, Any]) -> None:
    delivery = await clients.discord.edit_original(
        notice.application_id, notice.token, payload, expires_at=notice.expires_at
    )
    if delivery is Delivery.UNAVAILABLE:
        raise UnavailableError("Discord does not take the answer right now.")
    if delivery is Delivery.DELIVERED:
        async with clients.database.guild(lease.guild_id) as session:
            await session.execute(queries.NOTICE_DELIVERED, {"id": notice.id})
