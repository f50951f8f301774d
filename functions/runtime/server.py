"""Run one function as a container does: settings, clients, a server on ``$PORT``."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from functions.runtime.clients import Clients
from functions.runtime.logs import configure_logs
from functions.runtime.settings import SettingsError, load_settings

USAGE = 2


def serve(
    name: str,
    build: Callable[[Clients], ASGIApp],
    *,
    required: tuple[str, ...],
    warms_up: bool = False,
) -> None:
    """Start the function ``name``; a bad setting ends the process with every problem listed.

    One that ``warms_up`` has the language model loaded while it already answers.
    """
    try:
        settings = load_settings(os.environ, required=required)
    except SettingsError as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - logs are not configured yet
        raise SystemExit(USAGE) from None
    configure_logs(settings.log_level)
    clients = Clients(settings, name=name)
    app = closing(build(clients), clients, warms_up=warms_up)
    # Knative lets SIGTERM through only after the last request: stop at once.
    uvicorn.run(
        app,
        host="0.0.0.0",
        port=int(os.environ.get("PORT", "8080")),
        log_config=None,
        access_log=False,
        # Whoever connects from this machine could otherwise claim any address.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=25,
    )


def closing(app: ASGIApp, clients: Clients, *, warms_up: bool = False) -> ASGIApp:
    """Wrap an app so that its clients are closed when the server stops."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if warms_up and clients.ollama:
            clients.ollama.start_warming_up()
        try:
            yield
        finally:
            await clients.close()

    shell = Starlette(lifespan=lifespan)
    shell.mount("/", app)
    return shell
