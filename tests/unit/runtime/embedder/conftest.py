"""A network small enough to write by hand, in the format of the real weights."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from math import erf

import numpy as np
import pytest
from numpy.typing import NDArray

HIDDEN, HEADS, INNER, VOCABULARY, POSITIONS, TYPES = 384, 6, 64, 16, 512, 2
EPSILON = 1e-12
WORDS = ["▁query", "▁passage", ":", "▁red", "▁green", "▁blue", "▁fox"]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", *WORDS, "▁", "<mask>"]
Array = NDArray[np.float32]


@dataclass
class Network:
    """What to write; a test changes a field to damage the file."""

    magic: bytes = b"E5S1"
    sizes: tuple[int, ...] = (HIDDEN, 1, HEADS, INNER, VOCABULARY, POSITIONS, TYPES)
    block: int = 32
    pieces: list[bytes] = field(default_factory=lambda: [piece.encode() for piece in PIECES])
    special: tuple[int, int, int, int] = (0, 2, 1, 3)
    normalisation: dict[int, str] = field(default_factory=lambda: {0x2167: "VIII", 0x200B: ""})
    tensors: dict[str, Array] = field(default_factory=dict)
    packed: frozenset[str] = frozenset()

    def encode(self) -> bytes:
        """Write the file."""
        before = self.magic + struct.pack("<I7ifi", 1, *self.sizes, EPSILON, self.block)
        before += self._encode_pieces() + self._encode_normalisation()
        contents = {name: self._encode_tensor(name) for name in self.tensors}
        size = 4 + sum(2 + len(name) + 21 for name in contents)
        offset = len(before) + size
        before += struct.pack("<i", len(contents))
        for name, content in contents.items():
            kind, elements = int(name in self.packed), self.tensors[name].size
            before += struct.pack("<H", len(name)) + name.encode()
            before += struct.pack("<BIQQ", kind, elements, offset, len(content))
            offset += len(content)
        return before + b"".join(contents.values())

    def _encode_pieces(self) -> bytes:
        blob = b"".join(self.pieces)
        offsets = np.cumsum([0, *map(len, self.pieces)]).astype("<u4").tobytes()
        scores = np.linspace(-1, -2, len(self.pieces)).astype("<f4").tobytes()
        header = struct.pack("<5iQ", len(self.pieces), *self.special, len(blob))
        return header + offsets + scores + blob

    def _encode_normalisation(self) -> bytes:
        entries = b"".join(
            struct.pack(f"<IB{len(text)}I", code_point, len(text), *map(ord, text))
            for code_point, text in self.normalisation.items()
        )
        return struct.pack("<iI", len(self.normalisation), len(entries)) + entries

    def _encode_tensor(self, name: str) -> bytes:
        values = self.tensors[name]
        if name not in self.packed:
            return values.astype("<f4").tobytes()
        blocks = values.reshape(-1, 32)
        scales = (np.abs(blocks).max(axis=1) / 7).astype("<f2")
        levels = (np.rint(blocks / scales[:, None].astype("f4")) + 8).astype("u1")
        nibbles = levels[:, :16] | levels[:, 16:] << 4
        return b"".join(s.tobytes() + n.tobytes() for s, n in zip(scales, nibbles, strict=True))


def random_tensors() -> dict[str, Array]:
    """One layer of noise, about as large as trained weights are."""
    noise = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (TYPES, HIDDEN),
        "l0.fi.w": (INNER, HIDDEN),
        "l0.fi.b": (INNER,),
        "l0.fo.w": (HIDDEN, INNER),
        "l0.fo.b": (HIDDEN,),
    }
    for part in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{part}.w": (HIDDEN, HIDDEN), f"l0.{part}.b": (HIDDEN,)}
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        shapes |= {f"{norm}.w": (HIDDEN,), f"{norm}.b": (HIDDEN,)}
    return {name: noise.normal(0, 0.2, shape).astype("f4") for name, shape in shapes.items()}


@pytest.fixture
def network() -> Network:
    """A sound network of one layer whose matrices are packed as Q4_0."""
    tensors = random_tensors()
    packed = frozenset(name for name, values in tensors.items() if values.ndim == 2)
    return Network(tensors=tensors, packed=packed)


@pytest.fixture(scope="session")
def expect() -> Callable[[dict[str, Array], list[int]], Array]:
    """Compute a unit vector by the textbook, for the encoder to be compared with."""
    return reference


def reference(tensors: dict[str, Array], ids: list[int]) -> Array:
    """Run BERT's forward pass: post-norm, exact GELU, mean pooling."""
    state = tensors["emb.word"][ids] + tensors["emb.pos"][: len(ids)] + tensors["emb.type"][0]
    state = norm(state, tensors, "emb.ln")
    query, key, value = (split(linear(state, tensors, f"l0.{part}")) for part in "qkv")
    scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(HIDDEN / HEADS))
    seen = scores / scores.sum(axis=-1, keepdims=True) @ value
    joined = seen.transpose(1, 0, 2).reshape(len(ids), HIDDEN)
    state = norm(state + linear(joined, tensors, "l0.ao"), tensors, "l0.aln")
    inner = gelu(linear(state, tensors, "l0.fi"))
    state = norm(state + linear(inner, tensors, "l0.fo"), tensors, "l0.oln")
    mean: Array = state.mean(axis=0)
    return mean / np.linalg.norm(mean)


def norm(state: Array, tensors: dict[str, Array], name: str) -> Array:
    """Normalise each position."""
    centred = state - state.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    result: Array = centred / deviation * tensors[f"{name}.w"] + tensors[f"{name}.b"]
    return result


def linear(state: Array, tensors: dict[str, Array], name: str) -> Array:
    """Multiply and add."""
    result: Array = state @ tensors[f"{name}.w"].T + tensors[f"{name}.b"]
    return result


def split(state: Array) -> Array:
    """Give each head its part."""
    return state.reshape(len(state), HEADS, -1).transpose(1, 0, 2)


def gelu(values: Array) -> Array:
    """Apply the exact, error-function form."""
    result: Array = values * (1 + np.vectorize(erf)(values / np.sqrt(2))) / 2
    return result
