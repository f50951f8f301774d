import hashlib
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from functions.runtime.embedder.protocol import (
    PassageTooLongError,
    Vector,
    Vectors,
    refuse_empty,
)

WORD: Final = re.compile(r"\w+|[^\w\s]")
MARKS: Final = 4


class HashEmbedder:
    """A stand-in without a model: texts are as near as the words they share.

    Deterministic across processes, and as strict as the real model about empty and long text.
    """

    name = "hash-embedder"
    dimensions = 384
    max_tokens = 512

    def __init__(self, *, dimensions: int = 384) -> None:
        self.dimensions = dimensions

    def count_tokens(self, text: str) -> int:
        """Count words and punctuation marks, and four marks as the real model adds."""
        return len(_words(text)) + MARKS

    async def embed_query(self, text: str) -> Vector:
        """Embed one question, shape (dimensions,); a long one is cut at `max_tokens`."""
        refuse_empty([text])
        return self._embed(_words(text)[: self.max_tokens - MARKS])

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, shape (n, dimensions), in the order given."""
        refuse_empty(texts)
        return self._stack([await self.embed_query(text) for text in texts])

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Embed passages, shape (n, dimensions), in the order given."""
        del urgent
        refuse_empty(texts)
        for index, text in enumerate(texts):
            tokens = self.count_tokens(text)
            if tokens > self.max_tokens:
                raise PassageTooLongError(index=index, tokens=tokens, limit=self.max_tokens)
        return self._stack([self._embed(_words(text)) for text in texts])

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _embed(self, words: Sequence[str]) -> Vector:
        counts = np.zeros(self.dimensions, np.float32)
        for word in words:
            digest = hashlib.blake2b(word.encode(errors="replace"), digest_size=4).digest()
            counts[int.from_bytes(digest, "big") % self.dimensions] += 1
        return counts / np.linalg.norm(counts)

    def _stack(self, vectors: Sequence[Vector]) -> Vectors:
        return np.stack(vectors) if vectors else np.empty((0, self.dimensions), np.float32)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())
