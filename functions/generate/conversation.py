"""What was asked and answered before in a conversation, and whether a question continues it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from functions.generate import queries
from functions.generate.schemas import Exchange
from functions.generate.verification import MARKER
from functions.runtime.passages import SearchResponse

MOST_EXCHANGES = 3
# After this much silence nobody means what was said before.
LONGEST_SILENCE_SECONDS = 3600.0


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


def continues(alone: SearchResponse, together: SearchResponse) -> bool:
    """Tell whether a question is better understood with what was asked before it."""
    return together.evidence > alone.evidence


def asked_before(exchanges: Sequence[Exchange]) -> list[str]:
    """Return the questions of a conversation, as search hears them."""
    return [exchange.question for exchange in exchanges]
