"""What was asked and answered before in a conversation, and whether a question continues it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import log
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
# nDCG@10 of XQuAD's questions, en and de, after two unrelated ones, and of MTRAG-UN's follow-ups.
# By themselves: .990, .980, .791; always with what was asked before: .971, .941, .890. With it
# where the gain is at least 0: .988, .973, .876; at least -3, where a button said that it is a
# follow-up: .977, .955, .885.
LEAST_GAIN = 0.0
LEAST_GAIN_OF_FOLLOW_UP = -3.0
COSINE_WEIGHT = 60.0
LEAST_PROBABILITY = 1e-4


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


def _gain(alone: SearchResponse, continued: SearchResponse) -> float:
    """Return how much surer a question is with what was asked before it."""
    return (
        _logit(continued.evidence)
        - _logit(alone.evidence)
        + COSINE_WEIGHT * (_nearest(continued) - _nearest(alone))
    )


def _logit(probability: float) -> float:
    bounded = min(max(probability, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY)
    return log(bounded / (1 - bounded))


def _nearest(found: SearchResponse) -> float:
    return (found.passages[0].cosine or 0.0) if found.passages else 0.0


async def look_up(
    search: Search,
    question: str,
    exchanges: Sequence[Exchange],
    *,
    rewritten: str | None = None,
    is_follow_up: bool = False,
) -> Found | None:
    """Look a question up by itself and with what was asked before it; the surer one counts.

    ``rewritten`` says both in one; ``is_follow_up`` where it was put to an answer on purpose. None
    where search refuses the question for good.
    """
    if not exchanges:
        found = await search(question, [])
        return Found(response=found) if found else None
    together = [] if rewritten else [exchange.question for exchange in exchanges]
    alone, continued = await asyncio.gather(
        search(question, []), search(rewritten or question, together)
    )
    least = LEAST_GAIN_OF_FOLLOW_UP if is_follow_up else LEAST_GAIN
    if continued and (alone is None or _gain(alone, continued) >= least):
        return Found(response=continued, heard=list(exchanges), rewritten=rewritten)
    return Found(response=alone) if alone else None
