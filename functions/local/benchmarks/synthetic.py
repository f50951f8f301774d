"""Made-up passages and vectors that behave like real ones: Zipf's words, clustered meanings."""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from functions.runtime.embedder.protocol import Vector, Vectors

DIMENSIONS: Final = 384
WORDS_OF_PASSAGE: Final = 120
WORDS_OF_QUESTION: Final = 8
VOCABULARY: Final = 60_000
CLUSTERS: Final = 500
# Cosines within a cluster are near .8, as between passages about one subject.
NOISE: Final = 0.5
# Zipf's law as Mandelbrot has it: a question's everyday words stand in half of the passages.
SHIFT: Final = 2.7
SYLLABLES: Final = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]

Ranks = NDArray[np.int64]


def word(rank: int) -> str:
    """Return the word of a rank from 0, made of syllables, so that it is one plain word."""
    rank += len(SYLLABLES)
    syllables = []
    while rank:
        rank, digit = divmod(rank, len(SYLLABLES))
        syllables.append(SYLLABLES[digit])
    return "".join(syllables)


WEIGHTS: Final = np.cumsum(1 / (np.arange(VOCABULARY) + SHIFT))


def zipf(random: np.random.Generator, *shape: int) -> Ranks:
    """Draw ranks of words by Zipf's law."""
    drawn: Ranks = np.searchsorted(WEIGHTS, random.random(shape) * WEIGHTS[-1])
    return drawn


def phrase(ranks: Sequence[int] | Ranks, words: Sequence[str]) -> str:
    """Return the words of these ranks."""
    return " ".join([words[rank] for rank in ranks])


def vocabulary() -> list[str]:
    """Return every word, the most frequent one first."""
    return [word(rank) for rank in range(VOCABULARY)]


def centres() -> Vectors:
    """Return the middles of the clusters, the same ones always."""
    random = np.random.default_rng(11)
    return unit(random.standard_normal((CLUSTERS, DIMENSIONS), dtype=np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Return vectors at unit length."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def clustered(random: np.random.Generator, count: int, middles: Vectors) -> Vectors:
    """Draw vectors around the middles of the clusters."""
    noise = random.standard_normal((count, DIMENSIONS), dtype=np.float32)
    own = middles[random.integers(len(middles), size=count)]
    return unit(own + noise * np.float32(NOISE / np.sqrt(DIMENSIONS)))


class SyntheticEmbedder:
    """An embedding model that takes no time: a text's hash picks its cluster and its place there.

    ``known`` are texts whose vectors were drawn elsewhere.
    """

    name = "multilingual-e5-small"
    dimensions = DIMENSIONS
    max_tokens = 512

    def __init__(self) -> None:
        self.known: dict[str, Vector] = {}
        self._centres = centres()

    def count_tokens(self, text: str) -> int:
        """Count two tokens a word."""
        return 2 * (text.count(" ") + 1)

    async def embed_query(self, text: str) -> Vector:
        """Return the vector of a question."""
        return self._vector(text)

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions."""
        return np.stack([self._vector(text) for text in texts])

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Return the vectors of passages."""
        del urgent
        return np.stack([self._vector(text) for text in texts])

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _vector(self, text: str) -> Vector:
        if text in self.known:
            return self.known[text]
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        random = np.random.default_rng(int.from_bytes(digest, "big"))
        found: Vector = clustered(random, 1, self._centres)[0]
        return found
