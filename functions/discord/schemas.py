"""What Discord sends, as far as it is read here; fields that are not named are let pass."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

Digits = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,40}\Z")]
Snowflake = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,20}\Z")]
Value = str | int | float | bool | None
SUBCOMMANDS = (1, 2)


class User(msgspec.Struct, frozen=True):
    """Somebody on Discord."""

    id: Snowflake


class Member(msgspec.Struct, frozen=True):
    """A user within a server; permissions are bits, computed for the channel."""

    user: User | None = None
    permissions: Digits = "0"


class Attachment(msgspec.Struct, frozen=True):
    """A file somebody handed to a command; size in bytes."""

    filename: str
    size: int
    url: str


class Resolved(msgspec.Struct, frozen=True):
    """What the ids among a command's options stand for."""

    attachments: dict[str, Attachment] = {}


class Option(msgspec.Struct, frozen=True):
    """A value, or the next word of a command with options of its own."""

    name: str
    type: int
    value: Value = None
    options: list["Option"] | None = None


class CommandData(msgspec.Struct, frozen=True):
    """A command as it was called."""

    name: str
    type: int = 1
    options: list[Option] | None = None
    resolved: Resolved | None = None

    def flattened(self) -> tuple[str, dict[str, Value]]:
        """Return the words of the command, ``kb add``, and its options by name."""
        words, options = [self.name], self.options or []
        while len(options) == 1 and options[0].type in SUBCOMMANDS:
            words.append(options[0].name)
            options = options[0].options or []
        return " ".join(words), {option.name: option.value for option in options}


class Interaction(msgspec.Struct, frozen=True):
    """One delivery; which fields are there depends on its type."""

    type: int
    id: Snowflake | None = None
    application_id: Snowflake | None = None
    token: str = ""
    guild_id: Snowflake | None = None
    channel_id: Snowflake | None = None
    member: Member | None = None
    user: User | None = None
    locale: str | None = None
    authorizing_integration_owners: dict[str, str] | None = None
    data: msgspec.Raw = msgspec.Raw()

    @property
    def caller(self) -> User | None:
        """Whoever called, in a server or outside of one."""
        return (self.member and self.member.user) or self.user

    @property
    def agreed_guild(self) -> int | None:
        """The server this was called in, if the server itself has installed us.

        Somebody who installed us for themselves alone can call us anywhere: that server has not
        agreed to anything.
        """
        owners = self.authorizing_integration_owners
        if self.guild_id is None or (owners and "0" not in owners):
            return None
        return int(self.guild_id)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command called by a member of a server that has installed us."""

    interaction_id: int
    application_id: int
    guild_id: int
    channel_id: int | None
    user_id: int | None
    permissions: int
    token: str
    locale: str | None
    options: dict[str, Value]
    attachments: dict[str, Attachment]


class Wake(msgspec.Struct, frozen=True, kw_only=True):
    """A committed row that a worker has to hear of; ``name`` is its id's name in the event."""

    name: Literal["question_id", "version_id"]
    row_id: UUID


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What Discord gets at once, and the row to tell a worker of after it."""

    body: dict[str, Any]
    wake: Wake | None = None
