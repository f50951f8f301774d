"""Discord's hand, for tests and ``lore simulate``: calls and clicks, signed with a key of ours."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from nacl.signing import SigningKey

from functions.runtime.discord.snowflakes import snowflake_at
from functions.runtime.settings import Simulator

COMMAND, COMPONENT, MODAL = 2, 3, 5
ON_MESSAGE = 3
BUTTON = 2
EPHEMERAL = 64
SUBCOMMAND, TEXT, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 1, 3, 4, 5, 10, 11
TYPES: dict[type, int] = {str: TEXT, bool: BOOLEAN, int: INTEGER, float: NUMBER}
# Read and write, and no right to manage anything.
MEMBER_PERMISSIONS = 2248473465835073 & ~(1 << 3 | 1 << 5)
MANAGE_GUILD = 1 << 5
DEFAULT_ATTACHMENT_LIMIT = 10 * 1024 * 1024


class Signer:
    """Signs as Discord does, with the key of a 32-byte seed."""

    def __init__(self, seed: bytes | None = None) -> None:
        self._key = SigningKey(seed) if seed else SigningKey.generate()

    @property
    def seed(self) -> bytes:
        """The 32 bytes that make this very key again."""
        return bytes(self._key)

    @property
    def public_key(self) -> str:
        """The public key in hex, as Discord's portal shows it."""
        return bytes(self._key.verify_key).hex()

    def sign(self, raw: bytes, *, timestamp: int) -> dict[str, str]:
        """Return the headers of a request with this body, sent at ``timestamp``."""
        signature = self._key.sign(str(timestamp).encode() + raw).signature
        return {
            "content-type": "application/json",
            "user-agent": "Discord-Interactions/1.0 (+https://discord.com)",
            "x-signature-ed25519": signature.hex(),
            "x-signature-timestamp": str(timestamp),
        }

    def simulator(self, *, application_id: int, api_url: str) -> Simulator:
        """Return the settings under which this signer's commands are accepted."""
        return Simulator(application_id=application_id, public_key=self.public_key, api_url=api_url)


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file attached to a command, which lies at ``url`` already."""

    name: str
    size: int
    url: str
    content_type: str = "application/octet-stream"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The member who calls a command, and where."""

    guild_id: int
    user_id: int = 290_926_798_834_022_668
    user_name: str = "simulated member"
    channel_id: int = 841_230_833_421_790_061
    channel_type: int = 0
    permissions: int = MEMBER_PERMISSIONS
    locale: str = "en-US"


def _snowflake() -> str:
    return str(snowflake_at(datetime.now(UTC), sequence=secrets.randbits(22)))


def _user(caller: Caller) -> dict[str, Any]:
    return {
        "id": str(caller.user_id),
        "username": caller.user_name,
        "global_name": caller.user_name,
        "discriminator": "0",
        "avatar": None,
        "public_flags": 0,
    }


def _attachment(identity: str, upload: Upload) -> dict[str, Any]:
    return {
        "id": identity,
        "filename": upload.name,
        "size": upload.size,
        "url": upload.url,
        "proxy_url": upload.url,
        "ephemeral": True,
    }


def _data(words: list[str], options: Mapping[str, str | float | Upload]) -> dict[str, Any]:
    given: list[dict[str, Any]] = []
    attachments: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, Upload):
            identity = _snowflake()
            attachments[identity] = _attachment(identity, value)
            given.append({"name": name, "type": ATTACHMENT, "value": identity})
        else:
            given.append({"name": name, "type": TYPES[type(value)], "value": value})
    for word in reversed(words[1:]):
        given = [{"name": word, "type": SUBCOMMAND, "options": given}]
    data: dict[str, Any] = {"id": _snowflake(), "name": words[0], "type": 1}
    if given:
        data["options"] = given
    if attachments:
        data["resolved"] = {"attachments": attachments}
    return data


