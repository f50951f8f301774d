"""Write E5S1 weights as a GGUF file, which an Ollama server makes a model of.

Encoded by hand: the package `gguf` brings requests and three more that nothing else of ours uses.
The format is version 3 of docs/gguf.md in the repository of ggml.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from functions.runtime.embedder.protocol import MODEL_NAME
from functions.runtime.embedder.sentencepiece_file import MASK
from functions.runtime.embedder.weights import FLOAT32, Q4_0, Weights, parse

MAGIC: Final = b"GGUF"
VERSION: Final = 3
ALIGNMENT: Final = 32
# Under this key a server tells which weights its model was made of.
SOURCE_KEY: Final = "lorekeeper.source_sha256"
# Kinds of values.
UINT32: Final = 4
INT32: Final = 5
REAL32: Final = 6
BOOLEAN: Final = 7
STRING: Final = 8
ARRAY: Final = 9
# Kinds of pieces.
NORMAL: Final = 1
UNKNOWN: Final = 2
CONTROL: Final = 3
UNUSED: Final = 5
# How tensors are stored: E5S1's number for it, and GGML's.
STORED: Final = {FLOAT32: 0, Q4_0: 2}
MOSTLY_Q4_0: Final = 2
MEAN_POOLING: Final = 1

TENSORS: Final = {
    "emb.word": "token_embd.weight",
    "emb.pos": "position_embd.weight",
    "emb.type": "token_types.weight",
    "emb.ln.w": "token_embd_norm.weight",
    "emb.ln.b": "token_embd_norm.bias",
}
LAYER: Final = {
    "q": "attn_q",
    "k": "attn_k",
    "v": "attn_v",
    "ao": "attn_output",
    "aln": "attn_output_norm",
    "fi": "ffn_up",
    "fo": "ffn_down",
    "oln": "layer_output_norm",
}
NAMES: Final = {"w": "weight", "b": "bias"}


class Tensor(NamedTuple):
    """A tensor as both files name it; GGML names the sizes from the innermost."""

    source: str
    name: str
    sizes: tuple[int, ...]


def convert(source: Path, target: Path) -> None:
    """Write the file `target`, whole or not at all; raises ModelUnusableError."""
    data = source.read_bytes()
    weights, digest = parse(data), hashlib.sha256(data).hexdigest()
    beside = target.with_suffix(".new")
    with beside.open("wb") as file:
        file.writelines(_encode(weights, digest=digest))
    beside.replace(target)


def _encode(weights: Weights, *, digest: str) -> Iterator[bytes]:
    # The blocks of four bits go into the file as they are.
    tensors = list(_tensors(weights))
    packed = [weights.packed(tensor.source) for tensor in tensors]
    values = [_text(SOURCE_KEY, digest), *_network(weights), *_tokenizer(weights)]
    parts = [MAGIC, struct.pack("<IQQ", VERSION, len(tensors), len(values)), *values]
    offset = 0
    for tensor, (kind, data) in zip(tensors, packed, strict=True):
        parts.append(_described(tensor, kind=STORED[kind], offset=offset))
        offset += len(data) + _gap(len(data))
    head = b"".join(parts)
    yield head + bytes(_gap(len(head)))
    for _, data in packed:
        yield bytes(data) + bytes(_gap(len(data)))


def _tensors(weights: Weights) -> Iterator[Tensor]:
    shape = weights.shape
    hidden, inner = shape.hidden, shape.feed_forward
    rows = {"emb.word": shape.vocabulary, "emb.pos": shape.positions, "emb.type": shape.token_types}
    for source, name in TENSORS.items():
        yield Tensor(source, name, (hidden, rows[source]) if source in rows else (hidden,))
    matrices = {"fi": (hidden, inner), "fo": (inner, hidden)}
    for layer in range(shape.layers):
        for part, name in LAYER.items():
            matrix = (hidden,) if part in {"aln", "oln"} else matrices.get(part, (hidden, hidden))
            for short, sizes in (("w", matrix), ("b", matrix[-1:])):
                yield Tensor(
                    f"l{layer}.{part}.{short}", f"blk.{layer}.{name}.{NAMES[short]}", sizes
                )


def _network(weights: Weights) -> Iterator[bytes]:
    shape = weights.shape
    yield _text("general.architecture", "bert")
    yield _text("general.name", MODEL_NAME)
    yield _text("general.license", "mit")
    yield _number("general.file_type", MOSTLY_Q4_0)
    yield _number("bert.block_count", shape.layers)
    yield _number("bert.context_length", shape.positions)
    yield _number("bert.embedding_length", shape.hidden)
    yield _number("bert.feed_forward_length", shape.feed_forward)
    yield _number("bert.attention.head_count", shape.heads)
    yield _value("bert.attention.layer_norm_epsilon", REAL32, struct.pack("<f", shape.epsilon))
    yield _truth("bert.attention.causal", value=False)
    yield _number("bert.pooling_type", MEAN_POOLING)


def _tokenizer(weights: Weights) -> Iterator[bytes]:
    pieces, vocabulary = weights.pieces, weights.shape.vocabulary
    # The embeddings have a few rows more than there are pieces.
    spare = [f"<unused{index}>" for index in range(vocabulary - len(pieces.texts))]
    texts = [*pieces.texts, *spare]
    control = {pieces.begin, pieces.end, pieces.padding}
    kinds = [
        CONTROL if index in control or text == MASK else NORMAL
        for index, text in enumerate(pieces.texts)
    ] + [UNUSED] * len(spare)
    kinds[pieces.unknown] = UNKNOWN
    scores = [*pieces.scores.tolist(), *(0.0 for _ in spare)]
    yield _text("tokenizer.ggml.model", "t5")
    yield _array("tokenizer.ggml.tokens", STRING, map(_string, texts), count=vocabulary)
    yield _array(
        "tokenizer.ggml.scores", REAL32, [struct.pack(f"<{vocabulary}f", *scores)], count=vocabulary
    )
    yield _array(
        "tokenizer.ggml.token_type",
        INT32,
        [struct.pack(f"<{vocabulary}i", *kinds)],
        count=vocabulary,
    )
    yield _number("tokenizer.ggml.token_type_count", weights.shape.token_types)
    yield _number("tokenizer.ggml.bos_token_id", pieces.begin)
    yield _number("tokenizer.ggml.eos_token_id", pieces.end)
    yield _number("tokenizer.ggml.unknown_token_id", pieces.unknown)
    yield _number("tokenizer.ggml.padding_token_id", pieces.padding)
    for rule in ("add_bos_token", "add_eos_token", "add_space_prefix", "remove_extra_whitespaces"):
        yield _truth(f"tokenizer.ggml.{rule}", value=True)


def _described(tensor: Tensor, *, kind: int, offset: int) -> bytes:
    layout = f"<I{len(tensor.sizes)}QIQ"
    return _string(tensor.name) + struct.pack(
        layout, len(tensor.sizes), *tensor.sizes, kind, offset
    )


def _gap(size: int) -> int:
    return -size % ALIGNMENT


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _value(key: str, kind: int, encoded: bytes) -> bytes:
    return _string(key) + struct.pack("<I", kind) + encoded


def _text(key: str, text: str) -> bytes:
    return _value(key, STRING, _string(text))


def _number(key: str, number: int) -> bytes:
    return _value(key, UINT32, struct.pack("<I", number))


def _truth(key: str, *, value: bool) -> bytes:
    return _value(key, BOOLEAN, struct.pack("<?", value))


def _array(key: str, kind: int, parts: Iterator[bytes] | Sequence[bytes], *, count: int) -> bytes:
    return _value(key, ARRAY, struct.pack("<IQ", kind, count) + b"".join(parts))
