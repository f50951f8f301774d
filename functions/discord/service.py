"""What the commands do: check what can be checked at once, and commit the work as a row."""

from collections.abc import Awaitable
from uuid import UUID

from functions.discord import queries, responses
from functions.discord.queries import SeenBeforeError, Upload
from functions.discord.responses import notice, thinking
from functions.discord.schemas import Attachment, Command, Reply, Wake
from functions.runtime.clients import Clients
from functions.runtime.discord.attachments import is_attachment_url
from functions.runtime.tokens import encrypt_token

MAXIMUM_QUESTION = 2000
MAXIMUM_FILE = 25 * 1024 * 1024
MAXIMUM_NAME = 200
ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5


async def ask(clients: Clients, command: Command) -> Reply:
    """Record a question; of one asked ``private`` only its asker sees the answer."""
    text = _cleaned(command.options.get("question"))
    if not text:
        return notice(responses.NO_QUESTION)
    if len(text) > MAXIMUM_QUESTION:
        return notice(responses.LONG_QUESTION)
    pool = await clients.pool()
    question_id = await _unless_seen(
        queries.record_question(
            pool,
            command,
            text=text,
            sealed_token=_sealed(clients, command),
            operator_id=clients.settings.operator_id,
        )
    )
    wake = Wake(name="question_id", row_id=question_id) if question_id else None
    return thinking(wake, private=command.options.get("private") is True)


async def add_document(clients: Clients, command: Command) -> Reply:
    """Record an attached file, to be fetched and read; its sender alone sees what becomes of it."""
    if not command.permissions & (ADMINISTRATOR | MANAGE_GUILD):
        return notice(responses.NOT_ALLOWED)
    attachment = command.attachments.get(str(command.options.get("file")))
    if attachment is None:
        return notice(responses.NO_FILE)
    if problem := _problem_with(clients, attachment):
        return notice(problem)
    name = _cleaned(attachment.filename)[-MAXIMUM_NAME:] or "document"
    upload = Upload(name=name, url=attachment.url, size=attachment.size)
    pool = await clients.pool()
    version_id = await _unless_seen(
        queries.record_upload(
            pool,
            command,
            upload=upload,
            sealed_token=_sealed(clients, command),
            operator_id=clients.settings.operator_id,
        )
    )
    wake = Wake(name="version_id", row_id=version_id) if version_id else None
    return thinking(wake, private=True)


async def wake_worker(clients: Clients, wake: Wake) -> None:
    """Send the event about a committed row; where that fails, the sweep sends it later."""
    from functions.runtime.events import (  # noqa: PLC0415 - cold start: 130 ms
        DOCUMENT_UPLOADED,
        QUESTION_ASKED,
    )

    kinds = {"question_id": QUESTION_ASKED, "version_id": DOCUMENT_UPLOADED}
    await clients.events.publish(kinds[wake.name], row_id=wake.row_id, name=wake.name)


async def _unless_seen(recording: Awaitable[UUID]) -> UUID | None:
    """Return the new row's id, or None where Discord delivered the interaction again."""
    try:
        return await recording
    except SeenBeforeError:
        return None


def _problem_with(clients: Clients, attachment: Attachment) -> str | None:
    settings = clients.settings
    simulator = settings.simulator if settings.in_development else None
    if not is_attachment_url(attachment.url, simulator=simulator):
        return responses.FOREIGN_FILE
    if attachment.size > MAXIMUM_FILE:
        return responses.LARGE_FILE
    return responses.EMPTY_FILE if attachment.size <= 0 else None


def _sealed(clients: Clients, command: Command) -> bytes:
    key = clients.settings.secret()
    return encrypt_token(command.token, key=key, interaction_id=command.interaction_id)


def _cleaned(text: object) -> str:
    # The one character that PostgreSQL's text cannot hold.
    return text.replace("\0", "").strip() if isinstance(text, str) else ""
