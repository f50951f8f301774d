"""The SQL of the webhook, on asyncpg itself: SQLAlchemy would double the start-up time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID, uuid4

import msgspec

from functions.discord.schemas import Command
from functions.runtime.discord.snowflakes import token_expires_at

if TYPE_CHECKING:
    import asyncpg

    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

SCOPE = "SELECT set_config('lore.guild_id', $1, true)"

KNOW_GUILD = """
    INSERT INTO guilds (guild_id, name) VALUES ($1, $2) ON CONFLICT (guild_id) DO NOTHING
"""

# On a laptop its operator sees every server on the dashboard; elsewhere $2 is null.
KNOW_OPERATOR = """
    INSERT INTO memberships (guild_id, user_id, role)
    SELECT $1, $2, 'administrator' WHERE $2::bigint IS NOT NULL ON CONFLICT DO NOTHING
"""

RECORD_QUESTION = """
    INSERT INTO questions (id, guild_id, text, origin, asked_by, locale)
    VALUES ($1, $2, $3, 'discord', $4, $5)
"""

# Locks the document until the commit: two uploads of one name get two numbers.
KNOW_DOCUMENT = """
    INSERT INTO documents (guild_id, title, source_name, origin, uploaded_by)
    VALUES ($1, $2, $2, 'discord', $3)
    ON CONFLICT (guild_id, source_name) DO UPDATE SET updated_at = now()
    RETURNING id
"""

RECORD_VERSION = """
    INSERT INTO document_versions (id, guild_id, document_id, number, fetch_url, size_bytes)
    SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5
    FROM document_versions WHERE document_id = $3
"""

RECORD_INTERACTION = """
    INSERT INTO interactions
      (id, guild_id, application_id, channel_id, token, expires_at, question_id, version_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (id) DO NOTHING RETURNING true
"""


class SeenBeforeError(Exception):
    """This interaction is already recorded; everything written with it is undone."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits at Discord to be fetched."""

    name: str
    url: str
    size: int


@asynccontextmanager
async def _guild(
    pool: "asyncpg.Pool", guild_id: int, *, operator_id: int | None
) -> AsyncIterator["Connection"]:
    """Open a transaction that sees this server's rows alone, and makes sure of the server."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(SCOPE, str(guild_id))
        await connection.execute(KNOW_GUILD, guild_id, f"Server {guild_id}")
        await connection.execute(KNOW_OPERATOR, guild_id, operator_id)
        yield connection


async def _record_interaction(
    connection: "Connection",
    command: Command,
    *,
    sealed_token: bytes,
    question_id: UUID | None = None,
    version_id: UUID | None = None,
) -> None:
    new = await connection.fetchval(
        RECORD_INTERACTION,
        command.interaction_id,
        command.guild_id,
        command.application_id,
        command.channel_id,
        sealed_token,
        token_expires_at(command.interaction_id),
        question_id,
        version_id,
    )
    if not new:
        raise SeenBeforeError


async def record_question(
    pool: "asyncpg.Pool",
    command: Command,
    *,
    text: str,
    sealed_token: bytes,
    operator_id: int | None = None,
) -> UUID:
    """Commit a question and its interaction; SeenBeforeError where they are there already."""
    question_id = uuid4()
    async with _guild(pool, command.guild_id, operator_id=operator_id) as connection:
        await connection.execute(
            RECORD_QUESTION, question_id, command.guild_id, text, command.user_id, command.locale
        )
        await _record_interaction(
            connection, command, sealed_token=sealed_token, question_id=question_id
        )
    return question_id


async def record_upload(
    pool: "asyncpg.Pool",
    command: Command,
    *,
    upload: Upload,
    sealed_token: bytes,
    operator_id: int | None = None,
) -> UUID:
    """Commit a version of the document of that name, new or not; SeenBeforeError likewise."""
    version_id = uuid4()
    async with _guild(pool, command.guild_id, operator_id=operator_id) as connection:
        document_id = await connection.fetchval(
            KNOW_DOCUMENT, command.guild_id, upload.name, command.user_id
        )
        await connection.execute(
            RECORD_VERSION, version_id, command.guild_id, document_id, upload.url, upload.size
        )
        await _record_interaction(
            connection, command, sealed_token=sealed_token, version_id=version_id
        )
    return version_id
