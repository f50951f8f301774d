"""What ends an interaction: the messages an answer takes, or the first of them and a file."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from functions.runtime.discord.messages import (
    Citation,
    answer_message,
    answer_text,
    message,
)
from functions.runtime.discord.splitting import split_message
from functions.runtime.discord.text import label, length

Payload = dict[str, Any]
EPHEMERAL = 64
MOST_PARTS = 3
FILE_NAME = "answer.md"
IN_THE_FILE = "The whole answer is in the file."
MAXIMUM_QUESTION = 60
DISCORD_MAXIMUM = 2000


class WithFile(msgspec.Struct, frozen=True, kw_only=True):
    """A message with a text file attached to it."""

    payload: Payload
    name: str
    content: str

    def parts(self) -> dict[str, tuple[str | None, bytes, str]]:
        """Return the parts of a form, as Discord names them."""
        attachments = [{"id": "0", "filename": self.name}]
        payload = msgspec.json.encode({**self.payload, "attachments": attachments})
        return {
            "payload_json": (None, payload, "application/json"),
            "files[0]": (self.name, self.content.encode(errors="replace"), "text/markdown"),
        }


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in the messages it takes; ``filed`` is all of it in one, where one is too short."""

    parts: list[Payload]
    filed: WithFile | None = None

    @property
    def is_long(self) -> bool:
        """Whether so many messages would bury what others write in the channel."""
        return len(self.parts) > MOST_PARTS


def answer_reply(
    answer_markdown: str,
    citations: Sequence[Citation] = (),
    *,
    kind: str,
    notice: str | None = None,
    question_id: UUID | None = None,
) -> Reply:
    """Return an answer with its sources under it, in as many messages as it takes."""
    whole = answer_text(answer_markdown, citations, kind=kind, notice=notice)
    contents = split_message(whole)
    worded = partial(answer_message, answer_markdown, citations, kind=kind, question_id=question_id)
    first = worded(notice=notice)
    if len(contents) == 1:
        return Reply(parts=[first])
    filed = WithFile(payload=worded(notice=IN_THE_FILE), name=FILE_NAME, content=whole)
    # What stands beside the text of one message, such as its buttons, belongs to the first.
    parts = [{**first, "content": contents[0]}, *map(message, contents[1:])]
    return Reply(parts=parts, filed=filed)


def privately(payload: Payload) -> Payload:
    """Return a message that only the one who asked sees."""
    return {**payload, "flags": payload.get("flags", 0) | EPHEMERAL}


def into_channel(payload: Payload, question: str) -> Payload:
    """Return a message that stands alone in a channel, and says what it answers."""
    # A sign may become two when it is made harmless, and an emoji counts as two.
    for maximum in range(MAXIMUM_QUESTION, 0, -10):
        head = f"-# To the question “{label(question, maximum=maximum)}”"
        content = f"{head}\n{payload['content']}"
        if length(content) <= DISCORD_MAXIMUM:
            return {**payload, "content": content}
    return payload
