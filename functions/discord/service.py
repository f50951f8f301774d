"""What the commands do: check what can be checked at once, and commit the work as a row."""

import re
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from functions.discord import queries, responses
from functions.discord.conversations import conversations_of
from functions.discord.queries import GoneError, OvertakenError, SeenBeforeError
from functions.discord.responses import notice, replacing, thinking
from functions.discord.saved_messages import cleaned, documents_of, file_name, named
from functions.discord.schemas import Attachment, Command, Reply, Upload, Wake
from functions.runtime.clients import Clients
from functions.runtime.discord.attachments import is_attachment_url
from functions.runtime.discord.messages import progress_message
from functions.runtime.tokens import encrypt_token
from functions.runtime.web.spelling import AddressError, web_address

MAXIMUM_QUESTION = 2000
MAXIMUM_FILE = 25 * 1024 * 1024
MAXIMUM_TITLE = 200
ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
# Discord shows its messages to nobody who is not signed in.
MESSAGE = re.compile(r"https?://(?:\w+\.)?discord(?:app)?\.com/channels/")
Recorded = TypeVar("Recorded")


class UnfitError(Exception):
    """What was given cannot be added; the message says why, to whoever gave it."""


async def ask(clients: Clients, command: Command) -> Reply:
    """Record a question; of one asked ``private`` only its asker sees the answer.

    With ``answered_id`` it continues that answer.
    """
    text = cleaned(command.options.get("question"))
    if not text:
        return notice(responses.NO_QUESTION)
    if len(text) > MAXIMUM_QUESTION:
        return notice(responses.LONG_QUESTION)
    pool = await clients.pool()
    try:
        question_id = await _unless_seen(
            queries.record_question(
                pool,
                command,
                text=text,
                sealed_token=_sealed(clients, command),
                operator_id=clients.settings.operator_id,
            )
        )
    except GoneError:
        return notice(responses.GONE_ANSWER)
    wakes = [Wake(name="question_id", row_id=question_id)] if question_id else []
    return thinking(*wakes, private=command.private)


async def forget(clients: Clients, command: Command) -> Reply:
    """Let nothing that was asked here before be heard with what is asked next."""
    pool = await clients.pool()
    await queries.forget(pool, command, conversations=conversations_of(command))
    return notice(responses.FORGOTTEN)


async def add_document(clients: Clients, command: Command) -> Reply:
    """Record a file or an address, to be fetched and read; its sender alone sees how it goes."""
    if not _may_manage(command):
        return notice(responses.NOT_ALLOWED)
    try:
        upload = _asked_for(clients, command)
    except (UnfitError, AddressError) as error:
        return notice(str(error))
    return await _record(clients, command, [upload])


async def add_message(clients: Clients, command: Command) -> Reply:
    """Record a message's text and each of its files, as documents that lead back to it."""
    if not _may_manage(command):
        return notice(responses.NOT_ALLOWED)
    uploads = documents_of(command, command.message) if command.message else []
    if not uploads:
        return notice(responses.EMPTY_MESSAGE)
    return await _record(clients, command, uploads)


async def retry(clients: Clients, command: Command) -> Reply:
    """Have a version that failed read again, in the message whose button was pressed."""
    if not _may_manage(command):
        return notice(responses.NOT_ALLOWED)
    if (version_id := command.version_id) is None:
        return notice(responses.UNKNOWN_CONTROL)
    pool = await clients.pool()
    sealed = _sealed(clients, command)
    try:
        title = await queries.record_retry(
            pool, command, version_id=version_id, sealed_token=sealed
        )
    except GoneError:
        return notice(responses.GONE_DOCUMENT)
    except OvertakenError:
        return notice(responses.OVERTAKEN_DOCUMENT)
    except SeenBeforeError:
        return responses.UNCHANGED
    wake = Wake(name="version_id", row_id=version_id, again=True)
    return replacing(progress_message(title, stage="received"), wake)


async def wake_workers(clients: Clients, wakes: Sequence[Wake]) -> None:
    """Send the events about committed rows; where that fails, the sweep sends them later."""
    from functions.runtime.events import (  # noqa: PLC0415 - cold start: 130 ms
        DOCUMENT_UPLOADED,
        QUESTION_ASKED,
    )

    kinds = {"question_id": QUESTION_ASKED, "version_id": DOCUMENT_UPLOADED}
    for wake in wakes:
        await clients.events.publish(
            kinds[wake.name], row_id=wake.row_id, name=wake.name, again=wake.again
        )


async def _record(clients: Clients, command: Command, uploads: Sequence[Upload]) -> Reply:
    pool = await clients.pool()
    version_ids = await _unless_seen(
        queries.record_uploads(
            pool,
            command,
            uploads=uploads,
            sealed_token=_sealed(clients, command),
            operator_id=clients.settings.operator_id,
        )
    )
    wakes = [Wake(name="version_id", row_id=version_id) for version_id in version_ids or ()]
    return thinking(*wakes, private=True)


def _may_manage(command: Command) -> bool:
    return bool(command.permissions & (ADMINISTRATOR | MANAGE_GUILD))


def _asked_for(clients: Clients, command: Command) -> Upload:
    """Return what ``/kb add`` was given, of a file and an address the one."""
    file, address = command.options.get("file"), cleaned(command.options.get("url"))
    title = named(command.options.get("title")) or None
    if title and len(title) > MAXIMUM_TITLE:
        raise UnfitError(responses.LONG_TITLE)
    if file and address:
        raise UnfitError(responses.TWO_SOURCES)
    if address:
        url = web_address(address)
        if MESSAGE.match(url):
            raise UnfitError(responses.MESSAGE_ADDRESS)
        return Upload(name=url, title=title, fetch_url=url, source_url=url, origin="url", size=0)
    attachment = command.attachments.get(str(file))
    if attachment is None:
        raise UnfitError(responses.NO_SOURCE)
    if problem := _problem_with(clients, attachment):
        raise UnfitError(problem)
    return Upload(
        name=file_name(attachment),
        title=title,
        replaces=title is not None,
        fetch_url=attachment.url,
        size=attachment.size,
    )


async def _unless_seen(recording: Awaitable[Recorded]) -> Recorded | None:
    """Return what the recording does, or None where Discord delivered the interaction again."""
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
