"""The models that an Ollama server has: seen, fetched, and made from a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import msgspec

from functions.runtime.embedder.protocol import ModelUnusableError
from functions.runtime.ollama.client import OllamaError, plain_name
from functions.runtime.ollama_address import base_url

if TYPE_CHECKING:
    from functions.runtime.ollama.transport import WholePromptClient

CONNECT_SECONDS: Final = 5.0
# A server says nothing while it checks the sum of many gigabytes.
SILENCE_SECONDS: Final = 600.0
NOT_FOUND: Final = 404
ABSENT_FROM_LIBRARY: Final = "file does not exist"

Report = Callable[[str, int, int], None]


class StoredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the server, in bytes; ``context_tokens`` where it is loaded, else None."""

    name: str
    size: int
    context_tokens: int | None = None
    on_gpu: bool = False


class ModelStore:
    """The models of one server. Everything raises OllamaError where it does not answer."""

    def __init__(self, http: httpx.AsyncClient, *, host: str) -> None:
        self._http = http
        self.url = base_url(host)

    @cached_property
    def _server(self) -> "WholePromptClient":
        from functions.runtime.ollama.transport import connect  # noqa: PLC0415 - cold start

        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        return connect(self._http, url=self.url, timeout=timeout)

    async def models(self) -> dict[str, StoredModel]:
        """Return what the server has, by name."""
        with self._sentences():
            stored = (await self._server.list()).models
            loaded = {model.model: model for model in (await self._server.ps()).models}
        found = {}
        for model in stored:
            running = loaded.get(model.model)
            name = plain_name(model.model or "")
            found[name] = StoredModel(
                name=name,
                size=int(model.size or 0),
                context_tokens=running.context_length if running else None,
                on_gpu=bool(running and running.size_vram),
            )
        return found

    async def fact(self, name: str, key: str) -> str | None:
        """Return what a model's file says under a key; None where the model is not there."""
        try:
            with self._sentences():
                shown = await self._server.show(name)
        except ModelUnusableError:
            return None
        value = dict(shown.modelinfo or {}).get(key)
        return None if value is None else str(value)

    async def pull(self, name: str, *, report: Report) -> None:
        """Have the server fetch a model; ``report`` hears what of it, how many bytes, of how many.

        Raises ModelUnusableError where there is no such model, or the library is out of reach.
        """
        with self._sentences():
            async for part in await self._server.pull(name, stream=True):
                report(part.status or "", part.completed or 0, part.total or 0)

    async def create(self, name: str, file: Path) -> None:
        """Make a model of a GGUF file."""
        with self._sentences():
            digest = await self._server.create_blob(file)
            await self._server.create(name, files={file.name: digest})

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        from ollama import ResponseError  # noqa: PLC0415 - cold start

        try:
            yield
        except ResponseError as error:
            raise ModelUnusableError(self._refused(error.status_code, error.error)) from error
        except Exception as error:
            # The package raises builtin, httpx's, pydantic's and its own errors for one thing.
            raise OllamaError(
                f"Ollama at {self.url} does not answer ({type(error).__name__})."
                " Start it, or set OLLAMA_HOST to where it does."
            ) from error

    def _refused(self, status: int, reason: str) -> str:
        if status == NOT_FOUND:
            return f"Ollama at {self.url} does not have that model."
        if ABSENT_FROM_LIBRARY in reason:
            return "Ollama's library has no model of that name. See https://ollama.com/library."
        if "pull model" in reason:
            return (
                f"Ollama at {self.url} cannot reach its library ({reason}). Give that server a way"
                " to registry.ollama.ai, or the model as a file: ollama create."
            )
        return f"Ollama at {self.url} refused: {reason}"
