"""A guild's library, the ingest function that reads it, and a Discord that can be told to fail."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from functions.ingest.main import build
from functions.runtime.clients import Clients
from functions.runtime.discord.client import Delivery
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.events import DOCUMENT_UPLOADED
from functions.runtime.settings import Settings
from functions.runtime.tokens import encrypt_token
from tests.unit.runtime.web.conftest import Site

SECRET = bytes(range(32))
GUIDE = b"""# Lantern guide

## Lighting

Turn the brass key twice to light the lantern.

## Cleaning

Wipe the glass with a dry cloth every evening.
"""
UPSERT = text(
    "INSERT INTO documents (guild_id, title, source_name, origin) VALUES (:guild, :name, :name,"
    " 'cli') ON CONFLICT (guild_id, source_name) DO UPDATE SET updated_at = now() RETURNING id"
)
ADD = text(
    "INSERT INTO document_versions (guild_id, document_id, number, content, content_hash,"
    " size_bytes) VALUES (:guild, :document, (SELECT count(*) + 1 FROM document_versions"
    " WHERE document_id = :document), :content, :hash, :size) RETURNING id"
)

ADD_PAGE = (
    "WITH document AS (INSERT INTO documents (guild_id, title, source_name, source_url, origin)"
    " VALUES (:guild, :url, :url, :url, 'url') ON CONFLICT (guild_id, source_name)"
    " DO UPDATE SET updated_at = now() RETURNING id) INSERT INTO document_versions (guild_id,"
    " document_id, number, fetch_url, size_bytes) SELECT :guild, id, (SELECT count(*) + 1"
    " FROM document_versions WHERE document_id = document.id), :url, 0 FROM document RETURNING id"
)
LISTED = "SELECT source_name, title FROM documents WHERE listed_by IS NOT NULL ORDER BY source_name"


class Library:
    """A guild's documents, and the ingest function that reads them."""

    def __init__(self, database: Database, guild_id: int, caller: httpx.AsyncClient) -> None:
        self.database = database
        self.guild_id = guild_id
        self.caller = caller

    async def add(self, content: bytes, name: str = "guide.md") -> UUID:
        async with self.database.guild(self.guild_id) as session:
            values = {"guild": self.guild_id, "name": name}
            document = (await session.execute(UPSERT, values)).scalar_one()
            version: UUID = (
                await session.execute(
                    ADD,
                    {
                        "guild": self.guild_id,
                        "document": document,
                        "content": content,
                        "hash": hashlib.sha256(content).digest(),
                        "size": len(content),
                    },
                )
            ).scalar_one()
        return version

    async def add_in_discord(self, content: bytes, *, key: bytes = SECRET) -> UUID:
        """Add a version as ``/kb add`` does, with an interaction that waits for its outcome."""
        version = await self.add(content)
        interaction = self.guild_id
        values = {
            "id": interaction,
            "token": encrypt_token("secret token", key=key, interaction_id=interaction),
            "version": version,
        }
        await self.rows(
            "INSERT INTO interactions (id, guild_id, application_id, token, expires_at, version_id)"
            " VALUES (:id, :id, 1, :token, now() + interval '15 minutes', :version) RETURNING 1",
            **values,
        )
        return version

    async def tell(self, version: UUID, *, event_id: str | None = None) -> int:
        answer = await self.caller.post(
            "/",
            headers={
                "ce-id": event_id or str(uuid4()),
                "ce-source": "/lorekeeper/test",
                "ce-type": DOCUMENT_UPLOADED,
                "ce-specversion": "1.0",
                "content-type": "application/json",
            },
            json={"version_id": str(version)},
        )
        return answer.status_code

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.guild(self.guild_id) as session:
            return list((await session.execute(text(statement), values)).all())

    async def status(self, version: UUID) -> Any:
        found = await self.rows(
            "SELECT status, status_reason, passages, probe_rank, attempts"
            " FROM document_versions WHERE id = :id",
            id=version,
        )
        return found[0]


class Desk:
    """Stands in for Discord: keeps what a moderator is told, or refuses or hangs on demand."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.deliveries: list[Delivery] = []
        self.open = asyncio.Event()
        self.open.set()
        self.file: bytes | Exception = b""

    async def edit_original(
        self, application_id: int, token: str, payload: Any, *, expires_at: datetime
    ) -> Delivery:
        del application_id, expires_at
        assert token == "secret token"
        await self.open.wait()
        self.told.append(payload["content"])
        return self.deliveries.pop(0) if self.deliveries else Delivery.DELIVERED

    def rest_seconds(self) -> float:
        """As after an answer that asked for a minute."""
        return 60.0

    async def fetch_attachment(self, url: str, *, maximum: int) -> bytes:
        del url, maximum
        if isinstance(self.file, Exception):
            raise self.file
        return self.file


class Stubborn(HashEmbedder):
    """Fails as often as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    async def embed_passages(self, texts: Any, *, urgent: bool = False) -> Any:
        del urgent
        if self.failures:
            self.failures -= 1
            raise RuntimeError("out of memory")
        return await super().embed_passages(texts)


@pytest.fixture
def embedder() -> Stubborn:
    return Stubborn()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def library(
    database: Database, guild_id: int, embedder: Stubborn, desk: Desk
) -> AsyncIterator[Library]:
    settings = Settings(secret_key=base64.b64encode(SECRET).decode())
    clients = Clients(settings, name="ingest", database=database, embedder=embedder)
    vars(clients)["discord"] = desk
    transport = httpx.ASGITransport(build(clients))
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as caller:
        yield Library(database, guild_id, caller)


class Readers(Library):
    """A guild's library whose pages come from a site."""

    site: Site
    clients: Clients

    async def add_page(self, path: str) -> UUID:
        added = await self.rows(ADD_PAGE, guild=self.guild_id, url=self.site.url(path))
        version: UUID = added[0].id
        return version

    async def read(self, path: str) -> UUID:
        version = await self.add_page(path)
        assert await self.tell(version) == 204
        return version

    async def read_waiting(self) -> None:
        """Read everything that is waiting, as the sweep would have it done."""
        for row in await self.rows("SELECT id FROM document_versions WHERE status = 'received'"):
            await self.tell(row.id)

    async def listed(self) -> list[str]:
        base = len(self.site.url(""))
        return [row.source_name[base:] for row in await self.rows(LISTED)]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def readers(
    database: Database, guild_id: int, embedder: Stubborn, desk: Desk, site: Site
) -> AsyncIterator[Readers]:
    settings = Settings(
        environment="development",
        secret_key=base64.b64encode(SECRET).decode(),
        web_allow=f"{site.authority},localhost:{site.port}",
    )
    clients = Clients(settings, name="ingest", database=database, embedder=embedder)
    vars(clients)["discord"] = desk
    transport = httpx.ASGITransport(build(clients))
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as caller:
        readers = Readers(database, guild_id, caller)
        readers.site, readers.clients = site, clients
        yield readers
    await clients.web.close()
