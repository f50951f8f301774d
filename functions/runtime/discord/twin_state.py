"""What the twin of Discord remembers: answers by interaction, files, commands, faults to come."""

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from functions.runtime.discord.patience import Clock
from functions.runtime.discord.snowflakes import TOKEN_LIFE, snowflake_at

MOST_CONVERSATIONS = 1000
MOST_PAYLOADS = 500
MOST_FILES = 64
MOST_FILE_BYTES = 128 * 1024 * 1024
MAXIMUM_CONTENT = 2000
LOADING = 128
EPHEMERAL = 64
EDITABLE = ("content", "components", "embeds")
Payload = dict[str, Any]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A wrong answer to the next ``times`` calls."""

    status: int
    code: int = 0
    message: str = ""
    times: int = 1
    retry_after: float | None = None


FOREVER = 2**31
UNKNOWN_WEBHOOK = Fault(status=404, code=10015, message="Unknown Webhook", times=FOREVER)
UNKNOWN_MESSAGE = Fault(status=404, code=10008, message="Unknown Message", times=FOREVER)
INVALID_FORM = Fault(status=400, code=50035, message="Invalid Form Body", times=FOREVER)
EXPIRED = Fault(status=401, code=50027, message="Invalid Webhook Token", times=FOREVER)


def too_early(times: int) -> Fault:
    """Return the 404s that an edit gets before Discord has read our first answer."""
    return msgspec.structs.replace(UNKNOWN_WEBHOOK, times=times)


def rate_limit(retry_after: float, *, times: int = 1) -> Fault:
    """Return the 429s of somebody who edits too often."""
    message = "You are being rate limited."
    return Fault(status=429, message=message, times=times, retry_after=retry_after)


def broken(status: int = 502, *, times: int = 1) -> Fault:
    """Return a failure on Discord's own side."""
    return Fault(status=status, message="Bad Gateway", times=times)


class UploadedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a message."""

    name: str
    content: bytes


class RefusedError(Exception):
    """The twin answers with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(kw_only=True)
class Conversation:
    """What was sent with one interaction's token."""

    application_id: int
    announced_at: datetime
    acknowledged: bool
    ephemeral: bool = False
    payloads: list[Payload] = field(default_factory=list)
    messages: dict[str, Payload] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def next_fault(self) -> Fault | None:
        """Return the fault that this call meets, and count it."""
        if not self.faults:
            return None
        fault = self.faults.pop(0)
        if fault.times > 1:
            self.faults.insert(0, msgspec.structs.replace(fault, times=fault.times - 1))
        return fault


