"""Read an E5S1 file: a BERT-shaped encoder with its Unigram tokenizer, little-endian throughout."""

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.runtime.embedder.protocol import ModelUnusableError

MAGIC: Final = b"E5S1"
SIZES: Final = (
    "hidden",
    "layers",
    "heads",
    "feed_forward",
    "vocabulary",
    "positions",
    "token_types",
)
FLOAT32: Final = 0
Q4_0: Final = 1
# GGML's Q4_0: a half-precision scale for 32 weights, two weights to the byte.
BLOCK: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])
BLOCK_WEIGHTS: Final = 32
NIBBLE_ZERO: Final = 8


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The Unigram tokenizer; ids are positions in `texts`, `scores` are log probabilities."""

    texts: tuple[str, ...]
    scores: NDArray[np.float32]
    begin: int
    end: int
    padding: int
    unknown: int


class Entry(NamedTuple):
    """Where a tensor lies, and how it is stored."""

    kind: int
    elements: int
    offset: int
    size: int


@dataclass(frozen=True)
class Weights:
    """A parsed E5S1 file; tensors stay packed in `data` until they are asked for."""

    shape: Shape
    pieces: Pieces
    normalisation: Mapping[int, str]
    entries: Mapping[str, Entry]
    data: bytes

    def tensor(self, name: str, *shape: int) -> NDArray[np.float32]:
        """Unpack a tensor as float32 in the shape expected of it."""
        entry = self.entries.get(name)
        if entry is None:
            raise _damaged(f"tensor {name} is missing")
        wanted = int(np.prod(shape))
        if entry.elements != wanted:
            raise _damaged(f"tensor {name} has {entry.elements} elements instead of {wanted}")
        kind, packed = self.packed(name)
        return _unpack(packed, kind=kind, elements=wanted, name=name).reshape(shape)

    def packed(self, name: str) -> tuple[int, memoryview]:
        """Return how a tensor is stored, and its bytes."""
        entry = self.entries.get(name)
        if entry is None:
            raise _damaged(f"tensor {name} is missing")
        return entry.kind, Reader(self.data, entry.offset).take(entry.size)


class Reader:
    """Take values off a buffer from front to back; never past its end."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = memoryview(data)
        self._position = position

    def take(self, size: int) -> memoryview:
        """Take so many bytes."""
        end = self._position + size
        if size < 0 or end > len(self._data):
            raise _damaged(f"it ends at byte {len(self._data)}, but {end} were expected")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def numbers(self, layout: str) -> tuple[int, ...]:
        """Take integers of a `struct` layout."""
        layout = f"<{layout}"
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        """Take an array of a numpy type."""
        return np.frombuffer(self.take(count * np.dtype(kind).itemsize), dtype=kind)

    def text(self, size: int) -> str:
        """Take UTF-8 text of so many bytes."""
        return _decode(self.take(size))


def parse(data: bytes) -> Weights:
    """Parse an E5S1 file; raises ModelUnusableError where it is damaged."""
    reader = Reader(data)
    if bytes(reader.take(len(MAGIC))) != MAGIC:
        raise _damaged("it does not begin with E5S1")
    reader.numbers("I")
    shape = _parse_shape(reader)
    pieces = _parse_pieces(reader)
    if len(pieces.texts) > shape.vocabulary:
        raise _damaged(f"{len(pieces.texts)} pieces do not fit in {shape.vocabulary} embeddings")
    normalisation = _parse_normalisation(reader)
    return Weights(shape, pieces, normalisation, _parse_entries(reader), data)


def _parse_shape(reader: Reader) -> Shape:
    sizes = reader.numbers(f"{len(SIZES)}i")
    network = dict(zip(SIZES, sizes, strict=True))
    if min(sizes) <= 0 or network["hidden"] % network["heads"]:
        raise _damaged(f"the sizes {network} make no network")
    epsilon = float(reader.array("<f4", 1)[0])
    (block,) = reader.numbers("i")
    if block != BLOCK_WEIGHTS:
        raise _damaged(f"blocks hold {block} weights instead of {BLOCK_WEIGHTS}")
    return Shape(**network, epsilon=epsilon)


def _parse_pieces(reader: Reader) -> Pieces:
    count, begin, end, padding, unknown = reader.numbers("5i")
    if not all(0 <= special < count for special in (begin, end, padding, unknown)):
        raise _damaged("a special piece lies outside the vocabulary")
    (length,) = reader.numbers("Q")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).astype(np.float32)
    blob = reader.take(length)
    if offsets[-1] != length or offsets != sorted(offsets):
        raise _damaged("the pieces do not fill their text")
    texts = tuple(_decode(blob[start:stop]) for start, stop in itertools.pairwise(offsets))
    return Pieces(texts, scores, begin, end, padding, unknown)


def _parse_normalisation(reader: Reader) -> dict[int, str]:
    count, size = reader.numbers("iI")
    entries = Reader(bytes(reader.take(size)))
    table: dict[int, str] = {}
    for _ in range(count):
        code_point, length = entries.numbers("IB")
        table[code_point] = "".join(map(chr, entries.numbers(f"{length}I")))
    return table


def _parse_entries(reader: Reader) -> dict[str, Entry]:
    (count,) = reader.numbers("i")
    entries: dict[str, Entry] = {}
    for _ in range(count):
        (length,) = reader.numbers("H")
        name = reader.text(length)
        entries[name] = Entry(*reader.numbers("BIQQ"))
    return entries


def _unpack(packed: memoryview, *, kind: int, elements: int, name: str) -> NDArray[np.float32]:
    sizes = {FLOAT32: elements * 4, Q4_0: elements // BLOCK_WEIGHTS * BLOCK.itemsize}
    if sizes.get(kind) != len(packed) or (kind == Q4_0 and elements % BLOCK_WEIGHTS):
        raise _damaged(f"tensor {name} has type {kind} and {len(packed)} bytes")
    if kind == FLOAT32:
        return np.frombuffer(packed, dtype="<f4").astype(np.float32)
    blocks = np.frombuffer(packed, dtype=BLOCK)
    nibbles = blocks["nibbles"]
    values = np.concatenate((nibbles & 15, nibbles >> 4), axis=1).astype(np.float32)
    values -= NIBBLE_ZERO
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values


def _decode(text: memoryview) -> str:
    try:
        return str(text, "utf-8")
    except UnicodeDecodeError as error:
        raise _damaged("a name in it is not UTF-8") from error


def _damaged(reason: str) -> ModelUnusableError:
    return ModelUnusableError(
        f"The weights of the embedding model are damaged: {reason}. Fetch them again."
    )
