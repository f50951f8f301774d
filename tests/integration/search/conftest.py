"""The search function over HTTP, and a library of facts."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from db.session import Database
from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.passages import SearchResponse
from functions.runtime.settings import Settings
from functions.search.main import build

FACTS = [
    "The blue whale is the largest animal that has ever lived.",
    "Bees tell each other by a dance where to find flowers.",
    "The Eiffel Tower in Paris was finished in 1889.",
    "Invite the bot with the link on the settings page and choose a channel.",
    "Passwords are reset under Settings, Account, Forgotten password.",
    "Die Verkehrsbetriebe fahren nachts jede Stunde.",
    "大熊猫主要以竹子为食。",
]


class Searcher:
    """Speaks to search over HTTP."""

    def __init__(self, caller: httpx.AsyncClient) -> None:
        self.caller = caller

    async def post(self, **body: Any) -> httpx.Response:
        return await self.caller.post("/search", json=body)

    async def find(self, guild: int, query: str, **options: Any) -> SearchResponse:
        response = await self.post(guild_id=guild, query=query, **options)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=SearchResponse)


@pytest.fixture
async def searcher(database: Database, model: EmbeddingModel) -> AsyncIterator[Searcher]:
    settings = Settings(public_url="https://lore.example/")
    app = build(Clients(settings, name="search", database=database, embedder=model))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://search"
    ) as caller:
        yield Searcher(caller)


@pytest.fixture
async def facts(knowledge: Any, guild_id: int) -> int:
    for number, fact in enumerate(FACTS):
        await knowledge.add(guild_id, f"fact-{number}.txt", [fact])
    return guild_id
