"""What was asked and answered before in a conversation, and whether a question continues it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from functions.generate import queries
from functions.generate.schemas import Exchange
from functions.generate.verification import MARKER
from functions.runtime.passages import SearchResponse

Search = Callable[[str, list[str]], Awaitable[SearchResponse | None]]
MOST_EXCHANGES = 3
# After this much silence nobody means what was said before.
LONGEST_SILENCE_SECONDS = 3600.0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, what of the conversation it was ``heard`` with, and how it was said anew."""

    response: SearchResponse
    heard: list[Exchange] = []
    rewritten: str | None = None


async def hear(session: AsyncSession, question_id: UUID) -> list[Exchange]:
    """Return what a question may continue, oldest first; what was forgotten is not heard."""
    values = {
        "question_id": question_id,
        "most": MOST_EXCHANGES,
        "seconds": LONGEST_SILENCE_SECONDS,
    }
    rows = (await session.execute(queries.EARLIER, values)).mappings()
    return [
        Exchange(
            question=row["text"],
            # Its numbers mean other passages than those of the next prompt.
            answer=MARKER.sub("", row["answer"] or ""),
            chunk_ids=[passage["chunk_id"] for passage in row["passages"] or ()],
        )
        for row in rows
    ]


async def look_up(
    search: Search, question: str, exchanges: Sequence[Exchange], *, rewritten: str | None = None
) -> Found | None:
    """Look a question up by itself and with what was asked before it; the surer one counts.

    ``rewritten`` says both in one. None where search refuses the question for good.
    """
    if not exchanges:
        found = await search(question, [])
        return Found(response=found) if found else None
    together = [] if rewritten else [exchange.question for exchange in exchanges]
    alone, continued = await asyncio.gather(
        search(question, []), search(rewritten or question, together)
    )
    if continued and (alone is None or continued.evidence > alone.evidence):
        return Found(response=continued, heard=list(exchanges), rewritten=rewritten)
    return Found(response=alone) if alone else None
