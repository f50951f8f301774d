"""Bring what stands in the row to whoever asked in Discord."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from functions.generate import queries
from functions.generate.notices import find_notices
from functions.generate.schemas import Ended, Notice
from functions.runtime.clients import Clients
from functions.runtime.discord.client import Delivery
from functions.runtime.discord.messages import Citation, failure_message, refusal_message
from functions.runtime.discord.replies import (
    Payload,
    Reply,
    WithFile,
    answer_reply,
    into_channel,
    privately,
)
from functions.runtime.errors import UnavailableError
from functions.runtime.leases import Lease, LeaseLostError

ANSWERED_BEFORE = "Answered before, from the same documents."


@dataclass(kw_only=True)
class Errand:
    """One reply to bring to one place, under the lease of its question.

    ``notice`` says how much of it has gone there by now.
    """

    clients: Clients
    lease: Lease
    notice: Notice
    reply: Reply
    question: str

    async def note(self, *, begun: int, sent: int) -> None:
        """Write down how many of the messages were begun, and how many sent."""
        values = {
            "id": self.notice.id,
            "question_id": self.lease.row_id,
            "lease_id": self.lease.lease_id,
            "begun": begun,
            "sent": sent,
        }
        async with self.clients.database.guild(self.lease.guild_id) as session:
            if await session.scalar(queries.NOTE_PARTS, values) is None:
                raise LeaseLostError
        self.notice = msgspec.structs.replace(self.notice, parts_begun=begun, parts_sent=sent)

    async def edit(self, payload: Payload | WithFile) -> Delivery:
        """Replace the promise."""
        notice = self.notice
        return await self.clients.discord.edit_original(
            notice.application_id, notice.token or "", payload, expires_at=notice.expires_at
        )


async def deliver(clients: Clients, lease: Lease) -> None:
    """Deliver an ended question and record that this is done.

    Raises UnavailableError where Discord may take it later; an answer that can no longer be
    delivered counts as done, it stays on the dashboard.
    """
    notices = await find_notices(clients, lease)
    async with clients.database.guild(lease.guild_id) as session:
        question, reply = await _reply(session, lease)
    for notice in notices:
        errand = Errand(clients=clients, lease=lease, notice=notice, reply=reply, question=question)
        await _tell(errand)
    async with clients.database.guild(lease.guild_id) as session:
        await session.execute(
            queries.DELIVERED, {"question_id": lease.row_id, "lease_id": lease.lease_id}
        )


async def _reply(session: AsyncSession, lease: Lease) -> tuple[str, Reply]:
    """Return the question and what is said to it."""
    scope = {"question_id": lease.row_id}
    ended = Ended(**(await session.execute(queries.ENDED, scope)).mappings().one())
    rows = await session.execute(queries.CITATIONS, scope)
    citations = [Citation(**row) for row in rows.mappings()]
    if ended.status == "failed":
        return ended.text, Reply(parts=[failure_message(ended.failure_reason)])
    if ended.status == "refused":
        return ended.text, Reply(parts=[refusal_message(ended.answer or "", citations)])
    return ended.text, answer_reply(
        ended.answer or "",
        citations,
        kind=ended.answer_kind or "extractive",
        notice=ANSWERED_BEFORE if ended.is_known else None,
        question_id=lease.row_id,
    )


async def _tell(errand: Errand) -> None:
    delivery = await _by_token(errand) if errand.notice.token else Delivery.EXPIRED
    if delivery is Delivery.EXPIRED:
        delivery = await _by_channel(errand)
    if delivery is Delivery.UNAVAILABLE:
        raise UnavailableError("Discord does not take the answer right now.")
    if delivery is Delivery.DELIVERED:
        async with errand.clients.database.guild(errand.lease.guild_id) as session:
            await session.execute(queries.NOTICE_DELIVERED, {"id": errand.notice.id})


async def _by_token(errand: Errand) -> Delivery:
    """Replace the promise, and send after it what did not fit.

    An edit can be repeated. A message that follows cannot, and where nobody knows whether one
    arrived it is not sent again: the whole answer goes into the first one, as a file.
    """
    notice, filed = errand.notice, errand.reply.filed
    if filed and (errand.reply.is_long or notice.parts_begun > notice.parts_sent):
        return await errand.edit(filed)
    delivery = await errand.edit(errand.reply.parts[0])
    if delivery is Delivery.DELIVERED:
        delivery = await _one_by_one(errand, _follow, first=1)
    return await errand.edit(filed) if filed and delivery is Delivery.UNCERTAIN else delivery


async def _follow(errand: Errand, place: int) -> Delivery:
    notice, payload = errand.notice, errand.reply.parts[place]
    return await errand.clients.discord.followup(
        notice.application_id,
        notice.token or "",
        privately(payload) if notice.is_private else payload,
        expires_at=notice.expires_at,
    )


async def _by_channel(errand: Errand) -> Delivery:
    """Write into the channel as the bot, where that is set up and everybody may read it."""
    notice = errand.notice
    if not errand.clients.discord.is_bot or notice.channel_id is None or notice.is_private:
        return Delivery.EXPIRED
    return await _one_by_one(errand, _post, first=0)


async def _post(errand: Errand, place: int) -> Delivery:
    notice, payload = errand.notice, errand.reply.parts[place]
    return await errand.clients.discord.send_message(
        notice.application_id,
        notice.channel_id or 0,
        payload if place else into_channel(payload, errand.question),
        # Of what was sent and not yet written down, Discord knows for some minutes.
        nonce=f"{notice.id}-{place}",
    )


async def _one_by_one(
    errand: Errand, send: Callable[[Errand, int], Awaitable[Delivery]], *, first: int
) -> Delivery:
    """Send the messages that were not sent before, in order, until one does not arrive."""
    for place in range(max(first, errand.notice.parts_sent), len(errand.reply.parts)):
        await errand.note(begun=place + 1, sent=place)
        delivery = await send(errand, place)
        if delivery is Delivery.UNAVAILABLE:
            await errand.note(begun=place, sent=place)
        if delivery is not Delivery.DELIVERED:
            return delivery
        await errand.note(begun=place + 1, sent=place + 1)
    return Delivery.DELIVERED
