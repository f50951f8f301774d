"""PingSources post on time, by the cron of their manifests."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from functions.local.broker import PingSource
from functions.local.broker.schedules import Schedule
from functions.local.pings import run_pings

Run = Callable[[Coroutine[Any, Any, Any]], Any]
START = datetime(2026, 11, 22, 7, 59, 30, tzinfo=UTC)


def a_source(schedule: str = "* * * * *", **changes: Any) -> PingSource:
    values = {"namespace": "rag", "name": "tick", "sink": "http://sweep/x"}
    return PingSource(schedule=Schedule.parse(schedule), **(values | changes))


async def pings_of(
    *sources: PingSource, seconds: float, answer: Callable[[int], httpx.Response]
) -> list[tuple[float, httpx.Request]]:
    """Run the sources under the jumping clock; return when each ping came, and what it was."""
    loop = asyncio.get_running_loop()
    got: list[tuple[float, httpx.Request]] = []

    async def sink(request: httpx.Request) -> httpx.Response:
        got.append((loop.time(), request))
        return answer(len(got))

    http = httpx.AsyncClient(transport=httpx.MockTransport(sink))

    def now() -> datetime:
        return START + timedelta(seconds=loop.time())

    running = asyncio.create_task(run_pings(sources, http=http, now=now))
    await asyncio.sleep(seconds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return got


def taken(_: int) -> httpx.Response:
    return httpx.Response(202)


@pytest.mark.parametrize(
    ("schedule", "times", "remark"),
    [
        ("* * * * *", [30, 90, 150, 210, 270], "every minute"),
        ("*/2 * * * *", [30, 150, 270], "every other minute"),
        ("*/30 * * * * *", [30, 60, 90, 120, 150, 180, 210, 240, 270, 300], "six fields: seconds"),
        ("@hourly", [30], "a word for it"),
        ("0 8 ? * SUN", [30], "names, and ? for any"),
        ("0 9 * * *", [], "not yet"),
    ],
)
def test_pings_come_when_they_are_due(
    run: Run, schedule: str, times: list[float], remark: str
) -> None:
    got = run(pings_of(a_source(schedule), seconds=300.5, answer=taken))
    assert [time for time, _ in got] == pytest.approx(times), remark


def test_a_schedule_counts_in_its_own_time_zone() -> None:
    schedule = Schedule.parse("0 9 * * *", timezone="Europe/Berlin")
    assert schedule.after(START) == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert schedule.after(summer) == datetime(2026, 7, 2, 7, 0, tzinfo=UTC)


def test_a_ping_is_the_event_knative_sends(run: Run) -> None:
    source = a_source(
        content_type="application/json", data=b'{"sweep":1}', extensions={"sweepkind": "nightly"}
    )
    (_, first), (_, second) = run(pings_of(source, seconds=100, answer=taken))
    assert str(first.url) == "http://sweep/x"
    assert first.headers["ce-specversion"] == "1.0"
    assert first.headers["ce-type"] == "dev.knative.sources.ping"
    assert first.headers["ce-source"] == "/apis/v1/namespaces/rag/pingsources/tick"
    assert first.headers["ce-time"] == "2026-11-22T08:00:00Z"
    assert first.headers["ce-sweepkind"] == "nightly"
    assert first.headers["content-type"] == "application/json"
    assert first.content == b'{"sweep":1}'
    assert first.headers["ce-id"] != second.headers["ce-id"]


def test_a_ping_without_data_has_no_content_type(run: Run) -> None:
    ((_, ping),) = run(pings_of(a_source(), seconds=60, answer=taken))
    assert "content-type" not in ping.headers
    assert ping.content == b""


def test_a_ping_is_tried_again_and_the_next_one_comes_all_the_same(run: Run) -> None:
    got = run(
        pings_of(
            a_source(), seconds=100, answer=lambda count: httpx.Response(503 if count < 7 else 202)
        )
    )
    times = [time for time, _ in got]
    assert times == pytest.approx([30, 30.05, 30.15, 30.35, 30.75, 31.55, 90])
    assert len({ping.headers["ce-id"] for _, ping in got}) == 2


def test_every_source_keeps_its_own_time(run: Run) -> None:
    sources = (a_source("0 * * * *", name="hourly"), a_source("* * * * *", name="minutely"))
    got = run(pings_of(*sources, seconds=100, answer=taken))
    names = [ping.headers["ce-source"].rpartition("/")[2] for _, ping in got]
    assert sorted(names) == ["hourly", "minutely", "minutely"]


async def test_a_clock_that_wakes_too_early_pings_once_for_a_minute() -> None:
    moments = iter([START, START, START + timedelta(seconds=29.9)])
    waits: list[float] = []
    pings: list[str] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 1:
            raise asyncio.CancelledError

    async def sink(request: httpx.Request) -> httpx.Response:
        pings.append(request.headers["ce-time"])
        return httpx.Response(202)

    http = httpx.AsyncClient(transport=httpx.MockTransport(sink))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(
            _first_ping(
                http, sleep=sleep, now=lambda: next(moments, START + timedelta(seconds=30))
            ),
            5,
        )
    assert pings == ["2026-11-22T08:00:00Z"]
    assert waits == pytest.approx([30, 60])


async def _first_ping(http: httpx.AsyncClient, **clock: Any) -> None:
    await run_pings([a_source()], http=http, **clock)
    raise asyncio.CancelledError
