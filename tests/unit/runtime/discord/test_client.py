import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from functions.runtime.discord.attachments import is_attachment_url
from functions.runtime.discord.client import (
    AttachmentGoneError,
    Delivery,
    DiscordClient,
    DiscordRefusedError,
    ForeignUrlError,
)
from functions.runtime.discord.messages import message
from functions.runtime.discord.twin import Twin
from functions.runtime.discord.twin_state import (
    EXPIRED,
    Fault,
    broken,
    rate_limit,
    too_early,
)
from functions.runtime.errors import LorekeeperError, TooLargeError, UnavailableError
from functions.runtime.settings import Simulator

TOKEN = "very-secret-token"
HELLO = message("Hello")
Handler = Callable[[httpx.Request], httpx.Response]
SIMULATOR = Simulator(
    application_id=7, public_key="00" * 32, api_url="http://simulator.test/api/v10"
)


async def edit(client: DiscordClient, clock: Any, **age: float) -> Delivery:
    expires_at = clock.now() + timedelta(minutes=15) - timedelta(**age)
    return await client.edit_original(7, TOKEN, HELLO, expires_at=expires_at)


async def follow(client: DiscordClient, clock: Any) -> Delivery:
    expires_at = clock.now() + timedelta(minutes=15)
    return await client.followup(7, TOKEN, HELLO, expires_at=expires_at)


def over(handler: Handler, clock: Any, *, is_bot: bool = True) -> DiscordClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return DiscordClient(
        http,
        api_url="https://discord.com/api/v10",
        simulator=SIMULATOR,
        bot_token="bot-secret" if is_bot else None,
        clock=clock,
    )


async def test_an_edit_arrives(client: DiscordClient, twin: Twin, clock: Any) -> None:
    twin.announce(TOKEN, 7, acknowledged=True)

    assert await edit(client, clock) is Delivery.DELIVERED
    assert twin.payloads(TOKEN) == [HELLO]
    assert clock.slept == []


@pytest.mark.parametrize(
    ("faults", "outcome", "slept", "remark"),
    [
        ([too_early(1)], Delivery.DELIVERED, [0.5], "our answer is still on its way"),
        ([too_early(4)], Delivery.DELIVERED, [0.5, 1, 2, 4], "and takes its time"),
        ([too_early(5)], Delivery.GONE, [0.5, 1, 2, 4], "and never comes"),
        ([rate_limit(0.64)], Delivery.DELIVERED, [0.64], "a limit is waited for exactly"),
        ([rate_limit(1, times=5)], Delivery.DELIVERED, [1] * 5, "and again"),
        ([rate_limit(1, times=6)], Delivery.UNAVAILABLE, [1] * 5, "but not for ever"),
        ([rate_limit(600)], Delivery.UNAVAILABLE, [], "nor for ten minutes"),
        ([broken(502, times=3)], Delivery.DELIVERED, [0.5, 1, 2], "a failure of Discord's"),
        ([broken(503, times=4)], Delivery.UNAVAILABLE, [0.5, 1, 2], "that lasts"),
        ([EXPIRED], Delivery.EXPIRED, [], "a dead token"),
        ([Fault(status=400, code=200000)], Delivery.REFUSED, [], "AutoMod"),
        ([too_early(2), rate_limit(2)], Delivery.DELIVERED, [0.5, 1, 2], "one after another"),
    ],
)
async def test_faults_are_met_with_patience_or_a_name(
    client: DiscordClient, twin: Twin, clock: Any,
    faults: list[Fault], outcome: Delivery, slept: list[float], remark: str,
) -> None:  # fmt: skip
    twin.announce(TOKEN, 7, acknowledged=True)
    twin.inject(TOKEN, *faults)

    assert await edit(client, clock) is outcome, remark
    assert clock.slept == slept, remark
    assert len(twin.payloads(TOKEN)) == (outcome is Delivery.DELIVERED)


