"""The webhook on a real database, with a broker that only takes notes."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from functions.discord.main import build
from functions.runtime.clients import Clients
from functions.runtime.discord.signing import (
    Caller,
    Signer,
    button_press,
    form_sent,
    message_command,
    slash_command,
)
from functions.runtime.settings import Settings

APPLICATION = 1_335_912_667_546_658_610
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class World:
    """What surrounds the webhook: a member, the events it sends, the rows it writes."""

    def __init__(self, http: httpx.AsyncClient, signer: Signer, owner: asyncpg.Pool) -> None:
        self.http = http
        self.signer = signer
        self.owner = owner
        self.events: list[dict[str, str]] = []
        self.order: list[str] = []
        self.broker_is_up = True

    def command(self, name: str, options: dict[str, Any], **caller: Any) -> dict[str, Any]:
        return slash_command(name, options, application_id=APPLICATION, caller=Caller(**caller))

    def on_message(self, text: str, files: Any = (), **caller: Any) -> dict[str, Any]:
        message_id = caller.pop("message_id", None)
        return message_command(
            "Add to knowledge base",
            text,
            files,
            application_id=APPLICATION,
            caller=Caller(**caller),
            message_id=message_id,
        )

    def press(self, custom_id: str, **caller: Any) -> dict[str, Any]:
        return button_press(custom_id, application_id=APPLICATION, caller=Caller(**caller))

    def send_form(self, custom_id: str, question: str, **caller: Any) -> dict[str, Any]:
        private = caller.pop("private", False)
        return form_sent(
            custom_id,
            {"question": question},
            application_id=APPLICATION,
            caller=Caller(**caller),
            private=private,
        )

    async def post(self, body: dict[str, Any]) -> dict[str, Any]:
        raw = json.dumps(body).encode()
        headers = self.signer.sign(raw, timestamp=int(time.time()))
        response = await self.http.post("/interactions", content=raw, headers=headers)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Read as the owner, who sees every guild."""
        return [dict(row) for row in await self.owner.fetch(sql, *values)]

    def take_event(self, request: httpx.Request) -> httpx.Response:
        if not self.broker_is_up:
            raise httpx.ConnectError("the broker is down", request=request)
        self.order.append("event")
        headers = {key: value for key, value in request.headers.items() if key.startswith("ce-")}
        self.events.append({**headers, "body": request.content.decode()})
        return httpx.Response(202)


@pytest.fixture(scope="session")
def settings(app_url: str) -> Settings:
    signer = Signer(b"s" * 32)
    return Settings(
        environment="development",
        secret_key=SECRET,
        database_url=app_url,
        event_sink="http://broker.test/lorekeeper/default",
        discord_application_id=APPLICATION,
        discord_public_key=signer.public_key,
        simulator=signer.simulator(application_id=1, api_url="http://discord.test/api/v10"),
    )


@pytest.fixture
async def world(settings: Settings, owner_url: str) -> AsyncIterator[World]:
    async with asyncpg.create_pool(owner_url, min_size=0) as owner:
        world = World(httpx.AsyncClient(), Signer(b"s" * 32), owner)
        broker = httpx.AsyncClient(transport=httpx.MockTransport(world.take_event))
        clients = Clients(settings, name="discord", http=broker)
        transport = httpx.ASGITransport(build(clients))
        async with httpx.AsyncClient(transport=transport, base_url="http://webhook") as http:
            world.http = http
            yield world
        await clients.close()
