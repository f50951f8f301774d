import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from functions.runtime.discord.client import Delivery, DiscordClient
from functions.runtime.discord.messages import message
from functions.runtime.discord.replies import WithFile
from functions.runtime.discord.twin import Twin
from functions.runtime.discord.twin_state import MOST_CONVERSATIONS, broken, rate_limit

AGENT = {"user-agent": "DiscordBot (https://lore.example.org, 0.1)"}
WEBHOOK = "/api/v10/webhooks/7/tok"
ORIGINAL = f"{WEBHOOK}/messages/@original"


async def patch(http: httpx.AsyncClient, body: Any, path: str = ORIGINAL) -> httpx.Response:
    return await http.patch(path, json=body, headers=AGENT)


def is_valid(shared: Path, name: str, body: Any) -> None:
    schema = json.loads((shared / f"schemas/discord/{name}.schema.json").read_text())
    Draft202012Validator(schema).validate(body)


@pytest.mark.parametrize(
    ("path", "acknowledged", "remark"),
    [
        (ORIGINAL.replace("tok", "other"), True, "a token nobody announced"),
        (ORIGINAL.replace("/7/", "/8/"), True, "another application's token"),
        (ORIGINAL, False, "an interaction that is not answered yet"),
    ],
)
async def test_an_unknown_webhook_is_a_404(
    twin: Twin, http: httpx.AsyncClient, path: str, remark: str, *, acknowledged: bool
) -> None:
    twin.announce("tok", 7, acknowledged=acknowledged)

    response = await patch(http, {"content": "x"}, path)

    assert response.status_code == 404, remark
    assert response.json()["code"] == 10015


async def test_a_token_dies_after_fifteen_minutes(
    twin: Twin, http: httpx.AsyncClient, clock: Any
) -> None:
    twin.announce("tok", 7, acknowledged=True)
    clock.time += timedelta(minutes=15, seconds=1)

    response = await patch(http, {"content": "x"})

    assert (response.status_code, response.json()["code"]) == (401, 50027)


async def test_who_does_not_say_who_it_is_gets_nothing(http: httpx.AsyncClient) -> None:
    response = await http.patch(ORIGINAL, json={})

    assert (response.status_code, response.json()["code"]) == (403, 40333)


@pytest.mark.parametrize(
    ("content", "code"), [("x" * 2001, 50035), ("", 50006), (" \n", 50006), (None, 50006)]
)
async def test_a_message_discord_would_refuse_is_refused(
    twin: Twin, http: httpx.AsyncClient, content: str | None, code: int
) -> None:
    twin.announce("tok", 7, acknowledged=True)

    response = await patch(http, {"content": content})

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert twin.payloads("tok") == []


async def test_a_body_that_is_no_object_is_refused(twin: Twin, http: httpx.AsyncClient) -> None:
    twin.announce("tok", 7, acknowledged=True)

    assert (await patch(http, [])).status_code == 400


async def test_messages_come_back_as_discord_returns_them(
    twin: Twin, http: httpx.AsyncClient, shared: Path
) -> None:
    twin.announce("tok", 7, acknowledged=True, ephemeral=True)
    first = (await patch(http, {"content": "one"})).json()
    second = (await patch(http, {"content": "two", "flags": 4})).json()
    followed = (await http.post(WEBHOOK, json={"content": "three"}, headers=AGENT)).json()
    read = (await http.get(ORIGINAL, headers=AGENT)).json()

    for body in (first, second, followed, read):
        is_valid(shared, "response-message", body)
    assert read == second
    assert (first["id"], first["flags"], second["flags"]) == (second["id"], 64, 68)
    assert followed["id"] != first["id"]
    assert [payload["content"] for payload in twin.payloads("tok")] == ["one", "two", "three"]


async def test_a_follow_up_can_be_edited_and_deleted(twin: Twin, http: httpx.AsyncClient) -> None:
    twin.announce("tok", 7, acknowledged=True)
    await patch(http, {"content": "one"})
    identity = (await http.post(WEBHOOK, json={"content": "two"}, headers=AGENT)).json()["id"]
    path = f"{WEBHOOK}/messages/{identity}"

    assert (await patch(http, {"content": "2"}, path)).json()["content"] == "2"
    assert (await http.delete(path, headers=AGENT)).status_code == 204
    assert (await http.get(path, headers=AGENT)).json()["code"] == 10008
    assert (await patch(http, {"content": "3"}, path)).json()["code"] == 10008


