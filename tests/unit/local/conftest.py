"""A laptop with a broker on it, under a clock that jumps: a test of 13.5 s takes milliseconds."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from functions.local.broker import Broker, Chaos, Delivery, Dispatcher, Trigger, build_broker

MEASURED = Delivery(
    retry=3,
    backoff_policy="linear",
    backoff_delay=0.5,
    timeout=3.0,
    dead_letter="http://dead-letter.rag.svc.cluster.local/",
)
EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/t",
    "ce-type": "rag.test",
    "content-type": "application/json",
}
Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]


class _JumpingSelector(selectors.DefaultSelector):
    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("everything waits, and for nothing")
        self.passed += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


def in_virtual_time(coroutine: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coroutine)


@dataclass
class Call:
    at: float
    host: str
    headers: httpx.Headers
    body: bytes


@dataclass
class Laptop:
    """One broker, its subscribers by host name, and everything they were sent."""

    app: Starlette
    http: httpx.AsyncClient
    calls: list[Call] = field(default_factory=list)

    @property
    def broker(self) -> Dispatcher:
        broker: Dispatcher = self.app.state.broker
        return broker

    async def post(
        self, headers: dict[str, str] | None = None, *, body: bytes = b'{"a":1}', **changes: str
    ) -> int:
        response = await self.http.post(
            "http://broker/rag/default",
            headers=(EVENT if headers is None else headers)
            | {f"ce-{name}": value for name, value in changes.items()},
            content=body,
            timeout=None,
        )
        assert response.content == b""
        return response.status_code

    def sent(self, host: str) -> list[Call]:
        return [call for call in self.calls if call.host == host]

    @property
    def letters(self) -> list[Call]:
        return self.sent("dead-letter.rag.svc.cluster.local")


async def _accept(_: httpx.Request) -> httpx.Response:
    return httpx.Response(202)


def a_trigger(name: str = "t1", **changes: Any) -> Trigger:
    return Trigger(
        **{
            "namespace": "rag",
            "name": name,
            "broker": "default",
            "subscriber": "http://127.0.0.1:9301/",
            "uid": "11111111-1111-1111-1111-111111111111",
        }
        | changes
    )


def a_laptop(
    handler: Handler = _accept,
    *,
    triggers: tuple[Trigger, ...] | None = None,
    asynchronous: bool = False,
    delivery: Delivery | None = MEASURED,
    chaos: Chaos = Chaos(),  # noqa: B008 -- frozen
    others: dict[str, Handler] | None = None,
) -> Laptop:
    """``handler`` answers for every subscriber but ``others``; the dead letter sink says 200."""

    async def dead_letter_sink(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="kept")

    handlers = {"dead-letter.rag.svc.cluster.local": dead_letter_sink} | (others or {})
    calls: list[Call] = []

    async def subscriber(request: httpx.Request) -> httpx.Response:
        now = asyncio.get_running_loop().time()
        calls.append(Call(now, request.url.host, request.headers, await request.aread()))
        return await handlers.get(request.url.host, handler)(request)

    app = build_broker(
        [Broker(namespace="rag", name="default", asynchronous=asynchronous, delivery=delivery)],
        triggers if triggers is not None else (a_trigger(),),
        http=httpx.AsyncClient(transport=httpx.MockTransport(subscriber)),
        chaos=chaos,
    )
    producer = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    return Laptop(app, producer, calls)


@pytest.fixture
def laptop() -> Callable[..., Laptop]:
    """Makes a laptop; see ``a_laptop``."""
    return a_laptop


@pytest.fixture
def trigger() -> Callable[..., Trigger]:
    """Makes a Trigger of the Broker rag/default."""
    return a_trigger


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine under the jumping clock."""
    return in_virtual_time
