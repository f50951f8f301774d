import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from functions.discord import dispatch
from functions.discord.main import build
from functions.runtime.clients import Clients
from functions.runtime.discord.signing import Caller, Signer, slash_command

ROOT = Path(__file__).resolve().parents[3]
APPLICATION = 1_335_912_667_546_658_610
SIMULATED = 1_000_000_000_000_000_001
PING = {"type": 1, "application_id": str(APPLICATION), "id": "1", "token": "t", "version": 1}
RAW = json.dumps(PING).encode()
# What makes a cold start slow; the webhook needs none of it before its first answer.
HEAVY = [
    "asyncpg", "cloudevents", "ctranslate2", "fastapi", "httpx", "numpy", "pydantic",
    "sqlalchemy", "strawberry",
]  # fmt: skip


def signed(signer: Signer, *, age: int = 0, raw: bytes = RAW) -> dict[str, str]:
    return signer.sign(raw, timestamp=int(time.time()) - age)


@pytest.mark.parametrize("path", ["/", "/interactions"])
async def test_a_signed_ping_is_answered_with_a_pong(webhook: Any, path: str) -> None:
    response = await webhook.send(RAW, signed(webhook.signer), path)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"type": 1}


async def test_a_ping_may_lack_everything_but_its_type(webhook: Any) -> None:
    response = await webhook.post({"type": 1})

    assert response.json() == {"type": 1}


def without(name: str) -> Any:
    return lambda headers: {key: value for key, value in headers.items() if key != name}


def replaced(name: str, value: str) -> Any:
    return lambda headers: {**headers, name: value}


def a_second_later(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, TIMESTAMP: str(int(headers[TIMESTAMP]) + 1)}


SIGNATURE = "x-signature-ed25519"
TIMESTAMP = "x-signature-timestamp"


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (without(SIGNATURE), "no signature"),
        (without(TIMESTAMP), "no timestamp"),
        (lambda _: {}, "no header at all"),
        (replaced(SIGNATURE, ""), "an empty signature"),
        (replaced(SIGNATURE, "00" * 64), "zeros"),
        (replaced(SIGNATURE, "00" * 63), "too short"),
        (replaced(SIGNATURE, "00" * 65), "too long"),
        (replaced(SIGNATURE, "zz" * 64), "not hex"),
        (replaced(SIGNATURE, " " + "0" * 127), "hex that bytes.fromhex forgives"),
        (replaced(TIMESTAMP, ""), "an empty timestamp"),
        (replaced(TIMESTAMP, "soon"), "not a number"),
        (replaced(TIMESTAMP, "-1"), "negative"),
        (replaced(TIMESTAMP, "1e9"), "a float"),
        (replaced(TIMESTAMP, "9" * 500), "a number without end"),
        (a_second_later, "another second than the signed one"),
    ],
)
async def test_an_unsigned_or_wrongly_signed_request_is_401(
    webhook: Any, change: Any, remark: str
) -> None:
    response = await webhook.send(RAW, change(signed(webhook.signer)))

    assert response.status_code == 401, remark
    assert response.json()["error"]["code"] == "signature"


async def test_digits_of_other_scripts_are_no_timestamp(webhook: Any) -> None:
    headers = {**signed(webhook.signer), TIMESTAMP: "²"}

    response = await webhook.http.post(
        "/", content=RAW, headers=[(k.encode(), v.encode()) for k, v in headers.items()]
    )

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("age", "status"), [(0, 200), (290, 200), (-290, 200), (310, 401), (-310, 401), (10**9, 401)]
)
async def test_a_signature_counts_for_five_minutes(webhook: Any, age: int, status: int) -> None:
    response = await webhook.send(RAW, signed(webhook.signer, age=age))

    assert response.status_code == status


async def test_changed_bytes_are_401_even_where_the_json_is_the_same(webhook: Any) -> None:
    response = await webhook.send(RAW + b" ", signed(webhook.signer))

    assert response.status_code == 401


async def test_another_key_is_401(webhook: Any) -> None:
    response = await webhook.post(PING, by=Signer(b"x" * 32))

    assert response.status_code == 401


