"""A chat with an Ollama server, with a limit to every kind of waiting."""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Literal

import httpx
import msgspec

from functions.runtime.errors import UnavailableError
from functions.runtime.ollama_address import base_url

if TYPE_CHECKING:
    from ollama import ChatResponse, ShowResponse

    from functions.runtime.ollama.transport import WholePromptClient

# What a deployment has that sets no LORE_CONTEXT_TOKENS.
CONTEXT_TOKENS = 4096
MOST_WRITTEN_TOKENS = 400
# Should a server not keep to the limit above.
MOST_WRITTEN_CHARACTERS = 16_000
BAD_REQUEST = 400
NANOSECONDS = 1e9

log = logging.getLogger(__name__)


class OllamaError(UnavailableError):
    """The language model does not answer."""

    code = "ollama"


class PromptTooLongError(OllamaError):
    """The prompt does not fit into the model's context. Ask with fewer passages."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that are waited; ``remember`` is how long an answer about readiness holds."""

    ready: float = 2.0
    connect: float = 5.0
    first_token: float = 60.0
    silence: float = 30.0
    # Who asks on the command line waits for three minutes.
    whole: float = 150.0
    remember: float = 10.0
    # Until a prompt that nobody waits for any more is read, or a model is loaded.
    abandoned: float = 600.0
    # Between two tries to have the model loaded.
    warm_up: float = 30.0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What the model wrote; it was cut where ``done_reason`` is ``length``.

    ``prompt_seconds`` is what reading the prompt took, without the part that was read before.
    """

    text: str
    done_reason: str
    prompt_tokens: int
    written_tokens: int
    prompt_seconds: float = 0.0


def plain_name(name: str) -> str:
    """Return a model's name without the tag that means none."""
    return name.strip().removesuffix(":latest")


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What a model wrote since the last piece; the last one comes with the whole."""

    text: str
    completion: Completion | None = None


class OllamaClient:
    """One model on one server.

    ``context_tokens`` is one size for every call: another makes the server load the model again.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        host: str,
        model: str,
        context_tokens: int = CONTEXT_TOKENS,
        patience: Patience | None = None,
    ) -> None:
        self._http = http
        self._url = base_url(host)
        self.model = model
        self._asked_tokens = context_tokens
        self._most_tokens = context_tokens
        self._patience = patience or Patience()
        # Whether a processor reads the prompts, some hundred tokens a second; known like the limit.
        self.on_processor = False
        self._known: tuple[float, bool] | None = None
        self._abandoned: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and answer may have together.

        A server silently takes the model's own limit where that is lower; it is known once
        :meth:`is_ready` was true.
        """
        return min(self._asked_tokens, self._most_tokens)

    @cached_property
    def _server(self) -> "WholePromptClient":
        from functions.runtime.ollama.transport import connect  # noqa: PLC0415 - cold start

        # Reading has no limit of its own: what is waited for changes within one stream.
        timeout = httpx.Timeout(None, connect=self._patience.connect)
        return connect(self._http, url=self._url, timeout=timeout)

    async def is_ready(self) -> bool:
        """Tell whether the server answers and has the model; asked at most every ten seconds.

        Not while it still reads a prompt that ran out of time: the next one would wait behind it.
        """
        if self._abandoned and not self._abandoned.done():
            return False
        if self._known is None or monotonic() - self._known[0] > self._patience.remember:
            self._known = (monotonic(), await self._look())
        return self._known[1]

    async def _look(self) -> bool:
        server = self._server
        try:
            async with asyncio.timeout(self._patience.ready):
                self._most_tokens = _own_limit(await server.show(self.model))
                loaded = (await server.ps()).models
        except Exception:  # noqa: BLE001 - a server that says nonsense is not ready either
            return False
        name = plain_name(self.model)
        sizes = [model.size_vram for model in loaded if plain_name(model.model or "") == name]
        self.on_processor = sizes == [0]
        return True

    def start_warming_up(self) -> None:
        """Have the model loaded beside whatever else is done."""
        self._warming = asyncio.create_task(self.warm_up())

    async def warm_up(self) -> None:
        """Have the server load the model and keep it; try until it does."""
        while True:
            try:
                # No messages: the server loads the model and says nothing.
                await self._read_out([])
            except Exception as error:  # noqa: BLE001 - whatever it is, it may be over soon
                log.info("model not loaded yet", extra={"reason": type(error).__name__})
                await asyncio.sleep(self._patience.warm_up)
            else:
                return

    async def close(self) -> None:
        """Stop what is done beside; the HTTP client belongs to others."""
        for task in filter(None, (self._abandoned, self._warming)):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

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
        begun = False
        try:
            async with aclosing(self._pieces(messages)) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
        except OllamaError:
            raise
        except TimeoutError as error:
            self._known = None
            if not begun:
                self._abandoned = asyncio.create_task(self._wait_for_abandoned())
            raise OllamaError("The language model did not answer in time.") from error
        except Exception as error:
            # The package raises builtin, httpx's, pydantic's and its own errors for one thing.
            self._known = None
            if _is_too_long(error):
                raise PromptTooLongError from error
            raise OllamaError(
                f"The language model's server failed: {type(error).__name__}."
            ) from error

    async def _pieces(self, messages: Sequence[Message]) -> AsyncGenerator[Piece, None]:
        end = monotonic() + self._patience.whole
        wait = self._patience.first_token
        written: list[str] = []
        async with aclosing(await self._open(messages)) as answers:
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
        self, messages: Sequence[Message], *, written: int = MOST_WRITTEN_TOKENS
    ) -> AsyncGenerator["ChatResponse", None]:
        # Nothing is sent before the first answer is read.
        options = {"num_ctx": self._asked_tokens, "num_predict": written, "temperature": 0}
        return await self._server.stream_chat(
            model=self.model, messages=msgspec.to_builtins(messages), options=options
        )

    async def _wait_for_abandoned(self) -> None:
        # A closed connection does not stop a prompt from being read. A word is asked for behind it:
        # a server without a free slot says it when the prompt is read.
        with suppress(Exception):
            await self._read_out([Message(role="user", content="Hello")])

    async def _read_out(self, messages: Sequence[Message]) -> None:
        async with (
            asyncio.timeout(self._patience.abandoned),
            aclosing(await self._open(messages, written=1)) as answers,
        ):
            async for _ in answers:
                pass


def _own_limit(shown: "ShowResponse") -> int:
    facts = dict(shown.modelinfo or {})
    limit = facts.get(f"{facts.get('general.architecture')}.context_length")
    return int(limit) if limit else sys.maxsize


def _is_too_long(error: Exception) -> bool:
    from ollama import ResponseError  # noqa: PLC0415 - cold start

    if not isinstance(error, ResponseError) or error.status_code != BAD_REQUEST:
        return False
    return "exceed" in error.error and "context" in error.error


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
        prompt_seconds=(answer.prompt_eval_duration or 0) / NANOSECONDS,
    )
    return Piece(text=text, completion=completion)
