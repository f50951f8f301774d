from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from functions.runtime.errors import InvalidRequestError, LorekeeperError, UnavailableError

MODEL_NAME: Final = "multilingual-e5-small"

Vector = NDArray[np.float32]
Vectors = NDArray[np.float32]


class ModelUnusableError(UnavailableError):
    """The embedding model is missing or damaged. Install it again."""


class PassageTooLongError(LorekeeperError):
    """A passage is longer than the embedding model can read.

    Chunks are counted before they are embedded, so this is a defect of ours: cutting quietly
    would leave text that can never be found.
    """

    def __init__(self, *, index: int, tokens: int, limit: int) -> None:
        super().__init__(
            f"Passage {index} has {tokens} tokens, but the embedding model reads {limit}. "
            "Nothing was embedded; please report this."
        )
        self.index = index
        self.tokens = tokens
        self.limit = limit


class EmbeddingModel(Protocol):
    """What search and ingest need of an embedding model; vectors have unit length."""

    @property
    def name(self) -> str:
        """Name the model whose vectors these are: vectors of two models never mix."""
        ...

    @property
    def dimensions(self) -> int:
        """Tell the length of every vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tell how many tokens, as `count_tokens` counts, a passage may have."""
        ...

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a passage as the model reads it, its marks included."""
        ...

    async def embed_query(self, text: str) -> Vector:
        """Embed one question, shape (dimensions,); a long one is cut at `max_tokens`."""
        ...

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, shape (n, dimensions), in the order given."""
        ...

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Embed passages, shape (n, dimensions), in the order given; `urgent` ones go first.

        Raises PassageTooLongError for one over `max_tokens`, InvalidRequestError for an empty one.
        """
        ...

    def close(self) -> None:
        """Give the memory back; nothing can be embedded afterwards."""
        ...


def refuse_empty(texts: Sequence[str]) -> None:
    """Raise InvalidRequestError when a text has nothing to embed.

    An engine would answer with the vector of the empty text, which is near everything.
    """
    for text in texts:
        if not text.strip():
            raise InvalidRequestError("There is no text to read. Write some words and try again.")
