"""A chat with an Ollama server, with a limit to every kind of waiting.

Its HTTP interface is spoken directly: the package `ollama` cannot send `truncate: false` with a
chat, and without that a prompt that is too long is cut in silence, with status 200.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from time import monotonic
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from functions.runtime.errors import UnavailableError

DEFAULT_PORT = 11434
# One size for every call: another one makes the server load the model again.
CONTEXT_TOKENS = 4096
MOST_WRITTEN_TOKENS = 400
# Should a server not keep to the limit above.
MOST_WRITTEN_CHARACTERS = 16_000


class OllamaError(UnavailableError):
    """The language model does not answer."""

    code = "ollama"


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that are waited; ``remember`` is how long an answer about readiness holds."""

    ready: float = 0.5
    connect: float = 5.0
    first_token: float = 60.0
    silence: float = 30.0
    whole: float = 240.0
    remember: float = 10.0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What the model wrote; it was cut where ``done_reason`` is ``length``."""

    text: str
    done_reason: str
    prompt_tokens: int
    written_tokens: int


class _Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the stream; an error can come after the status 200."""

    message: Message | None = None
    done: bool = False
    done_reason: str = "stop"
    prompt_eval_count: int = 0
    eval_count: int = 0
    error: str | None = None


def base_url(host: str) -> str:
    """Return the URL that ``OLLAMA_HOST`` means: ``HOST``, ``HOST:PORT`` or a URL."""
    parts = urlsplit(host if "://" in host else f"//{host}", scheme="")
    # The server's own variable often says where to listen, which is nowhere to call.
    name = "127.0.0.1" if parts.hostname in {None, "0.0.0.0", "::"} else parts.hostname
    name = f"[{name}]" if name and ":" in name else name
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, DEFAULT_PORT)
    return f"{parts.scheme or 'http'}://{name}:{port}"


class OllamaClient:
    """One model on one server."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        host: str,
        model: str,
        patience: Patience | None = None,
    ) -> None:
        self._http = http
        self._url = base_url(host)
        self.model = model
        self._patience = patience or Patience()
        self._known: tuple[float, bool] | None = None

    async def is_ready(self) -> bool:
        """Tell whether the server answers and has the model; asked at most every ten seconds."""
        if self._known is None or monotonic() - self._known[0] > self._patience.remember:
            self._known = (monotonic(), await self._look())
        return self._known[1]

    async def _look(self) -> bool:
        try:
            async with asyncio.timeout(self._patience.ready):
                version = await self._http.get(f"{self._url}/api/version")
                if version.status_code != httpx.codes.OK:
                    return False
                shown = await self._http.post(f"{self._url}/api/show", json={"model": self.model})
                return shown.status_code == httpx.codes.OK
        except (httpx.HTTPError, TimeoutError):
            return False

    async def chat(self, messages: Sequence[Message]) -> Completion:
        """Return what the model answers. Raises OllamaError for whatever goes wrong.

        A call that ran out of time must not be repeated at once: the server may still be reading
        the abandoned prompt, and reads the next one after it.
        """
        try:
            return await self._stream(self._request(messages))
        except (httpx.HTTPError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise OllamaError(
                f"The language model's server failed: {type(error).__name__}."
            ) from error
        except TimeoutError as error:
            self._known = None
            raise OllamaError("The language model did not answer in time.") from error

    def _request(self, messages: Sequence[Message]) -> httpx.Request:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "stream": True,
            "truncate": False,
            "shift": False,
            "keep_alive": -1,
            "options": {
                "num_ctx": CONTEXT_TOKENS,
                "num_predict": MOST_WRITTEN_TOKENS,
                "temperature": 0,
            },
        }
        return self._http.build_request(
            "POST",
            f"{self._url}/api/chat",
            content=msgspec.json.encode(body),
            headers={"content-type": "application/json"},
            timeout=httpx.Timeout(None, connect=self._patience.connect),
        )

    async def _stream(self, request: httpx.Request) -> Completion:
        now = asyncio.get_running_loop().time
        end = now() + self._patience.whole
        written: list[str] = []
        async with (
            asyncio.timeout(self._patience.first_token) as limit,
            aclosing(await self._http.send(request, stream=True)) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise OllamaError(f"The language model's server said {response.status_code}.")
            async for line in response.aiter_lines():
                limit.reschedule(min(now() + self._patience.silence, end))
                if done := _read(line, written):
                    return done
        raise OllamaError("The language model's server broke off.")


def _read(line: str, written: list[str]) -> Completion | None:
    """Take in one line; return the completion with the last one."""
    if not line.strip():
        return None
    piece = msgspec.json.decode(line, type=_Piece)
    if piece.error:
        raise OllamaError("The language model's server reported an error while writing.")
    if piece.message:
        written.append(piece.message.content)
    if sum(map(len, written)) > MOST_WRITTEN_CHARACTERS:
        raise OllamaError("The language model wrote without end.")
    if not piece.done:
        return None
    return Completion(
        text="".join(written),
        done_reason=piece.done_reason,
        prompt_tokens=piece.prompt_eval_count,
        written_tokens=piece.eval_count,
    )
