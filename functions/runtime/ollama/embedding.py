"""An embedding model on an Ollama server."""

import asyncio
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import httpx
import numpy as np

from functions.runtime.embedder.checking import check_vectors
from functions.runtime.embedder.folding import fold_uncased
from functions.runtime.embedder.protocol import (
    ModelUnusableError,
    PassageTooLongError,
    Vector,
    Vectors,
    refuse_empty,
)
from functions.runtime.embedder.registry import RegisteredModel
from functions.runtime.embedder.turns import QuestionsFirst
from functions.runtime.errors import LorekeeperError
from functions.runtime.ollama.client import OllamaError
from functions.runtime.ollama_address import base_url

if TYPE_CHECKING:
    from functions.runtime.ollama.transport import WholePromptClient

# A server takes one call after another: a question waits for one batch at most, 0.7 s on two cores.
PASSAGES_AT_ONCE: Final = 8
CONNECT_SECONDS: Final = 5.0
CALL_SECONDS: Final = 120.0
MARKS: Final = 2
NOT_FOUND: Final = 404
TOO_LONG: Final = "input length exceeds"
WORD: Final = re.compile(r"[^\W_]+|[^\s]", re.ASCII)


class _InputTooLongError(LorekeeperError):
    """One of the texts is longer than the model reads."""


class OllamaEmbedder:
    """One registered model; vectors have unit length and the registered size.

    ``fold`` brings a text into the form that the model's own tokenizer would give it.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        host: str,
        model: RegisteredModel,
        fold: Callable[[str], str] | None = None,
    ) -> None:
        self._http = http
        self._url = base_url(host)
        self._model = model
        self._fold = fold or (fold_uncased if model.normalisation == "uncased" else str)
        self._turns = QuestionsFirst()
        self.name = model.name
        self.dimensions = model.dimensions
        self.max_tokens = model.max_tokens

    @cached_property
    def _server(self) -> "WholePromptClient":
        from functions.runtime.ollama.transport import connect  # noqa: PLC0415 - cold start

        timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
        return connect(self._http, url=self._url, timeout=timeout)

    def count_tokens(self, text: str) -> int:
        """Return more tokens than any tokenizer is likely to make of a passage.

        The server counts only what it embeds. A piece of an ASCII word has three letters or more
        on average; any other sign is a piece of its own.
        """
        prepared = self._model.passage_prefix + self._sound(text)
        return sum(-(-len(word) // 3) for word in WORD.findall(prepared)) + MARKS

    async def embed_query(self, text: str) -> Vector:
        """Embed one question, shape (dimensions,); a long one is cut."""
        refuse_empty([text])
        words = self._sound(text)
        with self._turns.urgent():
            while True:
                try:
                    vectors: Vectors = await self._call([self._model.query_prefix + words])
                except _InputTooLongError:
                    words = words[: len(words) // 2]
                else:
                    return np.asarray(vectors[0])

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, shape (n, dimensions), in the order given."""
        return self._stacked([await self.embed_query(text) for text in texts])

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Embed passages, shape (n, dimensions), in the order given.

        One that is too long for the model is embedded in parts, and its vector is their mean:
        nothing is cut off.
        """
        refuse_empty(texts)
        sound = [self._sound(text) for text in texts]
        vectors: list[Vector] = []
        for first in range(0, len(sound), PASSAGES_AT_ONCE):
            batch = sound[first : first + PASSAGES_AT_ONCE]
            if urgent:
                with self._turns.urgent():
                    vectors += list(await self._embed(batch))
            else:
                await self._turns.turn()
                vectors += list(await self._embed(batch))
        return self._stacked(vectors)

    def close(self) -> None:
        """Do nothing: the HTTP client belongs to others."""

    def _sound(self, text: str) -> str:
        # A lone surrogate cannot be sent.
        sound = text.encode(errors="replace").decode()
        return self._fold(sound) or sound

    def _stacked(self, vectors: Sequence[Vector]) -> Vectors:
        return np.stack(vectors) if vectors else np.empty((0, self.dimensions), np.float32)

    async def _embed(self, texts: list[str]) -> Vectors:
        try:
            return await self._call([self._model.passage_prefix + text for text in texts])
        except _InputTooLongError:
            return self._stacked([await self._embed_in_parts(text) for text in texts])

    async def _embed_in_parts(self, text: str) -> Vector:
        try:
            whole: Vectors = await self._call([self._model.passage_prefix + text])
        except _InputTooLongError:
            if len(text.strip()) < MARKS:
                raise PassageTooLongError(index=0, tokens=1, limit=self.max_tokens) from None
        else:
            return np.asarray(whole[0])
        parts = _halves(text)
        vectors = [await self._embed_in_parts(part) for part in parts]
        mean = np.average(vectors, axis=0, weights=[len(part) for part in parts])
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    async def _call(self, texts: list[str]) -> Vectors:
        from ollama import ResponseError  # noqa: PLC0415 - cold start

        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._server.embed(self.name, texts, truncate=False, keep_alive=-1)
        except ResponseError as error:
            raise self._refusal(error.status_code, error.error) from error
        except Exception as error:
            # The package raises builtin, httpx's, pydantic's and its own errors for one thing.
            raise OllamaError(
                f"The embedding model's server failed: {type(error).__name__}."
            ) from error
        vectors = _unit([np.asarray(vector, np.float32) for vector in answer.embeddings])
        return check_vectors(vectors, count=len(texts), dimensions=self.dimensions)

    def _refusal(self, status: int, reason: str) -> LorekeeperError:
        if TOO_LONG in reason:
            return _InputTooLongError()
        if status == NOT_FOUND:
            return ModelUnusableError(
                f"Ollama at {self._url} has no model {self.name}. Run: lore models pull {self.name}"
            )
        return OllamaError(f"The embedding model's server refused with status {status}.")


def _unit(vectors: list[Vector]) -> Vectors:
    if not vectors or len({vector.shape for vector in vectors}) != 1:
        return np.empty((0, 0), np.float32)
    stacked: Vectors = np.stack(vectors)
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    return np.asarray(stacked / np.where(lengths == 0, 1, lengths), np.float32)


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    space = text.rfind(" ", 1, middle)
    cut = space if space > 0 else middle
    return [part for part in (text[:cut], text[cut:]) if part.strip()]