async def test_an_edit_waits_until_discord_has_our_first_answer(
    client: DiscordClient, twin: Twin, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin.announce(TOKEN, 7)
    asleep = clock.sleep

    async def acknowledge_meanwhile(seconds: float) -> None:
        await asleep(seconds)
        twin.acknowledge(TOKEN)

    monkeypatch.setattr(clock, "sleep", acknowledge_meanwhile)

    assert await edit(client, clock) is Delivery.DELIVERED
    assert clock.slept == [0.5]


async def test_an_old_interaction_that_is_unknown_is_gone_at_once(
    client: DiscordClient, clock: Any
) -> None:
    assert await edit(client, clock, minutes=2) is Delivery.GONE
    assert clock.slept == []


async def test_nothing_is_sent_with_an_expired_token(clock: Any) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.method)

    assert await edit(over(never, clock), clock, minutes=15) is Delivery.EXPIRED
    assert await edit(over(never, clock), clock, minutes=14, seconds=31) is Delivery.EXPIRED


async def test_a_token_that_expires_while_we_wait_is_not_used_again(
    client: DiscordClient, twin: Twin, clock: Any
) -> None:
    twin.announce(TOKEN, 7, acknowledged=True)
    twin.inject(TOKEN, rate_limit(12))

    assert await edit(client, clock, minutes=14, seconds=20) is Delivery.EXPIRED
    assert twin.payloads(TOKEN) == []


@pytest.mark.parametrize(
    ("error", "calls", "edited", "followed"),
    [
        (httpx.ConnectError("no"), 4, Delivery.UNAVAILABLE, Delivery.UNAVAILABLE),
        (httpx.ReadTimeout("slow"), 4, Delivery.UNAVAILABLE, Delivery.UNCERTAIN),
    ],
)
async def test_a_follow_up_that_may_have_arrived_is_not_sent_twice(
    clock: Any, error: httpx.TransportError, calls: int, edited: Delivery, followed: Delivery
) -> None:
    seen: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        raise error

    assert await edit(over(fail, clock), clock) is edited
    assert await follow(over(fail, clock), clock) is followed
    assert seen.count("PATCH") == calls
    assert seen.count("POST") == (1 if followed is Delivery.UNCERTAIN else calls)


async def test_the_first_follow_up_takes_the_promises_place(
    client: DiscordClient, twin: Twin, clock: Any
) -> None:
    twin.announce(TOKEN, 7, acknowledged=True)

    assert await follow(client, clock) is Delivery.DELIVERED
    assert await follow(client, clock) is Delivery.DELIVERED
    assert (twin.message(TOKEN) or {})["content"] == "Hello"
    assert len(twin.payloads(TOKEN)) == 2


async def test_each_application_has_its_own_address_and_every_call_says_who_we_are(
    clock: Any,
) -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    client, expires_at = over(note, clock), clock.now() + timedelta(minutes=15)
    await client.edit_original(7, "t", HELLO, expires_at=expires_at)
    await client.edit_original(8, "t", HELLO, expires_at=expires_at)

    assert [request.url.host for request in seen] == ["simulator.test", "discord.com"]
    assert seen[1].url.path == "/api/v10/webhooks/8/t/messages/@original"
    assert all(request.headers["user-agent"].startswith("DiscordBot (http") for request in seen)
    assert all("authorization" not in request.headers for request in seen)


async def test_no_token_is_logged_whatever_goes_wrong(
    client: DiscordClient, twin: Twin, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="functions")
    twin.announce(TOKEN, 7, acknowledged=True)
    for fault in (broken(times=9), Fault(status=400, code=50035), rate_limit(99), EXPIRED):
        twin.inject(TOKEN, fault)
        await edit(client, clock)

    assert caplog.records
    assert TOKEN not in caplog.text
    assert all(TOKEN not in str(record.__dict__) for record in caplog.records)