class Memory:
    """The twin's state; beyond its bounds the oldest is forgotten."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._sequence = itertools.count(1)
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()
        self._files: OrderedDict[tuple[int, int, str], bytes] = OrderedDict()
        self.commands: dict[int, list[Payload]] = {}
        self.channels: dict[int, list[Payload]] = {}

    def new_id(self) -> str:
        """Return a fresh id."""
        return str(snowflake_at(self._clock.now(), sequence=next(self._sequence)))

    def announce(
        self, token: str, application_id: int, *, acknowledged: bool, ephemeral: bool
    ) -> None:
        """Make a token known, as Discord does when it makes an interaction."""
        self._conversations[token] = Conversation(
            application_id=application_id,
            announced_at=self._clock.now(),
            acknowledged=acknowledged,
            ephemeral=ephemeral,
        )
        while len(self._conversations) > MOST_CONVERSATIONS:
            self._conversations.popitem(last=False)

    def find(self, token: str) -> Conversation | None:
        """Return what was sent with a token, or None for one that was never announced."""
        return self._conversations.get(token)

    def open(self, token: str, application_id: int) -> Conversation:
        """Return the conversation a call is for, or refuse the call as Discord would."""
        conversation = self._conversations.get(token)
        if conversation is None or conversation.application_id != application_id:
            raise RefusedError(UNKNOWN_WEBHOOK)
        if self._clock.now() - conversation.announced_at > TOKEN_LIFE:
            raise RefusedError(EXPIRED)
        if fault := conversation.next_fault():
            raise RefusedError(fault)
        if not conversation.acknowledged:
            raise RefusedError(UNKNOWN_WEBHOOK)
        return conversation

    def keep_file(self, name: str, content: bytes) -> str:
        """Keep a file and return its path on the file store."""
        channel, identity = int(self.new_id()), int(self.new_id())
        self._files[channel, identity, name] = content
        while len(self._files) > MOST_FILES or self._file_bytes() > MOST_FILE_BYTES:
            self._files.popitem(last=False)
        return f"/ephemeral-attachments/{channel}/{identity}/{quote(name, safe='')}"

    def _file_bytes(self) -> int:
        return sum(len(content) for content in self._files.values())

    def file(self, channel: int, identity: int, name: str) -> bytes | None:
        """Return a kept file by the parts of its path."""
        return self._files.get((channel, identity, name))

    def post(
        self, channel_id: int, payload: Payload, *, files: Sequence[UploadedFile] = ()
    ) -> Payload:
        """Add a message to a channel, unless one with its nonce is there."""
        _check(payload)
        messages = self.channels.setdefault(channel_id, [])
        nonce = payload.get("nonce")
        if payload.get("enforce_nonce") and nonce:
            for known in messages:
                if known["nonce"] == nonce:
                    return known
        message: Payload = {
            **self._loading(application_id=0, flags=0),
            "id": self.new_id(),
            "channel_id": str(channel_id),
            "content": payload.get("content") or "",
            "flags": payload.get("flags") or 0,
            "type": 0,
            "nonce": nonce,
            "attachments": self._attached(payload, files),
        }
        messages.append(message)
        return message

    def _attached(self, payload: Payload, files: Sequence[UploadedFile]) -> list[Payload]:
        """Return the files of a message, which its payload names by their numbers."""
        named = {str(one.get("id")): one for one in payload.get("attachments") or ()}
        if len(named) != len(files):
            raise RefusedError(INVALID_FORM)
        return [
            {
                "id": self.new_id(),
                "filename": named[str(number)]["filename"],
                "size": len(file.content),
                "url": (url := self.keep_file(file.name, file.content)),
                "proxy_url": url,
            }
            for number, file in enumerate(files)
        ]

    def file_at(self, path: str) -> bytes:
        """Return a kept file by its path."""
        channel, identity, name = path.rsplit("/", 3)[1:]
        return self._files[int(channel), int(identity), unquote(name)]

    def write(
        self,
        conversation: Conversation,
        key: str,
        payload: Payload,
        *,
        files: Sequence[UploadedFile] = (),
    ) -> Payload:
        """Apply a payload to a message, new or not, and return the message as Discord would."""
        _check(payload)
        conversation.payloads.append(payload)
        del conversation.payloads[:-MOST_PAYLOADS]
        before: Payload = conversation.messages.get(key) or self._loading(
            application_id=conversation.application_id,
            flags=LOADING | (EPHEMERAL if conversation.ephemeral else 0),
        )
        asked: int = payload.get("flags") or 0
        flags = (asked & ~LOADING) | (before["flags"] & EPHEMERAL)
        # Discord forgets nothing that an edit leaves out.
        kept = {name: payload[name] for name in EDITABLE if name in payload}
        if "attachments" in payload:
            kept["attachments"] = self._attached(payload, files)
        edited = self._clock.now().isoformat() if key in conversation.messages else None
        message: Payload = {**before, **kept, "flags": flags, "edited_timestamp": edited}
        conversation.messages[key] = message
        return message

    def _loading(self, *, application_id: int, flags: int) -> Payload:
        """Return the message that says "thinking"."""
        application = str(application_id)
        author = {
            "id": application,
            "username": "Lorekeeper",
            "global_name": None,
            "discriminator": "0000",
            "avatar": None,
            "public_flags": 0,
            "flags": 0,
            "bot": True,
            "primary_guild": None,
        }
        return {
            "id": self.new_id(),
            "channel_id": self.new_id(),
            "application_id": application,
            "webhook_id": application,
            "author": author,
            "content": "",
            "timestamp": self._clock.now().isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "pinned": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "flags": flags,
            "type": 20,
        }


def _check(payload: Payload) -> None:
    """Refuse what Discord refuses."""
    content = payload.get("content") or ""
    if len(content) > MAXIMUM_CONTENT:
        raise RefusedError(INVALID_FORM)
    if not content.strip() and not (payload.get("embeds") or payload.get("components")):
        raise RefusedError(Fault(status=400, code=50006, message="Cannot send an empty message"))
