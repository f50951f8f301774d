"""What the gateway asks the database about questions, and how far their answers are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Citation, Interaction, Question
from gateway.queries import Position, Rows

ENDED = ("answered", "refused", "failed")
MOST_OF_CONVERSATION = 50

WAITING = func.lore_waiting_turns().table_valued("id", "place", name="waiting")


def _questions(guild_id: int) -> Select[Any]:
    return select(
        Question.id,
        Question.text,
        Question.origin,
        Question.status,
        Question.answer,
        Question.answer_kind,
        Question.failure_reason,
        Question.timings,
        Question.asked_at,
        Question.answered_at,
        Question.delivered_at,
        Question.asked_by,
        Question.conversation,
        Question.stage,
        Question.partial,
        Question.cancelled_at,
        # Of the record what every reader is told; the whole of it is for moderators.
        Question.record["fallback"].astext.label("fallback"),
        Question.record["cached_from"].astext.label("cached_from"),
    ).where(Question.guild_id == guild_id)


def _readable_by(viewer_id: int) -> ColumnElement[bool]:
    """Of what was asked privately in Discord only its asker sees question and answer."""
    own = Interaction.question_id == Question.id
    private = exists().where(own, Interaction.is_private).correlate(Question)
    return or_(Question.asked_by == viewer_id, not_(private))


async def count_questions(session: AsyncSession, guild_id: int, *, viewer_id: int) -> int:
    """Return how many questions there are to read."""
    statement = select(func.count()).where(Question.guild_id == guild_id, _readable_by(viewer_id))
    return await session.scalar(statement) or 0


async def questions(
    session: AsyncSession, guild_id: int, *, viewer_id: int, limit: int, after: Position | None
) -> Rows:
    """Return questions, the latest first."""
    statement = _questions(guild_id).where(_readable_by(viewer_id))
    if after is not None:
        moment, last_id = after
        statement = statement.where(
            or_(
                Question.asked_at < moment,
                and_(Question.asked_at == moment, Question.id > last_id),
            )
        )
    ordered = statement.order_by(Question.asked_at.desc(), Question.id).limit(limit)
    return list((await session.execute(ordered)).all())


async def question(
    session: AsyncSession, guild_id: int, question_id: UUID, *, viewer_id: int
) -> Row[Any] | None:
    """Return one question."""
    statement = _questions(guild_id).where(Question.id == question_id, _readable_by(viewer_id))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    return row


async def question_of_interaction(
    session: AsyncSession, guild_id: int, interaction_id: int, *, viewer_id: int
) -> Row[Any] | None:
    """Return the question that a Discord interaction asked."""
    statement = (
        _questions(guild_id)
        .join(Interaction, Interaction.question_id == Question.id)
        .where(Interaction.id == interaction_id, _readable_by(viewer_id))
    )
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    return row


async def citations(session: AsyncSession, question_ids: Sequence[UUID]) -> Rows:
    """Return the citations of several questions, by number."""
    statement = (
        select(
            Citation.question_id,
            Citation.number,
            Citation.title,
            Citation.location,
            Citation.url,
            Citation.quote,
            Citation.document_id,
        )
        .where(Citation.question_id.in_(question_ids))
        .order_by(Citation.number)
    )
    return (await session.execute(statement)).all()


async def create_question(session: AsyncSession, guild_id: int, **values: Any) -> Row[Any]:
    """Store a question and return it as :func:`question` would."""
    statement = (
        insert(Question)
        .values(guild_id=guild_id, **values)
        .returning(*_questions(guild_id).selected_columns)
    )
    row: Row[Any] = (await session.execute(statement)).one()
    return row


async def cancel(session: AsyncSession, guild_id: int, question_id: UUID) -> Row[Any] | None:
    """Have the answering of a question stopped; None where it has ended."""
    statement = (
        update(Question)
        .where(
            Question.guild_id == guild_id, Question.id == question_id, Question.status.not_in(ENDED)
        )
        .values(cancelled_at=func.coalesce(Question.cancelled_at, func.clock_timestamp()))
        .returning(*_questions(guild_id).selected_columns)
    )
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    return row


async def progress(
    session: AsyncSession, guild_id: int, question_id: UUID, *, viewer_id: int
) -> Row[Any] | None:
    """Return how far the answer to a question is, in one statement: pages ask four times a second.

    Whose turn it is, is worked out for a question that waits, and for no other.
    """
    place = select(WAITING.c.place).where(WAITING.c.id == Question.id).scalar_subquery()
    statement = select(
        Question.status,
        Question.stage,
        Question.partial,
        Question.cancelled_at.is_not(None).label("is_stopped"),
        case((Question.stage == "queued", place)).label("place"),
    ).where(Question.guild_id == guild_id, Question.id == question_id, _readable_by(viewer_id))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    return row


async def places(session: AsyncSession, question_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the places of those questions that wait for the language model."""
    waiting = select(WAITING.c.id, WAITING.c.place).where(WAITING.c.id.in_(question_ids))
    return {row.id: row.place for row in await session.execute(waiting)}


async def records(session: AsyncSession, question_ids: Sequence[UUID]) -> Rows:
    """Return how the answers to several questions came about."""
    statement = select(Question.id, Question.model, Question.evidence, Question.record).where(
        Question.id.in_(question_ids)
    )
    return (await session.execute(statement)).all()


async def conversation(session: AsyncSession, guild_id: int, name: str) -> list[Row[Any]]:
    """Return the last questions of a conversation, the earliest first."""
    latest = (
        _questions(guild_id)
        .where(Question.conversation == name)
        .order_by(Question.asked_at.desc(), Question.id)
        .limit(MOST_OF_CONVERSATION)
    )
    return list((await session.execute(latest)).all())[::-1]


async def is_of(
    session: AsyncSession, guild_id: int, question_id: UUID | None, *, conversation: str
) -> bool:
    """Tell whether a question belongs to this conversation."""
    statement = select(
        exists().where(
            Question.guild_id == guild_id,
            Question.id == question_id,
            Question.conversation == conversation,
        )
    )
    return bool(await session.scalar(statement))


async def forget_conversation(session: AsyncSession, guild_id: int, name: str) -> int:
    """Take the questions of a conversation out of it; return how many there were."""
    statement = (
        update(Question)
        .where(Question.guild_id == guild_id, Question.conversation == name)
        .values(conversation=None)
        .returning(Question.id)
    )
    return len((await session.scalars(statement)).all())