async def test_commands_are_replaced_by_the_bot_alone(
    client: DiscordClient, twin: Twin, clock: Any
) -> None:
    assert await client.get_commands(7) == []
    [kept] = await client.put_commands(7, [{"name": "ask", "description": "Ask"}])

    assert kept["name"] == "ask"
    assert twin.commands(7) == await client.get_commands(7) == [kept]
    with pytest.raises(LorekeeperError, match="DISCORD_BOT_TOKEN"):
        await over(lambda _: httpx.Response(200), clock, is_bot=False).get_commands(7)


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (httpx.Response(401, json={"message": "401", "code": 0}), DiscordRefusedError, "portal"),
        (httpx.Response(400, json={"message": "Bad", "code": 5}), DiscordRefusedError, "Bad"),
        (httpx.Response(403, text="<html>"), DiscordRefusedError, "403"),
        (httpx.Response(500), UnavailableError, "right now"),
        (httpx.Response(429, headers={"retry-after": "3600"}), UnavailableError, "right now"),
    ],
)
async def test_what_is_wrong_with_the_commands_is_said(
    clock: Any, answer: httpx.Response, error: type[LorekeeperError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        await over(lambda _: answer, clock).get_commands(8)


async def test_a_file_is_fetched_whole(client: DiscordClient, twin: Twin) -> None:
    url = twin.attach("Überblick 1/2.md", b"# Hello")

    assert is_attachment_url(url, simulator=SIMULATOR)
    assert await client.fetch_attachment(url, maximum=7) == b"# Hello"


async def test_a_file_over_the_maximum_is_cut_off(clock: Any) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1024
            yield b"x" * 1024

    client = over(lambda _: httpx.Response(200, content=endless()), clock)

    with pytest.raises(TooLargeError):
        await client.fetch_attachment(CDN + "a.txt", maximum=10_000)
    assert sent < 20_000


CDN = "https://cdn.discordapp.com/attachments/1/2/"


@pytest.mark.parametrize(
    ("answer", "error", "remark"),
    [
        (httpx.Response(404), AttachmentGoneError, "deleted"),
        (httpx.Response(403), AttachmentGoneError, "its signature ran out"),
        (httpx.Response(302, headers={"location": "http://169.254.169.254/"}), ForeignUrlError,
         "sent elsewhere"),
        (httpx.Response(503), UnavailableError, "a failure of Discord's"),
        (httpx.Response(429), UnavailableError, "too often"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_had_has_a_reason(
    clock: Any, answer: httpx.Response, error: type[LorekeeperError], remark: str
) -> None:
    with pytest.raises(error) as caught:
        await over(lambda _: answer, clock).fetch_attachment(CDN + "a.txt", maximum=10)

    assert type(caught.value) is error, remark


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (CDN + "a.pdf?ex=66&is=65&hm=ab", True),
        ("https://cdn.discordapp.com/ephemeral-attachments/1/2/a.pdf", True),
        ("https://cdn.discordapp.com:443/attachments/1/2/a.pdf", True),
        ("http://simulator.test/ephemeral-attachments/1/2/a.pdf", True),
        ("http://cdn.discordapp.com/attachments/1/2/a.pdf", False),
        ("https://cdn.discordapp.com:8443/attachments/1/2/a.pdf", False),
        ("https://cdn.discordapp.com/avatars/1/2/a.pdf", False),
        ("https://cdn.discordapp.com/attachments/1/2/../../../etc", False),
        ("https://cdn.discordapp.com@evil.test/attachments/1/2/a.pdf", False),
        ("https://cdn.discordapp.com.evil.test/attachments/1/2/a.pdf", False),
        ("https://evil.test/https://cdn.discordapp.com/attachments/1/2/a.pdf", False),
        ("https://evil.test\\@cdn.discordapp.com/attachments/1/2/a.pdf", False),
        ("https://cdn.discordapp.com/attachments/1/2/a.pdf#x", False),
        ("https://cdn.discordapp.com/attachments/1/2/a.pdf\n", False),
        ("https://CDN.discordapp.com/attachments/1/2/a.pdf", False),
        ("http://simulatorXtest/ephemeral-attachments/1/2/a.pdf", False),
        ("http://simulator.test/simulator/interactions/x", False),
        ("http://169.254.169.254/attachments/1/2/a", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
async def test_only_discords_own_files_are_fetched(clock: Any, url: str, *, allowed: bool) -> None:
    asked: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, content=b"x")

    client = over(note, clock)

    if allowed:
        assert await client.fetch_attachment(url, maximum=1) == b"x"
    else:
        with pytest.raises(ForeignUrlError):
            await client.fetch_attachment(url, maximum=1)
        assert asked == []


def test_the_simulators_files_are_nobodys_where_there_is_no_simulator() -> None:
    assert not is_attachment_url("http://simulator.test/attachments/1/2/a.pdf")
