"""The pipeline of answers, with search and the model in the attacker's hands."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.runtime.passages import Highlight, Passage, SearchRequest, SearchResponse
from functions.runtime.sentences import split_sentences
from tests.integration.conftest import empty_queue, knowledge, model
from tests.integration.generate.conftest import Asker, asker

__all__ = ["asker", "empty_queue", "knowledge", "model"]


def passage(text: str, *, title: str = "document.txt", url: str | None = None) -> Passage:
    """A passage of a document of its own, each sentence of which is worth quoting."""
    document = uuid4()
    spans = split_sentences(text)
    return Passage(
        chunk_id=document.int & 0xFFFF,
        document_id=document,
        ordinal=0,
        title=title,
        location=f"{title} › part",
        url=url or f"https://lore.example/documents/{document}?passage=0",
        text=text,
        score=1.0,
        cosine=0.95,
        bm25=9.0,
        coverage=1.0,
        highlights=[Highlight(start=one.start, end=one.end, score=1.0) for one in spans],
    )


class Poisoned:
    """Finds the attacker's documents, whatever is asked, and is sure of them."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.app = Starlette(routes=[Route("/search", self._search, methods=["POST"])])

    async def _search(self, request: Request) -> Response:
        msgspec.json.decode(await request.body(), type=SearchRequest)
        found = SearchResponse(passages=self.passages, evidence=0.99, timings_ms={})
        return Response(msgspec.json.encode(found), media_type="application/json")


CITED = "The museum opens at nine on weekdays [1]."


def said_by(body: dict[str, Any]) -> str:
    """Return what the worst model says to a prompt: every line that a document told it to say."""
    user = body["messages"][-1]["content"]
    quoted = [line[2:] for line in user.splitlines() if line.startswith("> ")]
    return "\n".join(quoted)


class Obedient:
    """A model that repeats what documents say, then obeys its ``orders``; they may name {told}."""

    def __init__(self) -> None:
        self.orders = ""
        self.chats: list[dict[str, Any]] = []
        self.app = Starlette(
            routes=[
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/ps", self._loaded),
                Route("/api/chat", self._chat, methods=["POST"]),
            ]
        )

    async def _show(self, _: Request) -> Response:
        return Response('{"details": {}, "model_info": {}}', media_type="application/json")

    async def _loaded(self, _: Request) -> Response:
        return Response('{"models": []}', media_type="application/json")

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        self.chats.append(body)
        told = body["messages"][0]["content"]
        # What cites nothing gives way to a quotation, and would try nothing.
        text = f"{CITED}\n{said_by(body)}\n\n{self.orders.format(told=told)}"
        lines = [
            {"message": {"role": "assistant", "content": text}, "done": False},
            {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
        ]
        content = "".join(json.dumps(line) + "\n" for line in lines)
        return Response(content, media_type="application/x-ndjson")


class Attacked:
    """A server whose documents and model are the attacker's; shows what Discord was sent."""

    def __init__(self, asker: Asker, search: Poisoned, model: Obedient) -> None:
        self.asker = asker
        self.search = search
        self.model = model

    async def ask(self, question: str) -> tuple[Any, list[dict[str, Any]]]:
        """Return the row of an answer and every payload it was shown by."""
        asked: UUID = await self.asker.ask(question, origin="discord")
        token = await self.asker.interact(asked)
        assert await self.asker.tell(asked) == 204
        return await self.asker.row(asked), self.asker.discord.payloads(token)


@pytest.fixture
async def attacked(asker: Asker) -> AsyncIterator[Attacked]:
    search, obedient = Poisoned(), Obedient()
    mounts: dict[str, httpx.AsyncBaseTransport | None] = {
        "http://search.lorekeeper.svc.cluster.local": httpx.ASGITransport(search.app),
        "http://discord.test": httpx.ASGITransport(asker.discord.app),
        "http://ollama.test": httpx.ASGITransport(obedient.app),
        "http://broker.test": httpx.MockTransport(asker.broker),
    }
    async with httpx.AsyncClient(mounts=mounts) as http:
        asker.clients.__dict__["http"] = http
        yield Attacked(asker, search, obedient)
