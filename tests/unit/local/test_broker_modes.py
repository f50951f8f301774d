"""Synchronous and asynchronous brokers, and the switches that make trouble."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from functions.local.broker import Chaos

Make = Callable[..., Any]
Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def slow(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(2)
    return httpx.Response(204)


async def failing(_: httpx.Request) -> httpx.Response:
    return httpx.Response(500)


def clock() -> float:
    return asyncio.get_running_loop().time()


def test_a_synchronous_producer_waits_for_retries_and_dead_letter(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(failing)
        assert await machine.post() == 202
        assert clock() == pytest.approx(1.5)
        assert len(machine.letters) == 1

    run(scenario())


def test_an_asynchronous_producer_waits_for_nothing(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(failing, asynchronous=True)
        assert await machine.post() == 202
        assert clock() == 0
        assert machine.broker.in_flight == 1
        assert await machine.broker.drain(60) == 0
        assert [call.at for call in machine.sent("127.0.0.1")] == [0, 0, 0.5, 1.5]
        assert len(machine.letters) == 1

    run(scenario())


def test_an_asynchronous_producer_never_hears_of_a_lost_event(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(failing, asynchronous=True, delivery=None)
        assert await machine.post() == 202
        assert await machine.broker.drain() == 0

    run(scenario())


def test_an_asynchronous_broker_refuses_as_a_synchronous_one(laptop: Make, run: Run) -> None:
    assert run(laptop(asynchronous=True).post({})) == 400


def test_a_subscriber_is_never_spared(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(slow, asynchronous=True)
        await asyncio.gather(*(machine.post(id=str(number)) for number in range(8)))
        await machine.broker.drain(60)
        assert [call.at for call in machine.calls] == [0] * 8, "no order, no back-pressure"

    run(scenario())


def test_a_producer_that_hangs_up_ends_a_synchronous_delivery_but_not_the_function(
    laptop: Make, run: Run
) -> None:
    finished: list[float] = []

    async def slow_failure(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(2)
        finished.append(clock())
        return httpx.Response(500)

    async def scenario() -> None:
        machine = laptop(slow_failure)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(machine.post(), 1)
        assert await machine.broker.drain(60) == 0
        assert finished == [pytest.approx(2)], "no retry, but the attempt ran to its end"
        assert not machine.letters

    run(scenario())


def test_draining_cancels_what_takes_too_long_and_counts_it(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(slow, asynchronous=True)
        await machine.post()
        await machine.post()
        assert await machine.broker.drain(1) == 2
        assert clock() == pytest.approx(1)
        assert machine.broker.in_flight == 0
        assert await machine.post() == 202, "a broker that was drained goes on"
        assert await machine.broker.drain(60) == 0

    run(scenario())


def test_stopping_the_app_drains_the_broker(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(slow, asynchronous=True)
        async with machine.app.router.lifespan_context(machine.app):
            await machine.post()
        assert machine.broker.in_flight == 0
        assert clock() == pytest.approx(2)

    run(scenario())


def test_chaos_duplicates_every_event(laptop: Make, run: Run) -> None:
    machine = laptop(chaos=Chaos(duplicate=True))
    assert run(machine.post()) == 202
    assert [call.headers["ce-id"] for call in machine.calls] == ["1", "1"]


def test_chaos_drops_every_event_and_says_it_took_it(laptop: Make, run: Run) -> None:
    machine = laptop(chaos=Chaos(drop=1.0))
    assert run(machine.post()) == 202
    assert not machine.calls


def test_chaos_drops_the_same_share_for_the_same_seed(laptop: Make, run: Run) -> None:
    async def arrived(seed: int) -> list[str]:
        machine = laptop(chaos=Chaos(drop=0.5, seed=seed))
        for number in range(100):
            assert await machine.post(id=str(number)) == 202
        return [call.headers["ce-id"] for call in machine.calls]

    first, again, other = run(arrived(1)), run(arrived(1)), run(arrived(2))
    assert 30 < len(first) < 70
    assert first == again != other


def test_chaos_delays_every_event(laptop: Make, run: Run) -> None:
    machine = laptop(chaos=Chaos(delay=7.0))
    run(machine.post())
    assert [call.at for call in machine.calls] == [7.0]


def test_chaos_lets_every_second_event_overtake_the_first(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(slow, asynchronous=True, chaos=Chaos(reorder=60.0))
        for number in range(4):
            await machine.post(id=str(number))
            await asyncio.sleep(10)
        assert [call.headers["ce-id"] for call in machine.calls] == ["1", "0", "3", "2"]

    run(scenario())


def test_chaos_holds_the_last_event_only_so_long(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(chaos=Chaos(reorder=5.0))
        assert await machine.post() == 202
        assert await machine.post() == 202
        assert [call.at for call in machine.calls] == [5.0, 10.0]

    run(scenario())


def test_draining_lets_a_held_event_go_at_once(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(asynchronous=True, chaos=Chaos(reorder=500.0))
        await machine.post()
        await asyncio.sleep(0)
        assert await machine.broker.drain() == 0
        assert [call.at for call in machine.calls] == [0.0]

    run(scenario())


def test_chaos_loses_what_is_in_flight_at_a_restart(laptop: Make, run: Run) -> None:
    async def scenario() -> None:
        machine = laptop(slow, asynchronous=True, chaos=Chaos(drop_on_restart=True))
        assert await machine.post() == 202
        await asyncio.sleep(1)
        assert await machine.broker.drain(60) == 1
        assert clock() == pytest.approx(1)
        assert machine.broker.in_flight == 0

    run(scenario())
