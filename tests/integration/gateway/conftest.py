"""A gateway on a real database, with people of each role and a library to look at."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.clients import Clients
from functions.runtime.settings import Settings
from gateway.authentication import new_token, token_hash
from gateway.main import build
from gateway.queries import create_session
from gateway.words import Viewer

USER_IDS = itertools.count(800_000_000_000_000_001)
SINK = "http://broker.test/lorekeeper/default"
SETTINGS = Settings(environment="development", public_url="http://localhost:8080", event_sink=SINK)
HEADER = {"x-lorekeeper": "1"}


@dataclass
class Broker:
    """Takes every event and keeps what it said."""

    events: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.events.append(request)
        return httpx.Response(202)

    def told(self) -> list[tuple[str, dict[str, str]]]:
        return [
            (request.headers["ce-type"], json.loads(request.content)) for request in self.events
        ]


@dataclass(frozen=True)
class Person:
    """Somebody with a token, or nobody."""

    http: httpx.AsyncClient
    user_id: int | None = None
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return HEADER | ({"authorization": f"Bearer {self.token}"} if self.token else {})

    async def post(self, query: str, /, **variables: Any) -> httpx.Response:
        return await self.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=self.headers
        )

    async def data(self, query: str, /, **variables: Any) -> Any:
        answer = (await self.post(query, **variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def error(self, query: str, /, **variables: Any) -> dict[str, Any]:
        answer = (await self.post(query, **variables)).json()
        words: dict[str, Any] = answer["errors"][0]
        return {"message": words["message"], "code": words["extensions"]["code"]}

    async def upload(
        self, guild_id: int, content: bytes, *, name: str = "notes.md", **said: str
    ) -> httpx.Response:
        return await self.http.put(
            f"/api/guilds/{guild_id}/documents",
            params={"name": name} | said,
            content=content,
            headers=self.headers | {"content-type": "text/markdown"},
        )


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def clients(database: Database, broker: Broker) -> AsyncIterator[Clients]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(broker)) as http:
        yield Clients(SETTINGS, name="gateway", http=http, database=database)


@pytest.fixture
async def http(clients: Clients) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(clients))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as http:
        yield http


@pytest.fixture
async def production(clients: Clients, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The same gateway as it stands in the open."""
    settings = msgspec.structs.replace(
        SETTINGS, environment="production", public_url="https://lore.example"
    )
    app = build(Clients(settings, name="gateway", http=clients.http, database=database))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://lore.example") as http:
        yield http


async def sign_in(
    http: httpx.AsyncClient, database: Database, *, guild_id: int | None, role: str = "member"
) -> Person:
    """Return somebody new, a member of the guild where one is given."""
    user_id, token = next(USER_IDS), new_token()
    hashed = token_hash(token)
    async with database.transaction(session=hashed) as session:
        viewer = Viewer(user_id=user_id, name="Somebody")
        await create_session(session, bytes.fromhex(hashed), viewer=viewer)
    if guild_id is not None:
        async with database.guild(guild_id) as session:
            await session.execute(
                text("INSERT INTO memberships (guild_id, user_id, role) VALUES (:g, :u, :r)"),
                {"g": guild_id, "u": user_id, "r": role},
            )
    return Person(http, user_id, token)


@pytest.fixture
def anonymous(http: httpx.AsyncClient) -> Person:
    return Person(http)


@pytest.fixture
async def member(http: httpx.AsyncClient, database: Database, guild_id: int) -> Person:
    return await sign_in(http, database, guild_id=guild_id)


@pytest.fixture
async def moderator(http: httpx.AsyncClient, database: Database, guild_id: int) -> Person:
    return await sign_in(http, database, guild_id=guild_id, role="moderator")


@pytest.fixture
async def stranger(http: httpx.AsyncClient, database: Database) -> Person:
    """An administrator of another guild."""
    other = next(USER_IDS)
    async with database.guild(other) as session:
        await session.execute(
            text("INSERT INTO guilds (guild_id, name) VALUES (:g, 'Elsewhere')"), {"g": other}
        )
    return await sign_in(http, database, guild_id=other, role="administrator")


@dataclass(frozen=True)
class Library:
    """A ready document with two passages, and an answered question that cites it."""

    guild_id: int
    document_id: UUID
    version_id: UUID
    question_id: UUID
    interaction_id: int


LIBRARY = (
    (
        "INSERT INTO documents (id, guild_id, title, source_name, origin)"
        " VALUES (:document, :guild, 'Adding knowledge', 'docs/adding.md', 'cli')"
    ),
    (
        "INSERT INTO document_versions (id, guild_id, document_id, number, status, progress_stage,"
        " progress_done, progress_total, size_bytes, media_type, pages, passages)"
        " VALUES (:version, :guild, :document, 1, 'ready', 'ready', 2, 2, 42,"
        " 'text/markdown', 3, 2)"
    ),
    "UPDATE documents SET current_version_id = :version WHERE id = :document",
    (
        "INSERT INTO chunks (guild_id, document_id, version_id, ordinal, text, heading_path, page,"
        " char_start, char_end, tokens, terms)"
        " SELECT :guild, :document, :version, ordinal, 'Passage ' || ordinal, ARRAY['Adding'], 1,"
        " 0, 9, 2, 2 FROM generate_series(0, 1) AS ordinal"
    ),
    (
        "INSERT INTO questions (id, guild_id, text, origin, status, answer, answer_kind, timings,"
        " asked_at, answered_at, delivered_at) VALUES (:question, :guild, 'How do I add?',"
        " 'discord', 'answered', 'Send it. [1]', 'extractive', '{\"search\": 12.5}',"
        " now() - interval '2 s',"
        " now() - interval '1 s', now())"
    ),
    (
        "INSERT INTO citations (question_id, number, guild_id, document_id, title, location, url,"
        " quote) VALUES (:question, 1, :guild, :document, 'Adding knowledge', 'docs/adding.md',"
        " NULL, 'Send it.')"
    ),
    (
        "INSERT INTO interactions (id, guild_id, application_id, expires_at, question_id,"
        " is_private) VALUES (:interaction, :guild, 1, now(), :question, false)"
    ),
)


@pytest.fixture
async def library(database: Database, guild_id: int) -> Library:
    async with database.guild(guild_id) as session:
        document, version, question = (
            await session.execute(
                text("SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid()")
            )
        ).one()
        library = Library(guild_id, document, version, question, next(USER_IDS))
        for statement in LIBRARY:
            await session.execute(
                text(statement),
                {
                    name: value
                    for name, value in {
                        "guild": guild_id,
                        "document": document,
                        "version": version,
                        "question": question,
                        "interaction": library.interaction_id,
                    }.items()
                    if f":{name}" in statement
                },
            )
    return library


async def set_version(database: Database, library: Library, **values: Any) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text(f"UPDATE document_versions SET {columns} WHERE id = :id"),  # noqa: S608
            values | {"id": library.version_id},
        )
