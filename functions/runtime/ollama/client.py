"""A chat with an Ollama server, with a limit to every kind of waiting."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from functions.runtime.errors import UnavailableError

if TYPE_CHECKING:
    from ollama import ChatResponse

    from functions.runtime.ollama.transport import WholePromptClient

DEFAULT_PORT = 11434
# One size for every call: another one makes the server load the model again.
CONTEXT_TOKENS = 4096
MOST_WRITTEN_TOKENS = 400
# Should a server not keep to the limit above.
MOST_WRITTEN_CHARACTERS = 16_000
OPTIONS = {"num_ctx": CONTEXT_TOKENS, "num_predict": MOST_WRITTEN_TOKENS, "temperature": 0}


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


def base_url(host: str) -> str:
    """Return the URL that ``OLLAMA_HOST`` means: ``HOST``, ``HOST:PORT`` or a URL.

    Raises ValueError for a port that is none.
    """
    parts = urlsplit(host if "://" in host else f"//{host}", scheme="")
    # The server's own variable often says where to listen, which is nowhere to call.
    name = "127.0.0.1" if parts.hostname in {None, "0.0.0.0", "::"} else parts.hostname
    name = f"[{name}]" if name and ":" in name else name
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, DEFAULT_PORT)
    return f"{parts.scheme or 'http'}://{name}:{port}{parts.path.rstrip('/')}"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What a model wrote since the last piece; the last one comes with the whole."""

    text: str
    completion: Completion | None = None


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

    @cached_property
    def _server(self) -> "WholePromptClient":
        from functions.runtime.ollama.transport import connect  # noqa: PLC0415 - cold start

        # Reading has no limit of its own: what is waited for changes within one stream.
        timeout = httpx.Timeout(None, connect=self._patience.connect)
        return connect(self._http, url=self._url, timeout=timeout)

    async def is_ready(self) -> bool:
        """Tell whether the server answers and has the model; asked at most every ten seconds."""
        if self._known is None or monotonic() - self._known[0] > self._patience.remember:
            self._known = (monotonic(), await self._look())
        return self._known[1]

    async def _look(self) -> bool:
        server = self._server
        try:
            async with asyncio.timeout(self._patience.ready):
                await server.show(self.model)
        except Exception:  # noqa: BLE001 - a server that says nonsense is not ready either
            return False
        return True

    async def chat(self, messages: Sequence[Message]) -> Completion:
        """Return what the model answers. Raises OllamaError for whatever goes wrong."""
        async with aclosing(self.stream(messages)) as pieces:
            async for piece in pieces:
                if piece.completion:
                    return piece.completion
        raise OllamaError("The language model's server broke off.")

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[Piece, None]:
        """Yield what the model writes as it writes. Raises OllamaError for whatever goes wrong.

        Closing it stops the model, unless it still reads the prompt. A call that ran out of time
        must not be repeated at once: the server may still be reading the abandoned prompt, and
        reads the next one after it.
        """
        try:
            async with aclosing(self._pieces(messages)) as pieces:
                async for piece in pieces:
                    yield piece
        except OllamaError:
            raise
        except TimeoutError as error:
            self._known = None
            raise OllamaError("The language model did not answer in time.") from error
        except Exception as error:
            # The package raises builtin, httpx's, pydantic's and its own errors for one thing.
            self._known = None
            raise OllamaError(
                f"The language model's server failed: {type(error).__name__}."
            ) from error

    async def _pieces(self, messages: Sequence[Message]) -> AsyncGenerator[Piece, None]:
        end = monotonic() + self._patience.whole
        wait = self._patience.first_token
        written: list[str] = []
        async with aclosing(await self._open(messages, seconds=wait)) as answers:
            while True:
                # A limit around the whole stream would also run while our reader takes its time.
                async with asyncio.timeout(min(wait, end - monotonic())):
                    answer = await anext(answers, None)
                if answer is None:
                    raise OllamaError("The language model's server broke off.")
                piece = _taken_in(answer, written)
                yield piece
                if piece.completion:
                    return
                wait = self._patience.silence

    async def _open(
        self, messages: Sequence[Message], *, seconds: float
    ) -> AsyncGenerator["ChatResponse", None]:
        async with asyncio.timeout(seconds):
            return await self._server.stream_chat(
                model=self.model, messages=msgspec.to_builtins(messages), options=OPTIONS
            )


def _taken_in(answer: "ChatResponse", written: list[str]) -> Piece:
    text = answer.message.content or ""
    written.append(text)
    if sum(map(len, written)) > MOST_WRITTEN_CHARACTERS:
        raise OllamaError("The language model wrote without end.")
    if not answer.done:
        return Piece(text=text)
    completion = Completion(
        text="".join(written),
        done_reason=answer.done_reason or "stop",
        prompt_tokens=answer.prompt_eval_count or 0,
        written_tokens=answer.eval_count or 0,
    )
    return Piece(text=text, completion=completion)
