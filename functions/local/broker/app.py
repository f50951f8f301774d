"""The broker's door: HTTP in, one event to the dispatcher, a bare status out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.local.broker.attempts import Courier, Sleep
from functions.local.broker.chaos import Chaos, Turbulence
from functions.local.broker.dispatch import Dispatcher
from functions.local.broker.events import InvalidEventError, read_event
from functions.local.broker.objects import Broker, Trigger
from functions.local.broker.subscriptions import forwarded

log = logging.getLogger(__name__)
_OPTIONS = {
    "Allow": "POST, OPTIONS",
    "WebHook-Allowed-Origin": "*",
    "WebHook-Allowed-Rate": "*",
}


def build_broker(
    brokers: Iterable[Broker],
    triggers: Iterable[Trigger],
    *,
    http: httpx.AsyncClient,
    chaos: Chaos = Chaos(),  # noqa: B008 -- frozen
    sleep: Sleep = asyncio.sleep,
) -> Starlette:
    """Return an app that takes events at ``POST /<namespace>/<broker>`` and delivers by ``http``.

    ``app.state.broker`` is the Dispatcher: await its ``drain(timeout)`` where no server runs the
    app's lifespan. ``sleep`` waits between attempts and for chaos.
    """
    dispatcher = Dispatcher(
        brokers,
        triggers,
        courier=Courier(http, sleep=sleep),
        turbulence=Turbulence(chaos, sleep=sleep),
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await dispatcher.drain()

    methods = ["POST", "OPTIONS", "GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"]
    app = Starlette(routes=[Route("/{path:path}", _receive, methods=methods)], lifespan=lifespan)
    app.state.broker = dispatcher
    return app


async def _receive(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(headers=_OPTIONS)
    if request.method != "POST":
        return Response(status_code=405, headers={"Allow": _OPTIONS["Allow"]})
    return Response(status_code=await _take(request, dispatcher=request.app.state.broker))


async def _take(request: Request, *, dispatcher: Dispatcher) -> int:
    path = request.url.path
    if path == "/":
        return 404
    segments = path.removesuffix("/").split("/")[1:]
    if len(segments) != 2:  # noqa: PLR2004 -- namespace and name
        return 400
    try:
        event = read_event(request.headers.raw, await request.body())
    except InvalidEventError as error:
        log.warning("event refused: %s", error)
        return 400
    broker = dispatcher.find(*segments)
    if broker is None:
        log.warning("event refused: there is no broker %s", path)
        return 404
    return await dispatcher.receive(event, broker=broker, headers=forwarded(request.headers.raw))
