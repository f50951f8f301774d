"""How the postings of a segment are written as bytes, and read again.

A slot takes two bytes where the segment has at most 65,536, else four; a frequency takes one, or
four where one of the term's is above 255. A term that many passages hold has no list of slots but
a frequency for each slot of the segment, zeros included: that is shorter, and looked up at once.
Figures are big-endian, as PostgreSQL's own ``int4send`` writes them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Integers = NDArray[Any]

# A slot of a segment of at most this many passages fits in two bytes.
MOST_IN_TWO_BYTES = 65_536
MOST_IN_ONE_BYTE = 255
WIDE = 4


class Postings(NamedTuple):
    """A term's slots in rising order, and the frequency in each; ``slots`` is None for all."""

    slots: Integers | None
    frequencies: Integers


class EncodedPostings(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of one segment with their postings as bytes, in the same order."""

    terms: list[str]
    slots: list[bytes | None]
    frequencies: list[bytes]


class EncodedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """Passages to be indexed together, in the order of their slots."""

    lengths: list[int]
    postings: EncodedPostings


def _slot_type(passages: int) -> str:
    return ">u2" if passages <= MOST_IN_TWO_BYTES else ">u4"


def encode(
    terms: Sequence[str], counts: Integers, slots: Integers, frequencies: Integers, *, passages: int
) -> EncodedPostings:
    """Encode terms of a segment of so many passages.

    ``counts`` says how many of the flat ``slots`` and ``frequencies`` are each term's, in order.
    """
    ends = np.cumsum(counts)
    starts = ends - counts
    largest = np.maximum.reduceat(frequencies, starts) if len(terms) else np.empty(0)
    slot_type = np.dtype(_slot_type(passages))
    flat_slots = slots.astype(slot_type).tobytes()
    # What is too large here is written from the wide ones instead.
    narrow = frequencies.astype(np.uint8)
    flat_narrow = narrow.tobytes()
    found = EncodedPostings(terms=list(terms), slots=[], frequencies=[])
    for start, end, most in zip(starts.tolist(), ends.tolist(), largest.tolist(), strict=True):
        if most > MOST_IN_ONE_BYTE:
            own = flat_slots[start * slot_type.itemsize : end * slot_type.itemsize]
            written = frequencies[start:end].astype(">u4").tobytes()
        elif passages < (end - start) * (slot_type.itemsize + 1):
            own = None
            every = np.zeros(passages, np.uint8)
            every[slots[start:end]] = narrow[start:end]
            written = every.tobytes()
        else:
            own = flat_slots[start * slot_type.itemsize : end * slot_type.itemsize]
            written = flat_narrow[start:end]
        found.slots.append(own)
        found.frequencies.append(written)
    return found


def decode(slots: bytes | None, frequencies: bytes, *, passages: int) -> Postings:
    """Read a term's postings of a segment of so many passages; nothing is copied."""
    if slots is None:
        return Postings(None, np.frombuffer(frequencies, np.uint8))
    held = np.frombuffer(slots, _slot_type(passages))
    wide = len(frequencies) == WIDE * len(held)
    return Postings(held, np.frombuffer(frequencies, ">u4" if wide else np.uint8))


def encode_passages(counted: Sequence[Counter[str]]) -> EncodedSegment:
    """Encode a segment of these passages, each given as how often it holds which term."""
    rows: dict[str, list[tuple[int, int]]] = {}
    for slot, passage in enumerate(counted):
        for term, frequency in passage.items():
            rows.setdefault(term, []).append((slot, frequency))
    # In the order of the index, where writing is a little faster.
    terms = sorted(rows)
    flat = np.array([pair for term in terms for pair in rows[term]], np.int64).reshape(-1, 2)
    counts = np.array([len(rows[term]) for term in terms], np.int64)
    return EncodedSegment(
        lengths=[passage.total() for passage in counted],
        postings=encode(terms, counts, flat[:, 0], flat[:, 1], passages=len(counted)),
    )


def encode_chunk_ids(chunk_ids: Sequence[int] | Integers) -> bytes:
    """Write the id of each slot's chunk."""
    return np.asarray(chunk_ids, np.int64).astype(">i8").tobytes()


def encode_lengths(lengths: Sequence[int] | Integers) -> bytes:
    """Write how many terms each slot has."""
    return np.asarray(lengths, np.int64).astype(">u4").tobytes()


def decode_chunk_ids(written: bytes) -> Integers:
    """Read the id of each slot's chunk."""
    return np.frombuffer(written, ">i8").astype(np.int64)


def decode_lengths(written: bytes) -> Integers:
    """Read how many terms each slot has."""
    return np.frombuffer(written, ">u4").astype(np.int32)
