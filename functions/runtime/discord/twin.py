"""A twin of Discord's API for tests and for ``lore simulate``: the real shapes, nobody's server."""

from collections.abc import Awaitable, Callable
from email.message import Message as EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from functions.runtime.app import create_app, read_body
from functions.runtime.discord.patience import REAL_CLOCK, Clock
from functions.runtime.discord.twin_state import (
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    Conversation,
    Fault,
    Memory,
    Payload,
    RefusedError,
    UploadedFile,
)

API = "/api/v10"
ORIGINAL = "@original"
MAXIMUM_FILE = 32 * 1024 * 1024
NO_AGENT = Fault(status=403, code=40333, message="Internal network error")
NO_BOT = Fault(status=401, code=0, message="401: Unauthorized")
NOT_JSON = Fault(status=400, code=50109, message="The request body contains invalid JSON.")
Endpoint = Callable[[Request], Awaitable[Response]]


class Twin:
    """Discord's side of an interaction; ``app`` answers Discord's API and the controls.

    The controls under ``/simulator`` belong to a laptop: whoever reaches them reads every answer.
    """

    def __init__(
        self, *, api_url: str = "http://discord.test/api/v10", clock: Clock = REAL_CLOCK
    ) -> None:
        self._origin = api_url.rstrip("/").removesuffix(API)
        self._memory = Memory(clock=clock)
        self.app = create_app([*_api_routes(self._memory), *_control_routes(self)])
        self.app.add_exception_handler(RefusedError, _refuse)

    def announce(
        self,
        token: str,
        application_id: int,
        *,
        acknowledged: bool = False,
        ephemeral: bool = False,
    ) -> None:
        """Make an interaction's token known; without that every call with it is a 404."""
        self._memory.announce(token, application_id, acknowledged=acknowledged, ephemeral=ephemeral)

    def acknowledge(self, token: str) -> None:
        """Let edits through from now on, as Discord does once it has read our first answer."""
        if conversation := self._memory.find(token):
            conversation.acknowledged = True

    def inject(self, token: str, *faults: Fault) -> None:
        """Answer the next calls with these faults, in order."""
        if conversation := self._memory.find(token):
            conversation.faults.extend(faults)

    def payloads(self, token: str) -> list[Payload]:
        """Return every payload that arrived with a token, in order."""
        conversation = self._memory.find(token)
        return list(conversation.payloads) if conversation else []

    def message(self, token: str) -> Payload | None:
        """Return the first answer as a member sees it now."""
        conversation = self._memory.find(token)
        return conversation.messages.get(ORIGINAL) if conversation else None

    def messages(self, token: str) -> list[Payload]:
        """Return every message of an interaction as a member sees it now, the first one first."""
        conversation = self._memory.find(token)
        return list(conversation.messages.values()) if conversation else []

    def file(self, url: str) -> bytes:
        """Return what lies under a file's URL."""
        return self._memory.file_at(url.removeprefix(self._origin))

    def channel(self, channel_id: int) -> list[Payload]:
        """Return what the bot wrote into a channel, in order."""
        return list(self._memory.channels.get(channel_id, []))

    def knows(self, token: str) -> bool:
        """Tell whether a token was announced and is not forgotten."""
        return self._memory.find(token) is not None

    def attach(self, name: str, content: bytes) -> str:
        """Put a file where members' uploads lie, and return its URL."""
        return self._origin + self._memory.keep_file(name, content)

    def commands(self, application_id: int) -> list[Payload]:
        """Return the commands an application has registered."""
        return self._memory.commands.get(application_id, [])


def _refusal(fault: Fault) -> Response:
    body: Payload = {"message": fault.message, "code": fault.code}
    headers = {}
    if fault.retry_after is not None:
        body = {"message": fault.message, "retry_after": fault.retry_after, "global": False}
        headers = {"retry-after": str(int(fault.retry_after) + 1), "x-ratelimit-scope": "user"}
    return JSONResponse(body, fault.status, headers=headers)


