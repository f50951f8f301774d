"""What every answer has in common: errors as sentences, and headers that keep browsers safe."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.runtime.app import error_body
from functions.runtime.errors import (
    InvalidRequestError,
    LorekeeperError,
    NotFoundError,
    UnavailableError,
)
from gateway.rate_limits import BudgetSpentError

log = logging.getLogger(__name__)
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HTTPS_ONLY = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
UNSTORED = "no-store"
DATABASE_LOST = (InterfaceError, OperationalError, PoolTimeoutError, OSError)


class MethodNotAllowedError(InvalidRequestError):
    """This address does not take that method."""

    status = 405
    code = "method_not_allowed"


class SafeHeaders:
    """Adds the headers that keep a browser from doing more than we serve."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        headers = HEADERS | (HTTPS_ONLY if https else {})
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding to the head of each answer; answers nobody marked are not stored."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                cached = any(name.lower() == b"cache-control" for name, _ in given)
                kept = [] if cached else [(b"cache-control", UNSTORED.encode())]
                message["headers"] = [*given, *kept, *self.headers]
            await send(message)

        await self.app(scope, receive, send_safely)


def known_error(error: BaseException) -> LorekeeperError | None:
    """Return what a caller may be told of an error; None where it is our own mistake."""
    if isinstance(error, LorekeeperError):
        return error
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, DATABASE_LOST):
        return UnavailableError("The database does not answer. Try again in a moment.")
    return None


def waiting(error: LorekeeperError | None) -> dict[str, str]:
    """Return the header that says when to try again, where an error knows."""
    return {"retry-after": str(error.retry_after)} if isinstance(error, BudgetSpentError) else {}


def answer_error(error: LorekeeperError) -> Response:
    """Return the answer that says what went wrong."""
    return JSONResponse(error_body(error), error.status, waiting(error))


async def _known(_: Request, error: Exception) -> Response:
    known = known_error(error)
    if known is None:
        raise error
    if known.status >= LorekeeperError.status:
        log.warning("request failed", extra={"code": known.code}, exc_info=error)
    return answer_error(known)


async def _from_framework(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    kinds: dict[int, type[LorekeeperError]] = {404: NotFoundError, 405: MethodNotAllowedError}
    return answer_error(kinds.get(status, InvalidRequestError)())


async def _unknown(_: Request, error: Exception) -> Response:
    # Starlette raises the error again after this answer, for the server to log.
    del error
    return answer_error(LorekeeperError())


def map_errors(app: FastAPI) -> None:
    """Map every kind of error to one answer, in one place."""
    for kind in (LorekeeperError, DBAPIError, PoolTimeoutError, OSError):
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _from_framework)
    app.add_exception_handler(Exception, _unknown)
