"""The shell every function stands in: health, readiness, request ids, errors to statuses."""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.runtime.errors import InvalidRequestError, LorekeeperError, TooLargeError
from functions.runtime.logs import request_id

if TYPE_CHECKING:
    from functions.runtime.events import Event

log = logging.getLogger(__name__)
MAXIMUM_BODY = 1024 * 1024
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[Any]]


class RequestIds:
    """Give each request an id, taken from ``x-request-id`` where that is a sane one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the id for the logs and return it to the caller."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        identity = given.decode() if REQUEST_ID.fullmatch(given) else uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", identity.encode()),
                ]
            await send(message)

        marker = request_id.set(identity)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request_id.reset(marker)


def error_body(error: LorekeeperError) -> dict[str, dict[str, str]]:
    """Return what a caller sees of an error."""
    return {"error": {"code": error.code, "message": error.message}}


async def _known_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, LorekeeperError):
        raise error
    if error.status >= LorekeeperError.status:
        log.warning("request failed", extra={"code": error.code}, exc_info=error)
    return JSONResponse(error_body(error), error.status)


async def _unknown_error(_: Request, error: Exception) -> Response:
    # Starlette raises the error again after this answer, for the server to log.
    del error
    return JSONResponse(error_body(LorekeeperError()), LorekeeperError.status)


async def _alive(_: Request) -> Response:
    # Knative asks every 50 ms with a limit of 100 ms: nothing is queried here.
    return PlainTextResponse("ok")


def create_app(routes: Sequence[BaseRoute], *, lifespan: Lifespan | None = None) -> Starlette:
    """Return an app of these routes with ``/health``, ``/readyz`` and errors mapped once."""
    return Starlette(
        routes=[Route("/health", _alive), Route("/readyz", _alive), *routes],
        middleware=[Middleware(RequestIds)],
        exception_handlers={LorekeeperError: _known_error, Exception: _unknown_error},
        lifespan=lifespan,
    )


async def read_body(request: Request, *, maximum: int = MAXIMUM_BODY) -> bytes:
    """Return the raw body; one over ``maximum`` bytes is refused before it is read whole."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > maximum:
                raise TooLargeError(f"The body is larger than {maximum} bytes.")
    except ClientDisconnect as error:
        raise InvalidRequestError("The body ended early. Send it again.") from error
    return bytes(body)


def event_route(path: str, handle: Callable[["Event"], Awaitable[None]]) -> Route:
    """Return the door for CloudEvents: one event to one call, answered 204 without a body.

    Any other 200 body counts as a failure for Knative; a malformed event is a 400.
    """
    from functions.runtime.events import read_event  # noqa: PLC0415 - cold start: 130 ms

    async def endpoint(request: Request) -> Response:
        await handle(read_event(dict(request.headers), await read_body(request)))
        return Response(status_code=204)

    return Route(path, endpoint, methods=["POST"])
