"""The door of search: one question to the passages that answer it, ``POST /search``."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.runtime.app import create_app, read_body
from functions.runtime.clients import Clients
from functions.runtime.errors import InvalidRequestError
from functions.runtime.passages import SearchRequest
from functions.search.service import search


def _read(body: bytes) -> SearchRequest:
    try:
        return msgspec.json.decode(body, type=SearchRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"The search request is not understood: {error}.") from error


def build(clients: Clients) -> Starlette:
    """Return the search app."""

    async def endpoint(request: Request) -> Response:
        found = await search(clients, _read(await read_body(request)))
        return Response(msgspec.json.encode(found), media_type="application/json")

    return create_app([Route("/search", endpoint, methods=["POST"])])
