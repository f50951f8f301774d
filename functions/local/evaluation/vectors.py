"""Vectors kept between runs, so that measuring search does not wait for embedding."""

import hashlib
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from functions.runtime.embedder.protocol import EmbeddingModel, Vector, Vectors

KEY_BYTES: Final = 20
Embed = Callable[[Sequence[str]], Coroutine[Any, Any, Vectors]]


class RememberingEmbedder:
    """An embedding model that looks up what it embedded before.

    ``edition`` tells two conversions of one model apart.
    """

    def __init__(self, model: EmbeddingModel, *, file: Path, edition: str) -> None:
        self._model = model
        self._edition = edition
        self._store = sqlite3.connect(file, isolation_level=None)
        self._store.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
        )
        self._store.execute("PRAGMA synchronous = OFF")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; the model belongs to whoever opened it."""
        self._store.close()

    @property
    def name(self) -> str:
        """Name the model behind."""
        return self._model.name

    @property
    def dimensions(self) -> int:
        """Tell the length of every vector."""
        return self._model.dimensions

    @property
    def max_tokens(self) -> int:
        """Tell how many tokens a passage may have."""
        return self._model.max_tokens

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a passage."""
        return self._model.count_tokens(text)

    async def embed_query(self, text: str) -> Vector:
        """Embed one question."""
        found: Vector = (await self.embed_queries([text]))[0]
        return found

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, in the order given."""
        return await self._remembered("query", texts, self._model.embed_queries)

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Embed passages, in the order given."""

        async def embed(missing: Sequence[str]) -> Vectors:
            return await self._model.embed_passages(missing, urgent=urgent)

        return await self._remembered("passage", texts, embed)

    def close(self) -> None:
        """Do nothing: whoever opened the model closes it."""

    async def _remembered(self, kind: str, texts: Sequence[str], embed: Embed) -> Vectors:
        keys = [self._key(kind, text) for text in texts]
        known = {key: vector for key in set(keys) if (vector := self._look_up(key)) is not None}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            fresh = await embed(list(missing.values()))
            for key, vector in zip(missing, fresh, strict=True):
                known[key] = vector
                values = (key, np.asarray(vector, np.float32).tobytes())
                self._store.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", values)
        return np.stack([known[key] for key in keys])

    def _key(self, kind: str, text: str) -> bytes:
        named = f"{self._model.name}\0{self._edition}\0{kind}\0{text}"
        return hashlib.blake2b(named.encode(errors="replace"), digest_size=KEY_BYTES).digest()

    def _look_up(self, key: bytes) -> Vector | None:
        with closing(
            self._store.execute("SELECT vector FROM vectors WHERE key = ?", (key,))
        ) as rows:
            row = rows.fetchone()
        return np.frombuffer(row[0], np.float32) if row else None