async def test_wrong_signatures_leave_stdout_alone(
    webhook: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await webhook.send(RAW, {**signed(webhook.signer), SIGNATURE: "ab" * 64})

    assert capsys.readouterr().out == ""


async def test_the_simulator_is_answered_in_development(
    webhook: Any, simulating_signer: Signer
) -> None:
    response = await webhook.post({**PING, "application_id": str(SIMULATED)}, by=simulating_signer)

    assert response.json() == {"type": 1}


async def test_the_simulator_is_nobody_in_production(
    production: Any, simulating_signer: Signer
) -> None:
    response = await production.post(
        {**PING, "application_id": str(SIMULATED)}, by=simulating_signer
    )

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("raw", "remark"),
    [
        (b"", "nothing"),
        (b"hello", "no JSON"),
        (b"\xff\xfe", "no text"),
        (b"[]", "a list"),
        (b"null", "null"),
        (b"{}", "no type"),
        (b'{"type": "1"}', "a type that is no number"),
        (b'{"type": 1, "application_id": "42"}', "another application's ping"),
        (b'{"type": 2, "data": {"name": "ask"}}', "a command of no application"),
        (b'{"type": 99, "application_id": "1335912667546658610"}', "an unknown type"),
        (b'{"type": 2, "application_id": "1335912667546658610"}', "a command without data"),
        (b'{"type": 2, "application_id": "1335912667546658610", "data": []}', "data of no shape"),
        (b'{"type": 1, "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "a very deep body"),
    ],
)
async def test_a_signed_body_that_is_no_interaction_of_ours_is_400(
    webhook: Any, raw: bytes, remark: str
) -> None:
    response = await webhook.post(raw)

    assert response.status_code == 400, remark


async def test_the_simulators_key_does_not_sign_for_the_real_application(
    webhook: Any, simulating_signer: Signer
) -> None:
    response = await webhook.post(PING, by=simulating_signer)

    assert response.status_code == 400


async def test_a_body_over_a_mebibyte_is_not_read(webhook: Any) -> None:
    response = await webhook.post(b" " * (1024 * 1024 + 1))

    assert response.status_code == 413


async def test_a_database_that_is_down_costs_a_sentence_and_no_5xx(webhook: Any) -> None:
    command = slash_command(
        "ask", {"question": "Why?"}, application_id=APPLICATION, caller=Caller(guild_id=1)
    )

    response = await webhook.post(command)

    assert response.status_code == 200
    assert response.json()["type"] == 4
    assert response.json()["data"]["flags"] == 64
    assert "Try again" in response.json()["data"]["content"]


async def test_a_database_that_never_answers_costs_a_sentence_in_time(
    settings: Any, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(be_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    silent = msgspec.structs.replace(
        settings, database_url=f"postgresql://nobody@127.0.0.1:{port}/none"
    )
    monkeypatch.setattr(dispatch, "BUDGET_SECONDS", 0.2)
    command = slash_command(
        "ask", {"question": "Why?"}, application_id=APPLICATION, caller=Caller(guild_id=1)
    )
    raw = json.dumps(command).encode()

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(build(Clients(silent, name="discord"))),
        base_url="http://webhook",
    ) as http:
        response = await http.post("/", content=raw, headers=signed(signer, raw=raw))
    server.close()

    assert response.json()["type"] == 4
    assert "Try again" in response.json()["data"]["content"]


def test_the_first_answer_needs_no_heavy_package() -> None:
    program = "import sys, functions.discord.main; print(*sorted(sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    assert "functions.discord.main" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_the_lambda_handler_reads_no_setting() -> None:
    program = "import functions.discord.lambda_handler"

    ended = subprocess.run([sys.executable, "-c", program], env={}, check=False, cwd=ROOT)

    assert ended.returncode == 0


def test_a_start_without_settings_names_each_that_is_missing() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "functions.discord"],
        env={}, check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip

    assert ended.returncode == 2
    for name in ("LORE_DATABASE_URL", "LORE_SECRET_KEY", "K_SINK", "DISCORD_PUBLIC_KEY"):
        assert name in ended.stderr