def slash_command(
    command: str,
    options: Mapping[str, str | float | Upload],
    *,
    application_id: int,
    caller: Caller,
) -> dict[str, Any]:
    """Return the interaction of a member who types ``/command`` with these options.

    ``command`` may have a second word, as in ``kb add``. Ids and the token are fresh.
    """
    data = _data(command.split(), options)
    return _interaction(COMMAND, data, application_id=application_id, caller=caller)


def message_command(
    command: str,
    text: str,
    files: Sequence[Upload] = (),
    *,
    application_id: int,
    caller: Caller,
    message_id: str | None = None,
) -> dict[str, Any]:
    """Return the interaction of a member who calls a command on a message of their own."""
    message_id = message_id or _snowflake()
    message = {
        **_message(caller, message_id),
        "content": text,
        "attachments": [
            {**_attachment(_snowflake(), file), "content_type": file.content_type} for file in files
        ],
    }
    data = {
        "id": _snowflake(),
        "name": command,
        "type": ON_MESSAGE,
        "target_id": message_id,
        "resolved": {"messages": {message_id: message}},
    }
    return _interaction(COMMAND, data, application_id=application_id, caller=caller)


def button_press(custom_id: str, *, application_id: int, caller: Caller) -> dict[str, Any]:
    """Return the interaction of a member who presses a button under a message of ours."""
    data = {"component_type": BUTTON, "custom_id": custom_id, "id": 2}
    pressed = {
        **_interaction(COMPONENT, data, application_id=application_id, caller=caller),
        "message": {**_message(caller, _snowflake()), "content": "…", "attachments": []},
    }
    pressed["message"]["components"] = [
        {
            "type": 1,
            "id": 1,
            "components": [
                {"type": BUTTON, "id": 2, "style": 2, "label": "x", "custom_id": custom_id}
            ],
        }
    ]
    return pressed


def form_sent(
    custom_id: str,
    values: Mapping[str, str],
    *,
    application_id: int,
    caller: Caller,
    private: bool = False,
) -> dict[str, Any]:
    """Return the interaction of a member who fills in the form that a button opened.

    It was the button of a ``private`` message where only this member sees that.
    """
    fields = [
        {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
        for name, value in values.items()
    ]
    data = {"custom_id": custom_id, "components": fields}
    message = {**_message(caller, _snowflake()), "content": "…", "attachments": []}
    return {
        **_interaction(MODAL, data, application_id=application_id, caller=caller),
        "message": {**message, "flags": EPHEMERAL if private else 0},
    }


def _message(caller: Caller, message_id: str) -> dict[str, Any]:
    return {
        "id": message_id,
        "channel_id": str(caller.channel_id),
        "author": _user(caller),
        "timestamp": datetime.now(UTC).isoformat(),
        "edited_timestamp": None,
        "tts": False,
        "pinned": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "embeds": [],
        "components": [],
        "flags": 0,
        "type": 0,
    }


def _interaction(
    kind: int, data: dict[str, Any], *, application_id: int, caller: Caller
) -> dict[str, Any]:
    guild_id, channel_id = str(caller.guild_id), str(caller.channel_id)
    return {
        "version": 1,
        "type": kind,
        "id": _snowflake(),
        "application_id": str(application_id),
        "token": secrets.token_urlsafe(128),
        "data": data,
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": caller.locale, "features": []},
        "guild_locale": caller.locale,
        "channel": {
            "id": channel_id,
            "type": caller.channel_type,
            "name": "simulated",
            "guild_id": guild_id,
        },
        "channel_id": channel_id,
        "context": 0,
        "locale": caller.locale,
        "app_permissions": "2252349580639232",
        "entitlements": [],
        "attachment_size_limit": DEFAULT_ATTACHMENT_LIMIT,
        "authorizing_integration_owners": {"0": guild_id},
        "member": {
            "user": _user(caller),
            "roles": [],
            "permissions": str(caller.permissions),
            "joined_at": "2021-05-11T18:25:07.972000+00:00",
            "nick": None,
            "pending": False,
            "flags": 0,
            "deaf": False,
            "mute": False,
        },
    }
