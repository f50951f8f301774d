"""The package `ollama`, speaking through this process's own HTTP client."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, cast

import httpx
from ollama import AsyncClient, ChatResponse
from ollama._types import ChatRequest  # the type that chat() itself writes its request with


class SharedTransport(httpx.AsyncBaseTransport):
    """A way out through a client that others use too; closing it closes nothing of theirs."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request as it is, with the time-outs it carries."""
        return await self._http.send(request, stream=True, follow_redirects=False)


class WholePromptClient(AsyncClient):
    """The package's client, with a chat whose prompt is never cut in silence.

    A server cuts a prompt that is too long and answers with status 200, unless it is told not to.
    ``chat()`` of ollama 0.6.3 has no argument for that, and ``ChatRequest`` drops what it does not
    know: so the request is written as ``chat()`` writes it, and the two fields are added.
    """

    async def stream_chat(
        self, *, model: str, messages: Sequence[Mapping[str, str]], options: Mapping[str, Any]
    ) -> AsyncGenerator[ChatResponse, None]:
        """Return the pieces of an answer. Raises what ``chat()`` raises, while they are read."""
        request = ChatRequest(
            model=model, messages=messages, stream=True, keep_alive=-1, options=options
        )
        body = {**request.model_dump(exclude_none=True), "truncate": False, "shift": False}
        pieces = await self._request(ChatResponse, "POST", "/api/chat", json=body, stream=True)
        return cast("AsyncGenerator[ChatResponse, None]", pieces)


def connect(http: httpx.AsyncClient, *, url: str, timeout: httpx.Timeout) -> WholePromptClient:
    """Return the package's client for the server at a URL; nothing is opened yet."""
    return WholePromptClient(
        url, transport=SharedTransport(http), timeout=timeout, follow_redirects=False
    )
