import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from discord_interactions import verify_key
from jsonschema import Draft202012Validator

from functions.runtime.discord.signing import (
    Caller,
    Signer,
    Upload,
    button_press,
    message_command,
    slash_command,
)
from functions.runtime.discord.snowflakes import made_at, snowflake_at, token_expires_at

FILE = Upload(name="a.md", size=3, url="https://cdn.discordapp.com/ephemeral-attachments/1/2/a.md")


def test_what_is_signed_is_what_discord_would_have_signed() -> None:
    signer = Signer()
    headers = signer.sign(b'{"type":1}', timestamp=1_700_000_000)

    signature, timestamp = headers["x-signature-ed25519"], headers["x-signature-timestamp"]

    assert timestamp == "1700000000"
    assert verify_key(b'{"type":1}', signature, timestamp, signer.public_key)
    assert not verify_key(b'{"type":2}', signature, timestamp, signer.public_key)


def test_a_seed_makes_the_same_key_again_and_no_seed_a_new_one() -> None:
    signer = Signer()

    assert Signer(signer.seed).public_key == signer.public_key
    assert Signer().public_key != signer.public_key


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("ask", {"question": "Why?", "private": True}),
        ("ask", {}),
        ("kb add", {"file": FILE}),
        ("numbers", {"whole": 3, "part": 0.5}),
    ],
)
def test_a_slash_command_has_the_shape_of_discords(
    shared: Path, command: str, options: dict[str, str | float | Upload]
) -> None:
    path = shared / "schemas/discord/interaction-inbound.schema.json"
    made = slash_command(command, options, application_id=7, caller=Caller(guild_id=9))

    Draft202012Validator(json.loads(path.read_text())).validate(made)


@pytest.mark.parametrize(
    "made",
    [
        message_command("Add to it", "Text", [FILE], application_id=7, caller=Caller(guild_id=9)),
        button_press("kb:v1:retry:x", application_id=7, caller=Caller(guild_id=9)),
    ],
    ids=["a command on a message", "a click"],
)
def test_a_call_on_a_message_has_the_shape_of_discords(shared: Path, made: dict[str, Any]) -> None:
    path = shared / "schemas/discord/interaction-inbound.schema.json"

    Draft202012Validator(json.loads(path.read_text())).validate(made)


def test_every_command_has_an_id_and_a_token_of_its_own() -> None:
    made = [slash_command("ask", {}, application_id=7, caller=Caller(guild_id=9)) for _ in range(9)]

    assert len({command["id"] for command in made}) == 9
    assert len({command["token"] for command in made}) == 9
    assert abs(made_at(int(made[0]["id"])).timestamp() - time.time()) < 60


def test_an_id_tells_when_it_was_made() -> None:
    moment = datetime(2026, 8, 20, 13, 0, 0, 123000, tzinfo=UTC)

    assert made_at(snowflake_at(moment, sequence=5)) == moment
    assert made_at(175928847299117063) == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)
    assert token_expires_at(snowflake_at(moment)) == moment + timedelta(minutes=15)
