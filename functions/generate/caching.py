"""An answer given again: to the same question, while the server's documents are the same."""

import hashlib
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from functions.generate import queries
from functions.generate.schemas import Citation, Draft, PassageRecord, Question, Record
from functions.generate.telling import say_the_same
from functions.generate.templates import CURRENT
from functions.runtime.embedder.registry import EMBEDDED
from functions.runtime.settings import Settings

# The nearest other question of XQuAD is this far at the 90th percentile, "Arsenal beat Chelsea" and
# "Chelsea beat Arsenal" are .004 apart, a greeting before a question makes .05: no distance tells
# the same question from another. This one only finds those whose words are worth comparing.
FARTHEST = 0.08
MOST_COMPARED = 20
# What a model could not write this time it may write the next.
LASTING = frozenset({None, "no_model", "unsupported"})


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is found again by: the library it comes from, and its question's meaning."""

    library: bytes
    vector: Any


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was given before, and how it came about."""

    draft: Draft
    evidence: float | None
    record: Record


async def library_of(session: AsyncSession, question: Question, settings: Settings) -> bytes:
    """Return what an answer depends on besides the question: documents, wishes, model, prompt."""
    documents = await session.scalar(queries.LIBRARY, {"guild_id": question.guild_id})
    other = [
        question.gate,
        question.unsupported,
        question.instructions,
        settings.chat_model if settings.ollama_host else None,
        CURRENT,
    ]
    return hashlib.sha256(bytes(documents or b"") + msgspec.json.encode(other)).digest()


async def find_known(session: AsyncSession, question: Question, kept: Kept) -> Known | None:
    """Return the answer that the same question got from the same library."""
    values = {**_values(question, kept), "farthest": FARTHEST}
    similar = await session.execute(queries.SIMILAR, {**values, "most": MOST_COMPARED})
    for row in similar.mappings():
        if say_the_same(question.text, row["text"]):
            return await _read(session, {"question_id": row["id"]})
    return None


async def _read(session: AsyncSession, scope: dict[str, Any]) -> Known | None:
    answered = (await session.execute(queries.KNOWN_ANSWER, scope)).mappings().one_or_none()
    if answered is None:
        return None
    citations = (await session.execute(queries.KNOWN_CITATIONS, scope)).mappings()
    passages = msgspec.convert(answered["passages"] or [], list[PassageRecord])
    return Known(
        draft=Draft(
            text=answered["text"],
            citations=[Citation(**row) for row in citations],
            kind=answered["kind"],
            model=answered["model"],
        ),
        evidence=answered["evidence"],
        record=Record(
            passages=passages,
            prompt_version=answered["prompt_version"],
            cached_from=scope["question_id"],
        ),
    )


async def remember(
    session: AsyncSession,
    question: Question,
    record: Record,
    *,
    settings: Settings,
    kept: Kept,
) -> None:
    """Keep an answer that was just published, unless it says more about the moment.

    Where the library changed while it was written, and of private questions, nothing is kept.
    """
    lasting = record.fallback in LASTING and not record.turns and record.cached_from is None
    if not lasting:
        return
    if await library_of(session, question, settings) != kept.library:
        return
    values = _values(question, kept)
    await session.execute(queries.FORGET_OTHER_LIBRARIES, values)
    await session.execute(queries.REMEMBER, values)


def _values(question: Question, kept: Kept) -> dict[str, Any]:
    return {
        "question_id": question.id,
        "guild_id": question.guild_id,
        "model_id": EMBEDDED.id,
        "library": kept.library,
        "vector": "[" + ",".join(f"{value:.7g}" for value in kept.vector) + "]",
    }
