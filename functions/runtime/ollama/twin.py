"""An Ollama server without a model: says what it is told to, and fails as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Fault = Literal["none", "down", "missing", "refuse", "error", "break", "garbage", "hang"]
# Longer than any test waits.
HANG_SECONDS = 30.0


class OllamaTwin:
    """Answers every chat with ``reply``; remembers the bodies it was sent."""

    def __init__(self, reply: str = "", *, model: str = "llama3.2", fault: Fault = "none") -> None:
        self.reply = reply
        self.model = model
        self.fault = fault
        self.chats: list[dict[str, Any]] = []
        self.looks = 0
        self.app = Starlette(
            routes=[
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/chat", self._chat, methods=["POST"]),
            ]
        )

    async def _show(self, request: Request) -> Response:
        self.looks += 1
        if self.fault == "down":
            return Response(status_code=502)
        body = await request.json()
        return self._missing(body["model"]) or JSONResponse({"details": {}, "model_info": {}})

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
        return StreamingResponse(self._lines(), media_type="application/x-ndjson")

    async def _lines(self) -> AsyncIterator[str]:
        if self.fault == "hang":
            await asyncio.sleep(HANG_SECONDS)
        for word in self.reply.split(" "):
            yield _line(message={"role": "assistant", "content": f"{word} "}, done=False)
            if self.fault == "break":
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
