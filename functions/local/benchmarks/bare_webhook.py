"""The least a webhook on the same packages can be: what the cold start is compared with."""

import os

import asyncpg
import cloudevents.core.bindings.http
import httpx
import nacl.signing
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DRIVERS = (asyncpg, cloudevents.core.bindings.http, httpx)


async def interactions(request: Request) -> Response:
    """Verify the signature and answer PONG, whatever was asked."""
    message = request.headers["x-signature-timestamp"].encode() + await request.body()
    key = nacl.signing.VerifyKey(bytes.fromhex(os.environ["DISCORD_PUBLIC_KEY"]))
    key.verify(message, bytes.fromhex(request.headers["x-signature-ed25519"]))
    return JSONResponse({"type": 1})


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/", interactions, methods=["POST"])]),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
    )
