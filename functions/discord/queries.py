"""The SQL of the webhook, on asyncpg itself: SQLAlchemy would double the start-up time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID, uuid4

from functions.discord.conversations import conversation_of
from functions.discord.schemas import Command, Upload
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
    INSERT INTO questions (id, guild_id, text, origin, asked_by, locale, conversation, follows)
    VALUES ($1, $2, $3, 'discord', $4, $5, $6, $7)
"""

# What was asked privately can be continued by whoever asked it, forgotten or not: the name of a
# conversation goes with it, the interaction stays.
FIND_ANSWER = """
    SELECT true FROM questions WHERE id = $1 AND (asked_by = $2 OR NOT EXISTS (
      SELECT FROM interactions WHERE interactions.question_id = questions.id AND is_private))
"""

FORGET = "UPDATE questions SET conversation = NULL WHERE conversation = ANY($1)"

# The gateway takes the same turn: two files of one title at once are two versions of a document.
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('documents', $1))"

# What a person calls a document goes before its name; what is fetched stays what it is.
FIND_TITLED = """
    SELECT id FROM documents
    WHERE guild_id = $1 AND lower(title) = lower($2) AND origin <> 'url'
    ORDER BY given_title IS NULL, updated_at DESC LIMIT 1 FOR UPDATE
"""

# A file has no address: a link to what it replaced would lead to other words.
RENAME_DOCUMENT = """
    UPDATE documents SET updated_at = now(), title = $2, given_title = $2, source_url = NULL,
      origin = 'discord', uploaded_by = $4, source_name = CASE
      WHEN EXISTS (SELECT FROM documents other WHERE other.guild_id = documents.guild_id
        AND other.id <> documents.id AND other.source_name = $3)
      THEN documents.source_name ELSE $3 END
    WHERE id = $1
"""

# Locks the document until the commit: two uploads of one name get two numbers.
KNOW_DOCUMENT = """
    INSERT INTO documents
      (guild_id, title, source_name, given_title, source_url, origin, uploaded_by)
    VALUES ($1, $4, $2, $3, $5, $6, $7)
    ON CONFLICT (guild_id, source_name) DO UPDATE SET updated_at = now(),
      title = coalesce(excluded.given_title, documents.title),
      given_title = coalesce(excluded.given_title, documents.given_title),
      source_url = coalesce(excluded.source_url, documents.source_url),
      origin = excluded.origin, uploaded_by = excluded.uploaded_by,
      -- A page that a person asks for no longer comes and goes with the list that named it.
      listed_by = NULL
    RETURNING id
"""

RECORD_VERSION = """
    INSERT INTO document_versions
      (id, guild_id, document_id, number, fetch_url, size_bytes, content, content_hash)
    SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, sha256($6)
    FROM document_versions WHERE document_id = $3
"""

FIND_VERSION = """
    SELECT documents.title, EXISTS (
      SELECT FROM document_versions newer
      WHERE newer.document_id = asked.document_id AND newer.number > asked.number) AS overtaken
    FROM document_versions asked JOIN documents ON documents.id = asked.document_id
    WHERE asked.id = $1
"""

OPEN_AGAIN = """
    UPDATE document_versions SET status = 'received', status_reason = NULL,
      progress_stage = 'received', progress_done = 0, progress_total = 0,
      attempts = 0, starts = 0, lease_id = NULL, lease_expires_at = NULL,
      next_attempt_at = now() + interval '20 seconds'
    WHERE id = $1 AND status IN ('failed', 'dead')
"""

RECORD_INTERACTION = """
    INSERT INTO interactions
      (id, guild_id, application_id, channel_id, token, expires_at, question_id, version_id,
       is_private)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (id) DO NOTHING RETURNING true
"""


class SeenBeforeError(Exception):
    """This interaction is already recorded; everything written with it is undone."""


class GoneError(Exception):
    """What a button was about is no longer there."""


class OvertakenError(Exception):
    """A newer version of the document took the place of the one to be read again."""


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
        question_id is None or command.private,
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
    """Commit a question and its interaction; SeenBeforeError where they are there already.

    Raises GoneError where it continues an answer that is not there, or not for everybody.
    """
    question_id = uuid4()
    follows = command.answered_id
    async with _guild(pool, command.guild_id, operator_id=operator_id) as connection:
        if follows and not await connection.fetchval(FIND_ANSWER, follows, command.user_id):
            raise GoneError
        await connection.execute(
            RECORD_QUESTION,
            question_id,
            command.guild_id,
            text,
            command.user_id,
            command.locale,
            conversation_of(command),
            follows,
        )
        await _record_interaction(
            connection, command, sealed_token=sealed_token, question_id=question_id
        )
    return question_id


async def forget(pool: "asyncpg.Pool", command: Command, *, conversations: Sequence[str]) -> None:
    """Take the questions of these conversations out of them."""
    async with _guild(pool, command.guild_id, operator_id=None) as connection:
        await connection.execute(FORGET, list(conversations))


async def record_uploads(
    pool: "asyncpg.Pool",
    command: Command,
    *,
    uploads: Sequence[Upload],
    sealed_token: bytes,
    operator_id: int | None = None,
) -> list[UUID]:
    """Commit a version of each document, new or not; the interaction waits for the first.

    Raises SeenBeforeError where they are there already.
    """
    version_ids = [uuid4() for _ in uploads]
    async with _guild(pool, command.guild_id, operator_id=operator_id) as connection:
        await connection.execute(TAKE_TURN, command.guild_id)
        for version_id, upload in zip(version_ids, uploads, strict=True):
            document_id = await _know_document(connection, command, upload)
            await connection.execute(
                RECORD_VERSION,
                version_id,
                command.guild_id,
                document_id,
                upload.fetch_url,
                upload.size,
                upload.content,
            )
        await _record_interaction(
            connection, command, sealed_token=sealed_token, version_id=version_ids[0]
        )
    return version_ids


async def _know_document(connection: "Connection", command: Command, upload: Upload) -> UUID:
    """Return the document that is called so, or has that name, made if need be."""
    if upload.replaces:
        titled: UUID | None = await connection.fetchval(FIND_TITLED, command.guild_id, upload.title)
        if titled:
            await connection.execute(
                RENAME_DOCUMENT, titled, upload.title, upload.name, command.user_id
            )
            return titled
    document_id: UUID = await connection.fetchval(
        KNOW_DOCUMENT,
        command.guild_id,
        upload.name,
        upload.title,
        upload.first_title,
        upload.source_url,
        upload.origin,
        command.user_id,
    )
    return document_id


async def record_retry(
    pool: "asyncpg.Pool", command: Command, *, version_id: UUID, sealed_token: bytes
) -> str:
    """Open a failed version again and have its end told to this interaction; return its title.

    Raises GoneError, OvertakenError, and SeenBeforeError where the click came before.
    """
    async with _guild(pool, command.guild_id, operator_id=None) as connection:
        found = await connection.fetchrow(FIND_VERSION, version_id)
        if found is None:
            raise GoneError
        if found["overtaken"]:
            raise OvertakenError
        await connection.execute(OPEN_AGAIN, version_id)
        await _record_interaction(
            connection, command, sealed_token=sealed_token, version_id=version_id
        )
    title: str = found["title"]
    return title
