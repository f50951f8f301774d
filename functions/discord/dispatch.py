"""From a verified body to the answer Discord gets at once, whatever happens on our side."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import msgspec
from discord_interactions import InteractionType

from functions.discord import responses, service
from functions.discord.responses import notice
from functions.discord.schemas import Command, CommandData, Interaction, Reply
from functions.discord.verification import Application
from functions.runtime.clients import Clients
from functions.runtime.errors import InvalidRequestError

log = logging.getLogger(__name__)
# Discord hangs up after 3 s, its network included.
BUDGET_SECONDS = 1.8
CHAT_INPUT = 1
HANDLERS = {"ask": service.ask, "kb add": service.add_document}
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
        case InteractionType.MESSAGE_COMPONENT | InteractionType.MODAL_SUBMIT:
            return notice(responses.UNKNOWN_CONTROL)
    raise InvalidRequestError("The interaction is of an unknown type.")


async def _run(clients: Clients, interaction: Interaction) -> Reply:
    try:
        data = msgspec.json.decode(interaction.data, type=CommandData)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError("The interaction holds no command.") from error
    words, options = data.flattened()
    handle = HANDLERS.get(words) if data.type == CHAT_INPUT else None
    if handle is None:
        return notice(responses.UNKNOWN_COMMAND)
    if interaction.agreed_guild is None:
        return notice(responses.NOT_IN_SERVER)
    command = _command(interaction, data, options)
    return await _within_budget(handle(clients, command), command)


def _command(interaction: Interaction, data: CommandData, options: dict[str, Any]) -> Command:
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
        options=options,
        attachments=data.resolved.attachments if data.resolved else {},
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
