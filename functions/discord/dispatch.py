"""From a verified body to the answer Discord gets at once, whatever happens on our side."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from discord_interactions import InteractionType

from functions.discord import responses, service
from functions.discord.conversations import QUESTION, follow_up_form
from functions.discord.responses import notice
from functions.discord.schemas import (
    Command,
    CommandData,
    ComponentData,
    Interaction,
    ModalData,
    Reply,
)
from functions.discord.verification import Application
from functions.runtime.clients import Clients
from functions.runtime.discord.messages import FOLLOW, RETRY
from functions.runtime.errors import InvalidRequestError

log = logging.getLogger(__name__)
# Discord hangs up after 3 s, its network included.
BUDGET_SECONDS = 1.8
CHAT_INPUT, ON_MESSAGE = 1, 3
THREADS = frozenset({10, 11, 12})
EPHEMERAL = 64
HANDLERS = {
    (CHAT_INPUT, "ask"): service.ask,
    (CHAT_INPUT, "forget"): service.forget,
    (CHAT_INPUT, "kb add"): service.add_document,
    (ON_MESSAGE, "Add to knowledge base"): service.add_message,
}
Shape = TypeVar("Shape")
# Work that ran out of time and is about to stop; the event loop itself keeps no reference to it.
_abandoned: set[asyncio.Task[Reply]] = set()


def read_interaction(raw: bytes, *, application: Application) -> Interaction:
    """Read a verified body; refuse what is no interaction with the application that signed it."""
    try:
        interaction = msgspec.json.decode(raw, type=Interaction)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError("The body is not an interaction.") from error
    if interaction.type == InteractionType.PING and interaction.application_id is None:
        return interaction
    if interaction.application_id != str(application.application_id):
        raise InvalidRequestError("The interaction is meant for another application.")
    return interaction


async def respond(clients: Clients, interaction: Interaction) -> Reply:
    """Return the answer to an interaction; an unknown type is an InvalidRequestError."""
    match interaction.type:
        case InteractionType.PING:
            return responses.PONG
        case InteractionType.APPLICATION_COMMAND:
            return await _run(clients, interaction)
        case InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE:
            return responses.NO_CHOICES
        case InteractionType.MESSAGE_COMPONENT:
            return await _press(clients, interaction)
        case InteractionType.MODAL_SUBMIT:
            return await _submit(clients, interaction)
    raise InvalidRequestError("The interaction is of an unknown type.")


async def _run(clients: Clients, interaction: Interaction) -> Reply:
    data = _decoded(interaction.data, CommandData)
    words, options = data.flattened()
    handle = HANDLERS.get((data.type, words))
    if handle is None:
        return notice(responses.UNKNOWN_COMMAND)
    if interaction.agreed_guild is None:
        return notice(responses.NOT_IN_SERVER)
    resolved = data.resolved
    command = msgspec.structs.replace(
        _command(interaction),
        options=options,
        private=options.get("private") is True,
        attachments=resolved.attachments if resolved else {},
        message=resolved.messages.get(data.target_id or "") if resolved else None,
    )
    return await _within_budget(handle(clients, command), command)


async def _press(clients: Clients, interaction: Interaction) -> Reply:
    """Answer a button; whatever is not ours, or no longer, gets a sentence."""
    pressed = _decoded(interaction.data, ComponentData).custom_id
    if interaction.agreed_guild and _named(pressed, FOLLOW):
        # A form has to be the very first answer.
        return follow_up_form(pressed)
    version_id = _named(pressed, RETRY)
    if version_id is None or interaction.agreed_guild is None:
        return notice(responses.UNKNOWN_CONTROL)
    command = msgspec.structs.replace(_command(interaction), version_id=version_id)
    return await _within_budget(service.retry(clients, command), command)


async def _submit(clients: Clients, interaction: Interaction) -> Reply:
    """Take the question of a form that continues an answer."""
    form = _decoded(interaction.data, ModalData)
    answered_id = _named(form.custom_id, FOLLOW)
    if answered_id is None or interaction.agreed_guild is None:
        return notice(responses.UNKNOWN_CONTROL)
    asked = form.values().get(QUESTION)
    command = msgspec.structs.replace(
        _command(interaction),
        answered_id=answered_id,
        options={"question": asked if isinstance(asked, str) else ""},
        private=bool(interaction.message and interaction.message.flags & EPHEMERAL),
    )
    return await _within_budget(service.ask(clients, command), command)


def _named(custom_id: str, action: str) -> UUID | None:
    """Return the id that a control of ours names behind its action, None for another's."""
    try:
        return UUID(custom_id.removeprefix(action)) if custom_id.startswith(action) else None
    except ValueError:
        return None


def _decoded(raw: msgspec.Raw, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError("The interaction does not say what was called.") from error


def _command(interaction: Interaction) -> Command:
    if interaction.id is None or not interaction.token:
        raise InvalidRequestError("The interaction lacks its id or its token.")
    member, caller = interaction.member, interaction.caller
    return Command(
        interaction_id=int(interaction.id),
        application_id=int(interaction.application_id or 0),
        guild_id=interaction.agreed_guild or 0,
        channel_id=int(interaction.channel_id) if interaction.channel_id else None,
        user_id=int(caller.id) if caller else None,
        permissions=int(member.permissions) if member else 0,
        token=interaction.token,
        locale=interaction.locale,
        in_thread=bool(interaction.channel and interaction.channel.type in THREADS),
    )


async def _within_budget(work: Coroutine[Any, Any, Reply], command: Command) -> Reply:
    """Return what the work does, or an apology where it fails or takes too long."""
    task = asyncio.create_task(work)
    # Not wait_for: it would wait for the roll-back too, and a database that hangs hangs there.
    await asyncio.wait({task}, timeout=BUDGET_SECONDS)
    if not task.done():
        log.error("interaction timed out", extra={"interaction": command.interaction_id})
        _abandon(task)
        return notice(responses.UNAVAILABLE)
    try:
        return task.result()
    except Exception:
        log.exception("interaction failed", extra={"interaction": command.interaction_id})
        return notice(responses.UNAVAILABLE)


def _abandon(task: asyncio.Task[Reply]) -> None:
    def forget(ended: asyncio.Task[Reply]) -> None:
        _abandoned.discard(ended)
        if not ended.cancelled() and (error := ended.exception()):
            log.warning("abandoned work failed", extra={"reason": type(error).__name__})

    _abandoned.add(task)
    task.add_done_callback(forget)
    task.cancel()
