"""The stream of one answer's progress: server-sent events, read from the question's row."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Row

from functions.runtime.clients import Clients
from functions.runtime.errors import NotFoundError, RateLimitedError
from gateway import questions, rate_limits
from gateway.answers import known_error
from gateway.authentication import Connected, Visiting, refuse_foreign_origin
from gateway.authorization import Context, admitted_guild
from gateway.service import parse_id
from gateway.words import Role

# A worker writes what it has about every 0.3 s; a row at rest, as in a long queue, is looked at
# less and less often.
SHORTEST_PAUSE = 0.25
LONGEST_PAUSE = 2.0
SLOWING = 1.3
# The page connects again by itself, and is asked anew who it is. Below the time that a server
# grants open requests when it stops.
LONGEST_STREAM = 20.0
RECONNECT_MILLISECONDS = 500
# A viewer's, in one process. Who has more open reads the question once a second instead.
MOST_STREAMS = 8
WHOLE = """query($guild: ID!, $id: ID!) { guild(id: $guild) { question(id: $id) {
  id text origin status stage isStopped answer answerKind fallback isCached failureReason
  conversation askedAt answeredAt deliveredAt
  citations { number title location url quote documentId } timings { stage milliseconds }
} } }"""

router = APIRouter()


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A question that somebody who may read it watches."""

    clients: Clients
    guild_id: int
    question_id: UUID
    viewer_id: int

    async def look(self) -> Row[Any] | None:
        """Return how far its answer is; None where the question is gone."""
        async with self.clients.database.guild(self.guild_id) as session:
            return await questions.progress(
                session, self.guild_id, self.question_id, viewer_id=self.viewer_id
            )


async def watched(
    request: Request, *, guild: str, question: str, clients: Connected, viewer: Visiting
) -> AsyncIterator[Watched]:
    """Admit a viewer to a question, and count their streams while this one is open."""
    refuse_foreign_origin(request, clients.settings)
    guild_id = await admitted_guild(clients.database, viewer, guild=guild, needed=Role.MEMBER)
    await rate_limits.charge(
        clients.database,
        rate_limits.reads_budget(clients.settings),
        principal=rate_limits.principal(request, viewer),
    )
    question_id = parse_id(question)
    if question_id is None:
        raise NotFoundError
    subject = Watched(
        clients=clients, guild_id=guild_id, question_id=question_id, viewer_id=viewer.user_id
    )
    if await subject.look() is None:
        raise NotFoundError
    streams: Counter[int] = request.app.state.streams
    if streams[viewer.user_id] >= MOST_STREAMS:
        raise RateLimitedError("Too many answers are watched at once. Close some of the pages.")
    streams[viewer.user_id] += 1
    try:
        yield subject
    finally:
        streams[viewer.user_id] -= 1
        if not streams[viewer.user_id]:
            # Or the count would grow with everybody who ever came.
            del streams[viewer.user_id]


@router.get("/api/guilds/{guild}/questions/{question}/events", response_class=EventSourceResponse)
async def events(
    request: Request, subject: Annotated[Watched, Depends(watched)]
) -> AsyncIterator[ServerSentEvent]:
    """Send each step of an answer and, when it has ended, the whole question."""
    yield ServerSentEvent(retry=RECONNECT_MILLISECONDS)
    try:
        async for row in _steps(subject):
            if row.status in questions.ENDED:
                yield _event("ended", await _whole(request, subject))
            else:
                told = {"stage": row.stage.upper(), "place": row.place, "partial": row.partial}
                yield _event("progress", told | {"isStopped": row.is_stopped})
    except Exception as error:
        # The answer's head is out. What ends early is connected to again, what we know of too.
        if known_error(error) is None:
            raise


def _event(kind: str, words: Any) -> ServerSentEvent:
    return ServerSentEvent(event=kind, raw_data=msgspec.json.encode(words).decode())


async def _steps(subject: Watched) -> AsyncIterator[Row[Any]]:
    """Yield the row whenever it has changed, until its question has ended or the time is up."""
    end, pause, last = time.monotonic() + LONGEST_STREAM, SHORTEST_PAUSE, None
    while time.monotonic() < end and (row := await subject.look()):
        pause = SHORTEST_PAUSE if row != last else min(pause * SLOWING, LONGEST_PAUSE)
        if row != last:
            yield row
        if row.status in questions.ENDED:
            return
        last = row
        await asyncio.sleep(pause)


async def _whole(request: Request, subject: Watched) -> Any:
    """Return the question as GraphQL has it; None where it is to be read again."""
    result = await request.app.state.schema.execute(
        WHOLE,
        variable_values={"guild": str(subject.guild_id), "id": str(subject.question_id)},
        context_value=Context(clients=subject.clients, request=request),
    )
    return result.data["guild"]["question"] if result.data else None
