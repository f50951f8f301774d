"""A guild that is ingested, searched and moved to the model of an Ollama that is a twin."""

import base64
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from db.session import Database, driver_url
from functions.ingest.main import build as build_ingest
from functions.local.registration import Prefixes, ensure_index, proposed, register
from functions.local.reindexing import Reindexing
from functions.runtime.clients import Clients
from functions.runtime.embedder.registry import RegisteredModel
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.ollama.twin import OllamaTwin
from functions.runtime.passages import Passage, SearchResponse
from functions.runtime.settings import Settings
from functions.search.main import build as build_search
from tests.integration.ingest.conftest import SECRET, Library

HOST = "ollama.test"
NUMBERS = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Laptop:
    """Ingestion and search of one guild, with clients that reach the twin."""

    library: Library
    clients: Clients
    searcher: httpx.AsyncClient
    guild_id: int

    def reindexing(self, model: RegisteredModel, *, keep_old: bool = False) -> Reindexing:
        """Return the change to a model, with an embedder as a process of its own has it."""
        return Reindexing(
            database=self.clients.database,
            model=model,
            embedder=self.clients.embedder_of(model),
            keep_old=keep_old,
        )

    async def search(self, query: str, *, highlights: bool = False) -> list[Passage]:
        body = {"guild_id": self.guild_id, "query": query, "k": 5, "highlights": highlights}
        response = await self.searcher.post("/search", json=body)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=SearchResponse).passages

    async def vectors(self) -> dict[int, int]:
        """Return how many vectors the guild has of each model."""
        statement = "SELECT model_id, count(*) AS number FROM embeddings GROUP BY model_id"
        return {row.model_id: row.number for row in await self.library.rows(statement)}

    async def answering(self) -> int:
        """Return the number of the model that answers."""
        rows = await self.library.rows("SELECT embedding_model_id FROM guilds")
        return int(rows[0].embedding_model_id)


@pytest.fixture
def ollama() -> OllamaTwin:
    """A server with one embedding model of 256 dimensions, of a name nobody had before."""
    return OllamaTwin(model=f"twin-{next(NUMBERS)}", embedder=HashEmbedder(dimensions=256))


@pytest.fixture
async def engine(owner_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(
        driver_url(owner_url), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    yield engine
    await engine.dispose()


@pytest.fixture
async def laptop(database: Database, guild_id: int, ollama: OllamaTwin) -> AsyncIterator[Laptop]:
    settings = Settings(secret_key=base64.b64encode(SECRET).decode(), ollama_host=HOST)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(ollama.app)) as http:
        clients = Clients(
            settings, name="test", http=http, database=database, embedder=HashEmbedder()
        )
        ingest = httpx.ASGITransport(build_ingest(clients))
        search = httpx.ASGITransport(build_search(clients))
        async with (
            httpx.AsyncClient(transport=ingest, base_url="http://ingest") as caller,
            httpx.AsyncClient(transport=search, base_url="http://search") as searcher,
        ):
            library = Library(database, guild_id, caller)
            yield Laptop(library=library, clients=clients, searcher=searcher, guild_id=guild_id)


@pytest.fixture
async def other_model(engine: AsyncEngine, laptop: Laptop, ollama: OllamaTwin) -> RegisteredModel:
    """The twin's model, registered, with an index of its own."""
    wanted = await proposed(laptop.clients.http, host=HOST, name=ollama.model, prefixes=Prefixes())
    async with engine.connect() as connection:
        model = await register(connection, wanted)
        await ensure_index(connection, model)
    return model
