"""The generate function with search behind it, a Discord of its own and, if told so, a model."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from functions.generate.main import build
from functions.runtime.clients import Clients
from functions.runtime.discord.twin import Twin
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.events import QUESTION_ASKED
from functions.runtime.ollama.client import OllamaClient
from functions.runtime.ollama.twin import OllamaTwin
from functions.runtime.settings import Settings
from functions.runtime.tokens import encrypt_token
from functions.search.main import build as build_search
from tests.serving import served

SECRET = bytes(range(32))
APPLICATION = 4711
CHANNEL = 815
SETTINGS = Settings(
    secret_key=base64.b64encode(SECRET).decode(),
    discord_api_url="http://discord.test/api/v10",
    public_url="https://lore.example",
    ollama_host="http://ollama.test",
    event_sink="http://broker.test/lorekeeper/default",
)
ASK = text(
    "INSERT INTO questions (guild_id, text, origin) VALUES (:guild, :text, :origin) RETURNING id"
)
INTERACTION = text(
    "INSERT INTO interactions (id, guild_id, application_id, channel_id, token, expires_at,"
    " question_id, is_private) VALUES (:id, :guild, :application, :channel, :token,"
    " clock_timestamp() + make_interval(secs => :seconds), :question, :private)"
)


class Switch(httpx.AsyncBaseTransport):
    """A way to a service that can be cut, and that counts who takes it."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.ASGITransport(app)
        self.cut = False
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if self.cut:
            raise httpx.ConnectError("nobody there", request=request)
        return await self._inner.handle_async_request(request)


class Broker:
    """Takes every event and hands it to generation, unless told to lose it."""

    def __init__(self) -> None:
        self.generate: httpx.AsyncClient | None = None
        self.loses = False
        self.subjects: list[str] = []
        self._deliveries: set[asyncio.Task[Any]] = set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.subjects.append(request.headers["ce-subject"])
        if self.generate and not self.loses:
            delivery = asyncio.create_task(
                self.generate.post("/", headers=request.headers, content=request.content)
            )
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
        return httpx.Response(202)

    async def drain(self) -> None:
        while self._deliveries:
            await asyncio.gather(*self._deliveries)


@dataclass
class Asker:
    """Asks questions in one guild and reads what became of them."""

    database: Database
    guild: int
    caller: httpx.AsyncClient
    search: Switch
    discord: Twin
    model: OllamaTwin
    broker: Broker
    clients: Clients
    tokens: list[str] = field(default_factory=list)
    tasks: list[asyncio.Task[int]] = field(default_factory=list)

    async def ask(self, question: str, *, origin: str = "cli") -> UUID:
        async with self.database.guild(self.guild) as session:
            values = {"guild": self.guild, "text": question, "origin": origin}
            asked: UUID = (await session.execute(ASK, values)).scalar_one()
        return asked

    async def interact(self, question: UUID, *, seconds: float = 900, private: bool = False) -> str:
        """Let a question come from Discord; return the interaction's token."""
        identity = (uuid4().int >> 66) + 1
        token = f"token-{identity}"
        self.tokens.append(token)
        self.discord.announce(token, APPLICATION, acknowledged=True, ephemeral=private)
        async with self.database.guild(self.guild) as session:
            await session.execute(
                INTERACTION,
                {
                    "id": identity,
                    "guild": self.guild,
                    "application": APPLICATION,
                    "token": encrypt_token(token, key=SECRET, interaction_id=identity),
                    "channel": CHANNEL,
                    "private": private,
                    "seconds": seconds,
                    "question": question,
                },
            )
        return token

    async def tell(self, question: UUID, *, event_id: str | None = None) -> int:
        response = await self.caller.post(
            "/",
            headers={
                "ce-id": event_id or str(question),
                "ce-source": "/lorekeeper/test",
                "ce-type": QUESTION_ASKED,
                "ce-specversion": "1.0",
                "content-type": "application/json",
            },
            json={"question_id": str(question)},
        )
        assert response.content == b"" or response.status_code >= 400
        return response.status_code

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.guild(self.guild) as session:
            return list((await session.execute(text(statement), values)).all())

    async def row(self, question: UUID) -> Any:
        (row,) = await self.rows("SELECT * FROM questions WHERE id = :id", id=question)
        return row

    async def waits(self, question: UUID) -> float:
        """The seconds before the sweep comes back to a question."""
        statement = (
            "SELECT CAST(extract(epoch FROM next_attempt_at - clock_timestamp()) AS float8)"
            " FROM questions WHERE id = :id"
        )
        ((seconds,),) = await self.rows(statement, id=question)
        return float(seconds)

    async def citations(self, question: UUID) -> list[Any]:
        return await self.rows(
            "SELECT * FROM citations WHERE question_id = :id ORDER BY number", id=question
        )


@pytest.fixture
async def asker(
    database: Database, model: EmbeddingModel, guild_id: int, empty_queue: None
) -> AsyncIterator[Asker]:
    search = Switch(
        build_search(Clients(SETTINGS, name="search", database=database, embedder=model))
    )
    discord, ollama, broker = Twin(), OllamaTwin(fault="down"), Broker()
    mounts: dict[str, httpx.AsyncBaseTransport | None] = {
        "http://search.lorekeeper.svc.cluster.local": search,
        "http://discord.test": httpx.ASGITransport(discord.app),
        "http://ollama.test": httpx.ASGITransport(ollama.app),
        "http://broker.test": httpx.MockTransport(broker),
    }
    async with httpx.AsyncClient(mounts=mounts) as http:
        clients = Clients(SETTINGS, name="generate", http=http, database=database, embedder=model)
        transport = httpx.ASGITransport(build(clients))
        async with httpx.AsyncClient(transport=transport, base_url="http://generate") as caller:
            broker.generate = caller
            yield Asker(database, guild_id, caller, search, discord, ollama, broker, clients)
            await broker.drain()


@pytest.fixture
async def slow(museum: Asker) -> AsyncIterator[Asker]:
    """An asker whose model writes word by word, over a real socket."""
    museum.model = OllamaTwin()
    async with served(museum.model.app) as url, httpx.AsyncClient() as http:
        museum.clients.ollama = OllamaClient(http, host=url, model="llama3.2")
        yield museum


@pytest.fixture
async def museum(asker: Asker, knowledge: Any) -> Asker:
    """An asker whose guild knows about a museum."""
    await knowledge.add(
        asker.guild,
        "museum.md",
        ["The museum opens at nine on weekdays. Tickets cost 12 euros. Dogs stay outside."],
        title="Visiting the museum",
        path=["Visiting the museum", "Hours"],
    )
    await knowledge.add(asker.guild, "ferry.txt", ["The ferry leaves the harbour every hour."])
    await knowledge.add(asker.guild, "bees.txt", ["Bees tell by a dance where the flowers are."])
    return asker