async def _refuse(_: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    return _refusal(error.fault)


def _as_discord(memory: Memory, handle: Callable[..., Awaitable[Response]]) -> Endpoint:
    """Wrap an endpoint in what Discord demands of every call."""

    async def endpoint(request: Request) -> Response:
        if not request.headers.get("user-agent", "").startswith("DiscordBot ("):
            raise RefusedError(NO_AGENT)
        return await handle(memory, request)

    return endpoint


async def _json(request: Request, *, shape: Any) -> Any:
    body = await read_body(request, maximum=MAXIMUM_FILE)
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError:
        raise RefusedError(NOT_JSON) from None


async def _message(request: Request) -> tuple[Payload, list[UploadedFile]]:
    """Return a message and the files that came with it."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return await _json(request, shape=Payload), []
    body = await read_body(request, maximum=MAXIMUM_FILE)
    form = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
    parts = {part.get_param("name", header="content-disposition"): part for part in form.walk()}
    try:
        payload = msgspec.json.decode(_content(parts["payload_json"]), type=Payload)
    except (KeyError, msgspec.DecodeError):
        raise RefusedError(NOT_JSON) from None
    files = [
        UploadedFile(name=part.get_filename() or "", content=_content(part))
        for name, part in parts.items()
        if str(name).startswith("files[")
    ]
    return payload, files


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _conversation(memory: Memory, request: Request) -> Conversation:
    path = request.path_params
    return memory.open(path["token"], path["application"])


async def _edit(memory: Memory, request: Request) -> Response:
    conversation = _conversation(memory, request)
    key = request.path_params["message"]
    if key != ORIGINAL and key not in conversation.messages:
        raise RefusedError(UNKNOWN_MESSAGE)
    payload, files = await _message(request)
    return JSONResponse(memory.write(conversation, key, payload, files=files))


async def _read(memory: Memory, request: Request) -> Response:
    message = _conversation(memory, request).messages.get(request.path_params["message"])
    if message is None:
        raise RefusedError(UNKNOWN_MESSAGE)
    return JSONResponse(message)


async def _delete(memory: Memory, request: Request) -> Response:
    if not _conversation(memory, request).messages.pop(request.path_params["message"], None):
        raise RefusedError(UNKNOWN_MESSAGE)
    return Response(status_code=204)


async def _follow_up(memory: Memory, request: Request) -> Response:
    conversation = _conversation(memory, request)
    payload, files = await _message(request)
    # The first message after a promise takes the promise's place.
    key = memory.new_id() if ORIGINAL in conversation.messages else ORIGINAL
    message = memory.write(conversation, key, payload, files=files)
    if key != ORIGINAL:
        message["id"] = key
    return JSONResponse(message)


async def _post(memory: Memory, request: Request) -> Response:
    if not request.headers.get("authorization", "").startswith("Bot "):
        raise RefusedError(NO_BOT)
    payload, files = await _message(request)
    return JSONResponse(memory.post(request.path_params["channel"], payload, files=files))


async def _commands(memory: Memory, request: Request) -> Response:
    application_id = request.path_params["application"]
    if not request.headers.get("authorization", "").startswith("Bot "):
        raise RefusedError(NO_BOT)
    if request.method == "PUT":
        commands = await _json(request, shape=list[Payload])
        memory.commands[application_id] = [
            {
                "id": memory.new_id(),
                "application_id": str(application_id),
                "version": memory.new_id(),
                "default_member_permissions": None,
                "type": 1,
                "nsfw": False,
                **command,
            }
            for command in commands
        ]
    return JSONResponse(memory.commands.get(application_id, []))


async def _file(memory: Memory, request: Request) -> Response:
    content = memory.file(**request.path_params)
    if content is None:
        return Response("This content is no longer available.", 404)
    return Response(content, media_type="application/octet-stream")


def _api_routes(memory: Memory) -> list[Route]:
    webhook = API + "/webhooks/{application:int}/{token}"
    message = webhook + "/messages/{message}"
    commands = API + "/applications/{application:int}/commands"
    wrap = partial(_as_discord, memory)
    return [
        Route(message, wrap(_edit), methods=["PATCH"]),
        Route(message, wrap(_read), methods=["GET"]),
        Route(message, wrap(_delete), methods=["DELETE"]),
        Route(webhook, wrap(_follow_up), methods=["POST"]),
        Route(API + "/channels/{channel:int}/messages", wrap(_post), methods=["POST"]),
        Route(commands, wrap(_commands), methods=["GET", "PUT"]),
        Route(
            "/ephemeral-attachments/{channel:int}/{identity:int}/{name:path}",
            partial(_file, memory),
        ),
    ]


class Announcement(msgspec.Struct, frozen=True):
    """What a simulated member's client tells the twin before it calls the webhook."""

    token: str
    application_id: int | str
    ephemeral: bool = False


def _control_routes(twin: Twin) -> list[Route]:
    async def announce(request: Request) -> Response:
        try:
            told = msgspec.json.decode(await read_body(request), type=Announcement)
            application_id = int(told.application_id)
        except (msgspec.DecodeError, ValueError):
            raise RefusedError(NOT_JSON) from None
        twin.announce(told.token, application_id, ephemeral=told.ephemeral)
        return Response(status_code=204)

    async def acknowledge(request: Request) -> Response:
        token = request.path_params["token"]
        if not twin.knows(token):
            raise RefusedError(UNKNOWN_WEBHOOK)
        twin.acknowledge(token)
        return Response(status_code=204)

    async def payloads(request: Request) -> Response:
        token = request.path_params["token"]
        if not twin.knows(token):
            raise RefusedError(UNKNOWN_WEBHOOK)
        return JSONResponse({"messages": twin.payloads(token)})

    async def attach(request: Request) -> Response:
        content = await read_body(request, maximum=MAXIMUM_FILE)
        return JSONResponse({"url": twin.attach(request.path_params["name"], content)})

    interactions = "/simulator/interactions"
    return [
        Route(interactions, announce, methods=["POST"]),
        Route(interactions + "/{token}/acknowledged", acknowledge, methods=["POST"]),
        Route(interactions + "/{token}", payloads, methods=["GET"]),
        Route("/simulator/attachments/{name}", attach, methods=["PUT"]),
    ]
