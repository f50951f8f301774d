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


class Channel(msgspec.Struct, frozen=True):
    """Where something was called."""

    type: int = 0


class Member(msgspec.Struct, frozen=True):
    """A user within a server; permissions are bits, computed for the channel."""

    user: User | None = None
    permissions: Digits = "0"


class Attachment(msgspec.Struct, frozen=True):
    """A file somebody handed to a command, or sent with a message; size in bytes."""

    filename: str
    size: int
    url: str
    content_type: str | None = None


class Author(msgspec.Struct, frozen=True):
    """Whoever wrote a message."""

    username: str = ""
    global_name: str | None = None


class Message(msgspec.Struct, frozen=True):
    """A message that a command was called on."""

    id: Snowflake
    channel_id: Snowflake
    author: Author = Author()
    content: str = ""
    timestamp: str = ""
    attachments: list[Attachment] = []


class Resolved(msgspec.Struct, frozen=True):
    """What the ids among a command's options stand for."""

    attachments: dict[str, Attachment] = {}
    messages: dict[str, Message] = {}


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
    target_id: str | None = None

    def flattened(self) -> tuple[str, dict[str, Value]]:
        """Return the words of the command, ``kb add``, and its options by name."""
        words, options = [self.name], self.options or []
        while len(options) == 1 and options[0].type in SUBCOMMANDS:
            words.append(options[0].name)
            options = options[0].options or []
        return " ".join(words), {option.name: option.value for option in options}


class ComponentData(msgspec.Struct, frozen=True):
    """A button that was pressed, or another control; its id may be of any older version of us."""

    custom_id: str


class TextInput(msgspec.Struct, frozen=True):
    """A field of a form; other kinds of fields have no text."""

    custom_id: str = ""
    value: object = None


class Label(msgspec.Struct, frozen=True):
    """A field with what stands over it; other parts of a form have none."""

    component: TextInput | None = None


class ModalData(msgspec.Struct, frozen=True):
    """A form that was sent."""

    custom_id: str
    components: list[Label] = []

    def values(self) -> dict[str, object]:
        """Return what was filled in, by the fields' names."""
        fields = [label.component for label in self.components if label.component]
        return {field.custom_id: field.value for field in fields}


class Pressed(msgspec.Struct, frozen=True):
    """The message of ours whose button was pressed."""

    flags: int = 0


class Interaction(msgspec.Struct, frozen=True):
    """One delivery; which fields are there depends on its type."""

    type: int
    id: Snowflake | None = None
    application_id: Snowflake | None = None
    token: str = ""
    guild_id: Snowflake | None = None
    channel_id: Snowflake | None = None
    channel: Channel | None = None
    message: Pressed | None = None
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
    """A command called, or a button pressed, by a member of a server that has installed us.

    It is ``private`` where it was asked so, or where a message was answered that one member sees.
    """

    interaction_id: int
    application_id: int
    guild_id: int
    channel_id: int | None
    user_id: int | None
    permissions: int
    token: str
    locale: str | None
    in_thread: bool = False
    private: bool = False
    options: dict[str, Value] = {}
    attachments: dict[str, Attachment] = {}
    message: Message | None = None
    version_id: UUID | None = None
    answered_id: UUID | None = None


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A document somebody adds: its bytes are here, or at ``fetch_url``.

    ``title`` is what it is called whatever its text says; with ``replaces`` it is the next version
    of the document that is called so.
    """

    name: str
    size: int
    title: str | None = None
    replaces: bool = False
    fetch_url: str | None = None
    source_url: str | None = None
    content: bytes | None = None
    origin: Literal["discord", "url"] = "discord"

    @property
    def first_title(self) -> str:
        """What it is called until it is read."""
        return self.title or (self.name if self.origin == "url" else self.name.rpartition("/")[2])


class Wake(msgspec.Struct, frozen=True, kw_only=True):
    """A committed row that a worker has to hear of; ``name`` is its id's name in the event.

    ``again`` where an event about the row was sent before.
    """

    name: Literal["question_id", "version_id"]
    row_id: UUID
    again: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What Discord gets at once, and the rows to tell a worker of after it."""

    body: dict[str, Any]
    wakes: tuple[Wake, ...] = ()
