"""An Ollama server without a model: says what it is told to, and fails as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from functions.runtime.embedder.twin import HashEmbedder

EmbeddingFault = Literal["none", "size", "zero", "few"]
Fault = Literal["none", "down", "missing", "refuse", "error", "break", "cut", "garbage", "hang"]
# Longer than any test waits.
HANG_SECONDS = 30.0


class OllamaTwin:
    """Answers every chat with ``reply``; remembers the bodies it was sent.

    With an ``embedder`` it embeds too, and refuses what is longer than that reads. It writes
    once its ``gate`` is open, and takes ``pace`` seconds for each word; ``at_once`` is how many
    chats it had to bear side by side, ``stopped`` how many were not heard to the end.
    """

    def __init__(
        self,
        reply: str = "",
        *,
        model: str = "llama3.2",
        fault: Fault = "none",
        embedder: HashEmbedder | None = None,
    ) -> None:
        self.reply = reply
        self.model = model
        self.fault = fault
        self.embedder = embedder
        self.embedding_fault: EmbeddingFault = "none"
        self.context_length: int | None = None
        self.on_gpu = 1
        self.embedded: list[list[str]] = []
        self.chats: list[dict[str, Any]] = []
        self.pace = 0.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = self.stopped = self._running = 0
        self.looks = 0
        self.app = Starlette(
            routes=[
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/chat", self._chat, methods=["POST"]),
                Route("/api/embed", self._embed, methods=["POST"]),
                Route("/api/tags", self._tags),
                Route("/api/ps", self._ps),
                Route("/api/pull", self._pull, methods=["POST"]),
                Route("/api/version", lambda _: JSONResponse({"version": "0.0.0"})),
            ]
        )

    async def _show(self, request: Request) -> Response:
        self.looks += 1
        if self.fault == "down":
            return Response(status_code=502)
        body = await request.json()
        return self._missing(body["model"]) or JSONResponse(
            {"details": {}, "model_info": self._model_info()}
        )

    def _model_info(self) -> dict[str, Any]:
        if self.embedder is None:
            return {}
        return {
            "general.architecture": "twin",
            "twin.context_length": self.context_length or self.embedder.max_tokens,
            "twin.embedding_length": self.embedder.dimensions,
        }

    async def _embed(self, request: Request) -> Response:
        body = await request.json()
        if self.fault == "down":
            return Response(status_code=502)
        if missing := self._missing(body["model"]):
            return missing
        if self.embedder is None:
            return JSONResponse({"error": "this model does not embed"}, 400)
        texts = body["input"]
        if max(map(self.embedder.count_tokens, texts)) > self.embedder.max_tokens:
            return JSONResponse({"error": "the input length exceeds the context length"}, 400)
        self.embedded.append(texts)
        vectors = [vector.tolist() for vector in await self.embedder.embed_passages(texts)]
        return JSONResponse({"model": self.model, "embeddings": self._spoilt(vectors)})

    def _spoilt(self, vectors: list[list[float]]) -> list[list[float]]:
        match self.embedding_fault:
            case "size":
                return [vector[:-1] for vector in vectors]
            case "zero":
                return [[0.0] * len(vector) for vector in vectors]
            case "few":
                return vectors[1:]
            case _:
                return vectors

    async def _tags(self, _: Request) -> Response:
        names = [] if self.fault == "missing" else [f"{self.model}:latest"]
        return JSONResponse({"models": [{"model": name, "size": 2_000_000} for name in names]})

    async def _ps(self, _: Request) -> Response:
        loaded = {"model": f"{self.model}:latest", "size_vram": self.on_gpu, "context_length": 4096}
        return JSONResponse({"models": [loaded] if self.chats else []})

    async def _pull(self, request: Request) -> Response:
        model = (await request.json())["model"]
        lines = [_line(status="pulling 1a2b", completed=done, total=10) for done in (5, 10)]
        if self.fault == "refuse":
            lines = [_line(error="pull model manifest: file does not exist")]
        elif self.fault == "error":
            lines = [_line(error="pull model manifest: no such host")]
        else:
            self.model, self.fault = model, "none"
        return StreamingResponse(iter(lines), media_type="application/x-ndjson")

    def _missing(self, model: str) -> Response | None:
        if model == self.model and self.fault != "missing":
            return None
        return JSONResponse({"error": f"model '{model}' not found"}, 404)

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        self.chats.append(body)
        if missing := self._missing(body["model"]):
            return missing
        if self.fault == "refuse":
            return JSONResponse({"error": "the input length exceeds the context length"}, 400)
        return StreamingResponse(self._counted(), media_type="application/x-ndjson")

    async def _counted(self) -> AsyncIterator[str]:
        self._running += 1
        self.at_once = max(self.at_once, self._running)
        whole = False
        try:
            async for line in self._lines():
                yield line
            whole = True
        finally:
            self._running -= 1
            self.stopped += not whole

    async def _lines(self) -> AsyncIterator[str]:
        if self.fault == "hang":
            await asyncio.sleep(HANG_SECONDS)
        await self.gate.wait()
        for word in self.reply.split(" "):
            await asyncio.sleep(self.pace)
            yield _line(message={"role": "assistant", "content": f"{word} "}, done=False)
            if self.fault == "break":
                return
            if self.fault == "cut" and word.endswith("."):
                return
            if self.fault == "garbage":
                yield "{not json\n"
            if self.fault == "error":
                yield _line(error="an error was encountered while running the model")
        yield _line(
            message={"role": "assistant", "content": ""},
            done=True,
            done_reason="stop",
            prompt_eval_count=100,
            eval_count=len(self.reply.split()),
        )


def _line(**fields: Any) -> str:
    return json.dumps(fields) + "\n"
