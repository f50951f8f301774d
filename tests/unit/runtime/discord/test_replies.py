import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from functions.runtime.discord.messages import Citation, answer_message, message
from functions.runtime.discord.replies import answer_reply, into_channel, privately
from functions.runtime.discord.text import length

SOURCE = Citation(number=1, title="Guide", location="page 3", url="https://lore.example/1")
HOSTILE = "@everyone ](https://evil.example) `" * 10
WORDS = "A sentence that says something about keys. [1]\n\n"


def test_a_short_answer_is_one_message() -> None:
    reply = answer_reply("Rotate the key. [1]", [SOURCE], kind="model")

    assert reply.parts == [answer_message("Rotate the key. [1]", [SOURCE], kind="model")]
    assert reply.filed is None


@pytest.mark.parametrize(
    ("repeated", "is_long", "remark"),
    [
        (50, False, "two messages"),
        (100, False, "three"),
        (200, True, "so many that a file is kinder"),
    ],
)
def test_a_long_answer_is_several_messages_or_a_file(
    shared: Path, repeated: int, remark: str, *, is_long: bool
) -> None:
    reply = answer_reply(WORDS * repeated, [SOURCE], kind="extractive")

    assert reply.is_long is is_long, remark
    assert len(reply.parts) > 1
    schema = json.loads(
        (shared / "schemas/discord/strict/webhook-message-create.schema.json").read_text()
    )
    for part in reply.parts:
        Draft202012Validator(schema).validate(part)
        assert length(part["content"]) <= 1900
        assert part["allowed_mentions"] == {"parse": []}
    assert "".join(part["content"] for part in reply.parts).count("about keys") == repeated
    assert "Guide" in reply.parts[-1]["content"]
    assert reply.filed is not None
    assert reply.filed.content.count("about keys") == repeated
    assert "Guide" in reply.filed.payload["content"]
    assert "in the file" in reply.filed.payload["content"]


@pytest.mark.parametrize(
    "question", [HOSTILE, "🙂" * 60, "(*_" * 20], ids=["markdown", "emoji", "brackets"]
)
def test_a_message_in_a_channel_says_what_it_answers_and_pings_nobody(question: str) -> None:
    posted = into_channel(message("x" * 1900), question)

    assert length(posted["content"]) <= 2000
    head, _, rest = posted["content"].partition("\n")
    assert rest == "x" * 1900
    assert "@everyone" not in head
    assert "](http" not in head
    assert posted["allowed_mentions"] == {"parse": []}


def test_a_private_message_keeps_what_it_is_besides() -> None:
    assert privately(message("x"))["flags"] == 64 | 4
