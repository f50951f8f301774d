"""The door of the interactions webhook: verify, record, acknowledge."""

import time

import msgspec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.discord.dispatch import read_interaction, respond
from functions.discord.service import wake_workers
from functions.discord.verification import applications, read_signature, signer
from functions.runtime.app import create_app, read_body
from functions.runtime.clients import Clients

REQUIRED = (
    "database_url",
    "secret_key",
    "event_sink",
    "discord_public_key",
    "discord_application_id",
)


def build(clients: Clients) -> Starlette:
    """Return the webhook's app: a cluster calls it at its root, a laptop at ``/interactions``."""
    known = applications(clients.settings)

    async def interactions(request: Request) -> Response:
        signature = read_signature(request.headers, now=time.time())
        raw = await read_body(request)
        application = signer(raw, signature, known=known)
        reply = await respond(clients, read_interaction(raw, application=application))
        # After the answer: a worker's first edit must not overtake it on its way to Discord.
        after = BackgroundTask(wake_workers, clients, reply.wakes) if reply.wakes else None
        body = msgspec.json.encode(reply.body)
        return Response(body, media_type="application/json", background=after)

    return create_app(
        [Route(path, interactions, methods=["POST"]) for path in ("/", "/interactions")]
    )
