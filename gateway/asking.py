"""What becomes of a question: asked, stopped, and heard again in its conversation or forgotten."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from functions.runtime.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
)
from functions.runtime.events import QUESTION_ASKED
from gateway import questions
from gateway.authorization import Access, parse_snowflake
from gateway.service import Page, check_page_size, clean, page_of, parse_id, position_of
from gateway.words import Role

LONGEST_QUESTION = 2000
QUESTION_ORIGINS = ("dashboard", "cli")


async def page(access: Access, *, first: int, after: str | None) -> Page:
    """Return a page of questions."""
    check_page_size(first)
    guild_id, viewer_id = access.guild.guild_id, access.viewer.user_id
    position = position_of(after)
    async with access.transaction() as session:
        rows = await questions.questions(
            session, guild_id, viewer_id=viewer_id, limit=first + 1, after=position
        )
        total = await questions.count_questions(session, guild_id, viewer_id=viewer_id)
    return page_of(rows, first=first, total=total, moment="asked_at")


async def _readable(session: AsyncSession, access: Access, question_id: UUID) -> Row[Any] | None:
    return await questions.question(
        session, access.guild.guild_id, question_id, viewer_id=access.viewer.user_id
    )


async def one(access: Access, question_id: str) -> Row[Any] | None:
    """Return one question, if there is one of that id in this guild."""
    if (row_id := parse_id(question_id)) is None:
        return None
    async with access.transaction() as session:
        return await _readable(session, access, row_id)


async def of_interaction(access: Access, interaction_id: str) -> Row[Any] | None:
    """Return the question a Discord interaction asked in this guild, if it asked one."""
    if (number := parse_snowflake(interaction_id)) is None:
        return None
    async with access.transaction() as session:
        return await questions.question_of_interaction(
            session, access.guild.guild_id, number, viewer_id=access.viewer.user_id
        )


def conversation_name(access: Access, conversation: str) -> str:
    """Return under which name a person's conversation is stored: nobody else can say theirs."""
    if (identity := parse_id(conversation)) is None:
        raise InvalidRequestError("A conversation's id is a UUID. Leave it out to begin a new one.")
    return f"dashboard:{access.viewer.user_id}:{identity}"


def conversation_id(access: Access, name: str | None) -> str | None:
    """Return a stored conversation's id where it is this person's; see conversation_name."""
    prefix = f"dashboard:{access.viewer.user_id}:"
    return name.removeprefix(prefix) if name and name.startswith(prefix) else None


async def ask(
    access: Access, words: str, *, origin: str, conversation: str | None, follows: str | None
) -> Row[Any]:
    """Store a question and wake whoever answers it.

    ``follows`` names a question of the same conversation, which it is put to.
    """
    asked = clean(words)
    if not 1 <= len(asked) <= LONGEST_QUESTION:
        raise InvalidRequestError(f"Ask with 1 to {LONGEST_QUESTION} characters.")
    if origin not in QUESTION_ORIGINS:
        raise InvalidRequestError(f"A question's origin is {' or '.join(QUESTION_ORIGINS)}.")
    name = conversation_name(access, conversation) if conversation else None
    followed = parse_id(follows) if follows else None
    # Named before the row is written: without a broker nothing is stored that nobody would answer.
    events = access.clients.events
    guild_id = access.guild.guild_id
    async with access.transaction() as session:
        if follows and not (
            name and await questions.is_of(session, guild_id, followed, conversation=name)
        ):
            raise NotFoundError("The answer to continue is not in this conversation. Ask anew.")
        row = await questions.create_question(
            session,
            guild_id,
            text=asked,
            origin=origin,
            asked_by=access.viewer.user_id,
            conversation=name,
            follows=followed,
        )
    await events.publish(QUESTION_ASKED, row_id=row.id, name="question_id")
    return row


def _refuse_others(access: Access, row: Row[Any]) -> None:
    is_own = row.asked_by == access.viewer.user_id
    if not is_own and not access.guild.role.covers(Role.MODERATOR):
        raise ForbiddenError("Only who asked and the moderators may stop an answer.")


async def stop(access: Access, question_id: str) -> Row[Any]:
    """Have an answer end with what there is of it; a second time changes nothing.

    Raises ForbiddenError for others than its asker and moderators, ConflictError where it ended.
    """
    events = access.clients.events
    if (row_id := parse_id(question_id)) is None:
        raise NotFoundError
    async with access.transaction() as session:
        row = await _readable(session, access, row_id)
        if row is None:
            raise NotFoundError
        _refuse_others(access, row)
        if row.cancelled_at is None:
            row = await questions.cancel(session, access.guild.guild_id, row_id)
    if row is None:
        raise ConflictError("This answer has ended already, so there is nothing to stop.")
    # A worker that writes learns of it from the row; a question that waits has no worker.
    await events.publish(QUESTION_ASKED, row_id=row_id, name="question_id", again=True)
    return row


async def conversation(access: Access, conversation: str) -> list[Row[Any]]:
    """Return the questions of a conversation of this person, the earliest first."""
    name = conversation_name(access, conversation)
    async with access.transaction() as session:
        return await questions.conversation(session, access.guild.guild_id, name)


async def forget_conversation(access: Access, conversation: str) -> int:
    """Have a conversation not heard again; return how many questions it had.

    The questions stay in the guild's list, as questions that stand alone.
    """
    name = conversation_name(access, conversation)
    async with access.transaction() as session:
        return await questions.forget_conversation(session, access.guild.guild_id, name)
