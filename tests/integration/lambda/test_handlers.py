"""The handlers on AWS Lambda, on events of an HTTP API (payload format 2.0).

Each test starts a process of its own, as Lambda does.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey
from sqlalchemy import text

from db.session import Database
from gateway.authentication import new_token, token_hash
from gateway.queries import create_session
from gateway.words import Viewer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
USER_ID = 810_000_000_000_000_001
APPLICATION = "820000000000000001"
PROGRAM = """
import importlib, json, sys
handler = importlib.import_module(sys.argv[1]).handler
print(json.dumps([handler(event, None) for event in json.load(sys.stdin)]))
"""
KEY = SigningKey(bytes(range(32)))


def event_of(name: str, **replacements: str) -> dict[str, Any]:
    """Return an event in the form API Gateway sends, with its placeholders filled in."""
    words = (HERE / f"{name}.json").read_text(encoding="utf-8")
    for placeholder, value in replacements.items():
        words = words.replace(placeholder, value)
    event: dict[str, Any] = json.loads(words)
    return event


async def call(module: str, database_url: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a fresh process answers to the events, one after the other."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "error",
        "LORE_ENV": "production",
        "LORE_DATABASE_URL": database_url,
        "LORE_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "LORE_PUBLIC_URL": "https://lore.example",
        # Nobody listens there: the row is stored all the same, and the sweep sends it again.
        "K_SINK": "http://127.0.0.1:9/lorekeeper/default",
        "DISCORD_APPLICATION_ID": APPLICATION,
        "DISCORD_PUBLIC_KEY": KEY.verify_key.encode().hex(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", PROGRAM, module),
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, problems = await process.communicate(json.dumps(events).encode())
    assert process.returncode == 0, problems.decode()
    answers: list[dict[str, Any]] = json.loads(out)
    return answers


@pytest.fixture
async def token(database: Database, guild_id: int) -> str:
    """The token of a moderator."""
    token = new_token()
    async with database.transaction(session=token_hash(token)) as session:
        viewer = Viewer(user_id=USER_ID, name="Ada")
        await create_session(session, bytes.fromhex(token_hash(token)), viewer=viewer)
    async with database.guild(guild_id) as session:
        await session.execute(
            text("INSERT INTO memberships (guild_id, user_id, role) VALUES (:g, :u, 'moderator')"),
            {"g": guild_id, "u": USER_ID},
        )
    return token


async def test_the_gateway_answers_one_event_after_the_other(
    app_url: str, database: Database, guild_id: int, token: str
) -> None:
    names = ("gateway_readyz", "gateway_graphql", "gateway_upload", "gateway_sign_out")
    events = [event_of(name, TOKEN=token, GUILD=str(guild_id)) for name in names]
    ready, told, stored, signed_out = await call("gateway.lambda_handler", app_url, *events)
    assert (ready["statusCode"], ready["body"]) == (200, "ok")
    assert json.loads(told["body"]) == {"data": {"viewer": {"id": str(USER_ID), "name": "Ada"}}}
    assert told["headers"]["content-security-policy"]
    assert stored["statusCode"] == 202
    assert signed_out["statusCode"] == 204
    assert "lore_session=" in signed_out["cookies"][0]
    async with database.guild(guild_id) as session:
        row = await session.execute(
            text(
                "SELECT source_name, content FROM documents JOIN document_versions"
                " ON document_versions.document_id = documents.id"
            )
        )
    assert tuple(row.one()) == ("docs/rules.md", "# Rules\n\nBe kind – always.\n".encode())


async def test_a_session_ended_over_lambda_is_ended(
    app_url: str, guild_id: int, token: str
) -> None:
    events = [
        event_of(name, TOKEN=token, GUILD=str(guild_id))
        for name in ("gateway_sign_out", "gateway_graphql")
    ]
    _, told = await call("gateway.lambda_handler", app_url, *events)
    assert told["statusCode"] == 401
    assert json.loads(told["body"])["errors"][0]["extensions"]["code"] == "unauthenticated"


def _ping(*, key: SigningKey) -> dict[str, Any]:
    timestamp = str(int(time.time()))
    unsigned = event_of("discord_ping", APPLICATION=APPLICATION, TIMESTAMP=timestamp)
    signature = key.sign((timestamp + unsigned["body"]).encode()).signature.hex()
    return event_of(
        "discord_ping", APPLICATION=APPLICATION, TIMESTAMP=timestamp, SIGNATURE=signature
    )


async def test_the_webhook_answers_discord_and_nobody_else(app_url: str) -> None:
    known, unknown = await call(
        "functions.discord.lambda_handler",
        app_url,
        _ping(key=KEY),
        _ping(key=SigningKey(bytes(32))),
    )
    assert known["statusCode"] == 200
    assert json.loads(known["body"]) == {"type": 1}
    assert unknown["statusCode"] == 401
