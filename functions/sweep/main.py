"""The sweep's door: a tick of the clock at ``/``, dead letters at ``/dead-letters``."""

import logging

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.runtime.app import create_app, event_route, read_body
from functions.runtime.clients import Clients
from functions.runtime.events import Event, read_event
from functions.sweep.service import record_dead_letter, sweep

log = logging.getLogger(__name__)


def build(clients: Clients) -> Starlette:
    """Return the sweep's app."""

    async def tick(_: Event) -> None:
        slots = clients.settings.model_slots
        await sweep(clients.database, clients.events, slots=slots)

    async def dead_letter(request: Request) -> Response:
        # A dead letter that is refused would only be lost: whatever comes is answered 204.
        try:
            event = read_event(dict(request.headers), await read_body(request))
            error_code = request.headers.get("ce-knativeerrorcode")
            await record_dead_letter(clients.database, event, error_code=error_code)
        except Exception:
            log.exception("dead letter not recorded")
        return Response(status_code=204)

    return create_app(
        [
            event_route("/", tick),
            Route("/dead-letters", dead_letter, methods=["POST"]),
        ]
    )
