"""The gateway's door: GraphQL, sign-in, uploads and the dashboard in one app."""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from functions.runtime.app import RequestIds
from functions.runtime.clients import Clients
from gateway import authentication, downloads, operations, progress, uploads
from gateway.answers import SafeHeaders, map_errors
from gateway.static import Dashboard, dashboard_folder

REQUIRED = ("database_url", "event_sink")


async def _alive() -> Response:
    return PlainTextResponse("ok")


def build(
    clients: Clients, *, dashboard: Path | None = None, routes: Sequence[BaseRoute] = ()
) -> FastAPI:
    """Return the gateway; ``routes`` are further doors of the same origin, such as webhooks.

    ``dashboard`` is the folder of its built files; ``LORE_DASHBOARD`` names it where absent.
    """
    https = clients.settings.public_url.startswith("https://")
    app = FastAPI(
        title="Lorekeeper",
        # Its own description would tell strangers every door; the docs folder tells readers.
        openapi_url=None,
        middleware=[Middleware(RequestIds), Middleware(SafeHeaders, https=https)],
    )
    app.state.clients = clients
    app.state.schema = operations.make_schema(in_development=clients.settings.in_development)
    app.state.streams = Counter()
    app.state.uploads = asyncio.Semaphore(uploads.FILES_AT_ONCE)
    map_errors(app)
    for path in ("/health", "/readyz"):
        app.add_api_route(path, _alive)
    for topic in (authentication, operations, uploads, downloads, progress):
        app.include_router(topic.router)
    app.router.routes.extend(routes)
    # Last of all: it takes every address that is left.
    app.mount("/", Dashboard(dashboard or dashboard_folder(os.environ)))
    return app
