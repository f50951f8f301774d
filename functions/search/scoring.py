"""Exact BM25 over arrays: the best passages, without weighing those that cannot be among them.

The order of work is that of MaxScore (Turtle and Flood, 1995): terms that may bring most go first,
and once the rest together cannot lift an unseen passage among the best, the rest is only looked up
for the passages already found.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Sums of the same figures in another order differ in their last digits.
SLACK = 1 + 1e-9
DECIMALS = 9


class TermPostings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a term stands in a guild: ``slots`` rising, or None for a frequency per slot.

    ``holding`` passages have it, all of them alive; ``most`` is what its impact never exceeds.
    """

    slots: Any
    frequencies: Any
    holding: int
    most: float

    @property
    def size(self) -> int:
        """Return the bytes it takes."""
        slots = 0 if self.slots is None else self.slots.nbytes
        return int(slots + self.frequencies.nbytes)

    def everywhere(self) -> tuple[Array, Array]:
        """Return the slots that hold the term, and how often."""
        if self.slots is not None:
            return self.slots, self.frequencies
        held: Array = np.flatnonzero(self.frequencies)
        return held, self.frequencies[held]

    def frequencies_at(self, slots: Array) -> Array:
        """Return how often these slots hold the term; zero where they do not."""
        if self.slots is None:
            every: Array = self.frequencies[slots]
            return every
        if not len(self.slots):
            return np.zeros(len(slots), np.uint8)
        # Of one type, or every posting would be copied to another first.
        wanted = slots.astype(self.slots.dtype)
        at = np.minimum(np.searchsorted(self.slots, wanted), len(self.slots) - 1)
        held: Array = np.where(self.slots[at] == wanted, self.frequencies[at], 0)
        return held


class Weighted(msgspec.Struct, frozen=True, kw_only=True):
    """A term of the question; ``allowed`` tells by language which passages it may be found in."""

    postings: TermPostings
    idf: float
    allowed: Any = None

    @property
    def bound(self) -> float:
        """Return the most the term can add to a score."""
        return self.idf * self.postings.most


class Passages(msgspec.Struct, frozen=True, kw_only=True):
    """What scoring knows of each slot: its chunk, its language's code, BM25's length norm."""

    chunk_ids: Any
    languages: Any
    norms: Any
    k1: float


def impacts(frequencies: Array, norms: Array, *, k1: float) -> Array:
    """Return BM25's weight of a term within passages, before its IDF."""
    weights: Array = frequencies * (k1 + 1) / (frequencies + norms)
    return weights


class Search:
    """One question's scores, slot by slot; ``admitted`` tells which slots may be found."""

    def __init__(
        self,
        passages: Passages,
        wanted: Sequence[Weighted],
        *,
        depth: int,
        admitted: Array | None = None,
    ) -> None:
        self._passages = passages
        self._admitted = admitted
        self._wanted = sorted(wanted, key=lambda term: -term.bound)
        self._depth = depth
        self._scores = np.zeros(len(passages.chunk_ids))
        self._found: Array = np.empty(0, np.int64)
        # A passage must have more than this to be among the best.
        self._threshold = 0.0

    def best(self) -> tuple[Array, Array]:
        """Return the slots of the best passages and their scores, best first."""
        left = [0.0]
        for term in reversed(self._wanted):
            left.append(left[-1] + term.bound * SLACK)
        left.reverse()
        for position, term in enumerate(self._wanted):
            if left[position] < self._threshold:
                self._look_up(term, left=left[position])
            else:
                self._add_all(term)
                self._raise_threshold(left=left[position + 1])
        return self._ranked()

    def _add_all(self, term: Weighted) -> None:
        slots, frequencies = term.postings.everywhere()
        if term.allowed is not None:
            kept = term.allowed[self._passages.languages[slots]]
            slots, frequencies = slots[kept], frequencies[kept]
        if self._admitted is not None:
            kept = self._admitted[slots]
            slots, frequencies = slots[kept], frequencies[kept]
        norms = self._passages.norms[slots]
        before = self._scores[slots]
        self._scores[slots] = before + term.idf * impacts(frequencies, norms, k1=self._passages.k1)
        self._found = np.concatenate((self._found, slots[before == 0]))

    def _raise_threshold(self, *, left: float) -> None:
        """Find the score of the last of the best, where it can spare work."""
        if len(self._found) < self._depth:
            return
        scores = self._scores[self._found]
        if scores.max() > left:
            last = len(scores) - self._depth
            self._threshold = max(self._threshold, float(np.partition(scores, last)[last]))

    def _look_up(self, term: Weighted, *, left: float) -> None:
        scores = self._scores[self._found]
        slots = self._found = self._found[scores * SLACK + left >= self._threshold]
        added = term.idf * impacts(
            term.postings.frequencies_at(slots), self._passages.norms[slots], k1=self._passages.k1
        )
        if term.allowed is not None:
            added = added * term.allowed[self._passages.languages[slots]]
        self._scores[slots] += added
        # Scores only grow, so the bar does too.
        self._raise_threshold(left=0.0)

    def _ranked(self) -> tuple[Array, Array]:
        slots = self._found
        scores = self._scores[slots]
        if len(slots) > self._depth:
            last = len(scores) - self._depth
            kept = scores * SLACK >= np.partition(scores, last)[last]
            slots, scores = slots[kept], scores[kept]
        rounded = -scores.round(DECIMALS)
        order = np.lexsort((self._passages.chunk_ids[slots], rounded))[: self._depth]
        return slots[order], scores[order]