async def test_faults_come_in_order_and_pass(
    twin: Twin, http: httpx.AsyncClient, shared: Path
) -> None:
    twin.announce("tok", 7, acknowledged=True)
    twin.inject("tok", broken(times=2), rate_limit(11.57))

    answers = [await patch(http, {"content": "x"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [502, 502, 429, 200]
    assert answers[2].json()["retry_after"] == 11.57
    assert answers[2].headers["retry-after"] == "12"
    is_valid(shared, "response-error", answers[0].json())


async def test_commands_come_back_with_what_discord_adds(
    http: httpx.AsyncClient, shared: Path
) -> None:
    path, bot = "/api/v10/applications/7/commands", {**AGENT, "authorization": "Bot x"}

    assert (await http.get(path, headers=AGENT)).status_code == 401
    await http.put(path, json=[{"name": "ask", "description": "Ask"}], headers=bot)
    [command] = (await http.get(path, headers=bot)).json()

    is_valid(shared, "response-application-command", command)


async def test_a_laptop_steers_the_twin_over_http(http: httpx.AsyncClient) -> None:
    announced = await http.post(
        "/simulator/interactions", json={"token": "tok", "application_id": "7"}
    )
    early = await patch(http, {"content": "x"})
    acknowledged = await http.post("/simulator/interactions/tok/acknowledged")
    await patch(http, {"content": "x"})
    seen = await http.get("/simulator/interactions/tok")

    assert (announced.status_code, early.status_code, acknowledged.status_code) == (204, 404, 204)
    assert seen.json() == {"messages": [{"content": "x"}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/simulator/interactions/none", None, 404),
        ("POST", "/simulator/interactions/none/acknowledged", None, 404),
        ("POST", "/simulator/interactions", {}, 400),
        ("POST", "/simulator/interactions", {"token": "t", "application_id": "x"}, 400),
        ("GET", "/ephemeral-attachments/1/2/none.md", None, 404),
    ],
)
async def test_a_laptop_that_errs_is_told(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int
) -> None:
    assert (await http.request(method, path, json=body)).status_code == status


async def test_an_uploaded_file_is_served_under_its_url(http: httpx.AsyncClient) -> None:
    put = await http.put("/simulator/attachments/%C3%9C%20b%3F.md", content=b"bytes")
    url = put.json()["url"]

    assert url.startswith("http://simulator.test/ephemeral-attachments/")
    assert url.endswith("/%C3%9C%20b%3F.md")
    assert (await http.get(url)).content == b"bytes"


def test_the_oldest_conversations_and_files_are_forgotten(twin: Twin) -> None:
    for number in range(MOST_CONVERSATIONS + 1):
        twin.announce(str(number), 7)
    paths = [twin.attach("a", b"x" * 2**20) for _ in range(200)]

    assert not twin.knows("0")
    assert twin.knows("1")
    assert len(twin._memory._files) <= 64
    assert len(set(paths)) == 200


async def test_a_file_comes_with_a_message(
    twin: Twin, client: DiscordClient, clock: Any, http: httpx.AsyncClient, shared: Path
) -> None:
    twin.announce("tok", 7, acknowledged=True)
    attached = WithFile(payload=message("See the file."), name="answer.md", content="naïve 日本 🎉")
    expires_at = clock.now() + timedelta(minutes=15)

    assert await client.edit_original(7, "tok", attached, expires_at=expires_at) is (
        Delivery.DELIVERED
    )

    (payload,) = twin.payloads("tok")
    is_valid(shared, "strict/webhook-message-edit", payload)
    read = (await http.get(ORIGINAL, headers=AGENT)).json()
    is_valid(shared, "response-message", read)
    (file,) = read["attachments"]
    assert (file["filename"], file["size"]) == ("answer.md", len(attached.content.encode()))
    assert twin.file(file["url"]).decode() == attached.content


async def test_the_bot_writes_into_a_channel_once(
    twin: Twin, client: DiscordClient, http: httpx.AsyncClient, shared: Path
) -> None:
    for nonce in ("1-0", "1-0", "1-1"):
        delivery = await client.send_message(7, 815, message("Late."), nonce=nonce)
        assert delivery is Delivery.DELIVERED

    first, second = twin.channel(815)
    assert (first["nonce"], second["nonce"]) == ("1-0", "1-1")
    for posted in (first, second):
        is_valid(shared, "response-message", posted)
    unknown = await http.post(
        "/api/v10/channels/815/messages", json={"content": "x"}, headers=AGENT
    )
    assert unknown.status_code == 401


async def test_what_the_bot_writes_is_a_message_of_discords(
    twin: Twin, client: DiscordClient, shared: Path
) -> None:
    payload = message("Late.")
    await client.send_message(7, 815, payload, nonce="1-0")

    # The schema of a channel's messages is not among ours: they are a webhook's, with a nonce.
    is_valid(shared, "strict/webhook-message-create", payload)
    assert len(twin.channel(815)) == 1
