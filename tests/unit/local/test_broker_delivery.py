"""What becomes of an event, row by row of the run against the real Knative Eventing 1.22.2."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import httpx
import pytest

from functions.local.broker import Delivery
from functions.local.broker.filters import Exact

Make = Callable[..., Any]
Run = Callable[[Coroutine[Any, Any, Any]], Any]
Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]

FILTER_URL = (
    "http://broker-filter.knative-eventing.svc.cluster.local"
    "/triggers/rag/t1/11111111-1111-1111-1111-111111111111"
)
EMPTY_BODY = (
    "eyJlcnJkZXN0aW5hdGlvbiI6Imh0dHA6Ly8xMjcuMC4wLjE6OTMwMS8iLCJlcnJyZXNwb25zZWJvZHkiOiIifQ=="
)
REPLY = {
    "ce-specversion": "1.0",
    "ce-id": "reply-1",
    "ce-source": "/fn",
    "ce-type": "rag.reply",
}
ONCE = [0.0]
RETRIED = [0.0, 0.0, 0.5, 1.5]


def answering(status: int, *, after: float = 0.0, **rest: Any) -> Handler:
    async def handler(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(after)
        return httpx.Response(status, **rest)

    return handler


async def refusing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


async def crashing(_: httpx.Request) -> httpx.Response:
    raise ZeroDivisionError


# answer, what happens, seconds until the producer's 202, times of the calls, code of dead letter
MEASURED_ROWS = [
    (answering(200), "done", 0.0, ONCE, None),
    (answering(200, after=2.0), "the producer waits", 2.0, ONCE, None),
    (answering(200, json={"ok": True}), "a body that is no event fails", 1.5, RETRIED, "502"),
    (answering(400), "a client error is final", 0.0, ONCE, "400"),
    (answering(404), "retried", 1.5, RETRIED, "404"),
    (answering(409), "retried", 1.5, RETRIED, "409"),
    (answering(429), "retried", 1.5, RETRIED, "429"),
    (answering(500), "retried", 1.5, RETRIED, "500"),
    (answering(202), "done", 0.0, ONCE, None),
    (answering(204), "done", 0.0, ONCE, None),
    (
        answering(302, headers={"location": "http://else/"}),
        "a redirect is not followed",
        0.0,
        ONCE,
        "302",
    ),
    (answering(200, after=5.0), "overruns 3 s", 13.5, [0.0, 3.0, 6.5, 10.5], "500"),
]
UNMEASURED_ROWS = [
    (answering(202, text="queued"), "a 202's body is ignored", 0.0, ONCE, None),
    (answering(401), "final", 0.0, ONCE, "401"),
    (answering(403), "final", 0.0, ONCE, "403"),
    (answering(408), "retried", 1.5, RETRIED, "408"),
    (answering(422), "final: a framework's own 422 loses the event", 0.0, ONCE, "422"),
    (answering(503), "retried", 1.5, RETRIED, "503"),
    (refusing, "a refused connection is retried", 1.5, RETRIED, "500"),
    (crashing, "so is a function that crashes in this process", 1.5, RETRIED, "500"),
    (
        answering(200, headers={"ce-specversion": "1.0"}),
        "a broken reply event fails",
        1.5,
        RETRIED,
        "502",
    ),
]


@pytest.mark.parametrize(
    ("handler", "remark", "seconds", "calls", "code"), MEASURED_ROWS + UNMEASURED_ROWS
)
def test_an_answer_has_the_effect_it_has_on_knative(
    laptop: Make,
    run: Run,
    handler: Handler,
    remark: str,
    seconds: float,
    calls: list[float],
    code: str | None,
) -> None:
    async def scenario() -> tuple[Any, float]:
        machine = laptop(handler)
        assert await machine.post() == 202, remark
        return machine, asyncio.get_running_loop().time()

    machine, passed = run(scenario())
    assert passed == pytest.approx(seconds), remark
    assert [call.at for call in machine.sent("127.0.0.1")] == pytest.approx(calls), remark
    assert not machine.sent("else")
    codes = [letter.headers["ce-knativeerrorcode"] for letter in machine.letters]
    assert codes == ([code] if code else []), remark


@pytest.mark.parametrize(
    ("handler", "data", "remark"),
    [
        (answering(400), EMPTY_BODY, "the very text Knative sent"),
        (answering(200, text="hi"), "", "nothing to tell about a wrong success"),
    ],
)
def test_a_dead_letter_tells_what_failed(
    laptop: Make, run: Run, handler: Handler, data: str, remark: str
) -> None:
    machine = laptop(handler)
    run(machine.post(subject="caf%C3%A9"))
    (letter,) = machine.letters
    assert letter.headers["ce-knativeerrordest"] == FILTER_URL
    assert letter.headers["ce-knativeerrordata"] == data, remark
    assert letter.headers["ce-id"] == "1"
    assert letter.headers["ce-subject"] == "caf%C3%A9"
    assert letter.headers["kn-namespace"] == "rag"
    assert "prefer" not in letter.headers
    assert letter.body == b'{"a":1}'


def test_a_dead_letter_holds_the_subscribers_words_in_base64(laptop: Make, run: Run) -> None:
    machine = laptop(answering(400, text="no such page"))
    run(machine.post())
    info = json.loads(base64.b64decode(machine.letters[0].headers["ce-knativeerrordata"]))
    assert info["errdestination"] == "http://127.0.0.1:9301/"
    assert base64.b64decode(info["errresponsebody"]) == b"no such page"


def test_a_dead_letter_keeps_a_crashs_own_words_to_itself(laptop: Make, run: Run) -> None:
    async def crash(_: httpx.Request) -> httpx.Response:
        raise ValueError("what a member wrote")

    machine = laptop(crash)
    run(machine.post())
    info = json.loads(base64.b64decode(machine.letters[0].headers["ce-knativeerrordata"]))
    body = base64.b64decode(info["errresponsebody"])
    assert body == b'dispatch error: Post "http://127.0.0.1:9301/": ValueError'


def test_the_error_data_is_cut_after_1024_characters(laptop: Make, run: Run) -> None:
    machine = laptop(answering(400, content=b"x" * 5000))
    run(machine.post())
    assert len(machine.letters[0].headers["ce-knativeerrordata"]) == 1024


def test_a_timeout_is_told_as_a_dispatch_error(laptop: Make, run: Run) -> None:
    machine = laptop(answering(200, after=5.0))
    run(machine.post())
    data = base64.b64decode(machine.letters[0].headers["ce-knativeerrordata"])
    assert data.startswith(f'dispatch error: Post "{FILTER_URL}'.encode())


def test_an_overrun_attempt_is_not_cut_short(laptop: Make, run: Run) -> None:
    finished: list[str] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        finished.append(request.headers["ce-id"])
        return httpx.Response(200)

    async def scenario() -> None:
        machine = laptop(handler)
        await machine.post()
        assert machine.broker.in_flight == 1
        assert await machine.broker.drain(60) == 0

    run(scenario())
    assert len(finished) == 4


@pytest.mark.parametrize(
    ("delivery", "calls", "remark"),
    [
        (Delivery(retry=3), [0.0, 0.0, 0.0, 0.0], "no policy, no wait"),
        (None, [0.0], "no delivery, one attempt"),
        (
            Delivery(retry=4, backoff_policy="exponential", backoff_delay=1.0),
            [0.0, 1.0, 3.0, 7.0, 15.0],
            "delay times 1, 2, 4, 8",
        ),
        (
            Delivery(retry=10, backoff_policy="exponential", backoff_delay=0.2),
            [0.0, *(0.2 * (2**n - 1) for n in range(1, 11))],
            "the default blocks for about 205 s",
        ),
    ],
)
def test_retries_wait_as_the_policy_says(
    laptop: Make,
    run: Run,
    delivery: Delivery | None,
    calls: list[float],
    remark: str,
) -> None:
    machine = laptop(answering(500), delivery=delivery)
    assert run(machine.post()) == 500, "nowhere to put it: the producer is told"
    assert [call.at for call in machine.calls] == pytest.approx(calls), remark


def test_a_triggers_delivery_replaces_its_brokers_as_a_whole(
    laptop: Make, trigger: Make, run: Run
) -> None:
    machine = laptop(answering(500), triggers=(trigger(delivery=Delivery(retry=1)),))
    assert run(machine.post()) == 500
    assert len(machine.calls) == 2
    assert not machine.letters


def test_the_producer_hears_of_it_when_the_dead_letter_fails_too(laptop: Make, run: Run) -> None:
    machine = laptop(answering(400), others={"dead-letter.rag.svc.cluster.local": answering(500)})
    assert run(machine.post()) == 500
    assert len(machine.letters) == 4, "the dead letter is retried like any delivery"


def test_one_lost_delivery_of_several_is_a_500_and_the_others_still_arrive(
    laptop: Make, trigger: Make, run: Run
) -> None:
    machine = laptop(
        triggers=(trigger("a", subscriber="http://a/"), trigger("b", subscriber="http://b/")),
        delivery=None,
        others={"a": answering(400)},
    )
    assert run(machine.post()) == 500
    assert len(machine.sent("b")) == 1


def test_a_reply_goes_back_to_the_same_broker(laptop: Make, trigger: Make, run: Run) -> None:
    machine = laptop(
        triggers=(
            trigger("ask", subscriber="http://ask/", filter=Exact({"type": "rag.test"})),
            trigger("hear", subscriber="http://hear/", filter=Exact({"type": "rag.reply"})),
        ),
        others={
            "ask": answering(
                200, headers=REPLY | {"x-request-id": "r", "x-custom": "no"}, content=b"{}"
            )
        },
    )
    assert run(machine.post()) == 202
    (heard,) = machine.sent("hear")
    assert heard.headers["ce-id"] == "reply-1"
    assert heard.headers["x-request-id"] == "r"
    assert "x-custom" not in heard.headers
    assert "ce-knativebrokerttl" not in heard.headers


def test_a_reply_may_come_in_structured_mode(laptop: Make, trigger: Make, run: Run) -> None:
    envelope = {name.removeprefix("ce-"): value for name, value in REPLY.items()} | {"data": [1]}
    machine = laptop(
        triggers=(
            trigger("ask", subscriber="http://ask/", filter=Exact({"type": "rag.test"})),
            trigger("hear", subscriber="http://hear/", filter=Exact({"type": "rag.reply"})),
        ),
        others={
            "ask": answering(
                200,
                content=json.dumps(envelope).encode(),
                headers={"content-type": "application/cloudevents+json; charset=utf-8"},
            )
        },
    )
    assert run(machine.post()) == 202
    (heard,) = machine.sent("hear")
    assert (heard.headers["ce-id"], heard.body) == ("reply-1", b"[1]")


def test_a_reply_loop_ends_when_its_time_to_live_is_used_up(laptop: Make, run: Run) -> None:
    async def echo(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=REPLY)

    machine = laptop(echo)
    assert run(machine.post()) == 202
    assert len(machine.sent("127.0.0.1")) == 255
    (letter,) = machine.letters
    assert letter.headers["ce-knativeerrorcode"] == "400"
    assert letter.headers["ce-knativeerrordest"].endswith("/rag/default")


def test_a_time_to_live_from_outside_is_counted_down(laptop: Make, run: Run) -> None:
    machine = laptop()
    assert run(machine.post(knativebrokerttl="1")) == 400
    assert run(machine.post(knativebrokerttl="2")) == 202
    assert run(machine.post(knativebrokerttl="many")) == 202
    assert len(machine.calls) == 2


def test_an_event_no_trigger_wants_is_taken_and_dropped(
    laptop: Make, trigger: Make, run: Run
) -> None:
    machine = laptop(triggers=(trigger(filter=Exact({"type": "other"})),))
    assert run(machine.post()) == 202
    assert not machine.calls
