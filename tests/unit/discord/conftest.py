"""A webhook without a database: what can be answered without one must be."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from functions.discord.main import build
from functions.runtime.clients import Clients
from functions.runtime.discord.signing import Signer
from functions.runtime.settings import Settings

APPLICATION = 1_335_912_667_546_658_610
SIMULATED = 1_000_000_000_000_000_001


class Webhook:
    """Posts what Discord would, and what somebody else might."""

    def __init__(self, http: httpx.AsyncClient, signer: Signer) -> None:
        self.http = http
        self.signer = signer

    async def send(self, raw: bytes, headers: dict[str, str], path: str = "/") -> httpx.Response:
        return await self.http.post(path, content=raw, headers=headers)

    async def post(self, body: Any, *, by: Signer | None = None) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = (by or self.signer).sign(raw, timestamp=int(time.time()))
        return await self.send(raw, headers)


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(bytes(range(32)))


@pytest.fixture(scope="session")
def simulating_signer() -> Signer:
    return Signer(bytes(range(1, 33)))


@pytest.fixture
def settings(signer: Signer, simulating_signer: Signer) -> Settings:
    return Settings(
        environment="development",
        secret_key="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        database_url="postgresql://nobody@localhost:1/none",
        event_sink="http://broker.invalid",
        discord_application_id=APPLICATION,
        discord_public_key=signer.public_key,
        simulator=simulating_signer.simulator(
            application_id=SIMULATED, api_url="http://discord.test/api/v10"
        ),
    )


@pytest.fixture
async def webhook(settings: Settings, signer: Signer) -> AsyncIterator[Webhook]:
    app = build(Clients(settings, name="discord"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://webhook") as http:
        yield Webhook(http, signer)


@pytest.fixture
async def production(settings: Settings, signer: Signer) -> AsyncIterator[Webhook]:
    """The same with the simulator's key set by mistake where it must not count."""
    strict = msgspec.structs.replace(settings, environment="production")
    transport = httpx.ASGITransport(build(Clients(strict, name="discord")))
    async with httpx.AsyncClient(transport=transport, base_url="http://webhook") as http:
        yield Webhook(http, signer)
