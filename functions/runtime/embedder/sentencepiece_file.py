"""Write a SentencePiece model file (a protocol buffer) from pieces and scores.

Encoded by hand: sentencepiece's own message classes need the protobuf package, which nothing else
of ours does. Field numbers: sentencepiece_model.proto.
"""

import struct
from collections.abc import Iterator
from typing import Final

from functions.runtime.embedder.weights import Pieces

VARINT: Final = 0
DELIMITED: Final = 2
FIXED32: Final = 5

NORMAL: Final = 1
UNKNOWN: Final = 2
CONTROL: Final = 3
UNIGRAM: Final = 1

MASK: Final = "<mask>"


def encode(pieces: Pieces) -> bytes:
    """Encode a Unigram model that leaves normalisation to its caller."""
    trainer = b"".join(_trainer(pieces))
    normaliser = b"".join(_normaliser())
    return b"".join((*_pieces(pieces), _bytes(2, trainer), _bytes(3, normaliser)))


def _pieces(pieces: Pieces) -> Iterator[bytes]:
    control = {pieces.begin, pieces.end, pieces.padding}
    for index, (text, score) in enumerate(zip(pieces.texts, pieces.scores.tolist(), strict=True)):
        kind = CONTROL if index in control or text == MASK else NORMAL
        if index == pieces.unknown:
            kind = UNKNOWN
        number = _tag(2, FIXED32) + struct.pack("<f", score)
        yield _bytes(1, _bytes(1, text.encode()) + number + _integer(3, kind))


def _trainer(pieces: Pieces) -> Iterator[bytes]:
    yield _integer(3, UNIGRAM)
    yield _integer(4, len(pieces.texts))
    ids = (pieces.unknown, pieces.begin, pieces.end, pieces.padding)
    for field, index in enumerate(ids, start=40):
        yield _integer(field, index)
    for field, index in enumerate(ids, start=45):
        yield _bytes(field, pieces.texts[index].encode())


def _normaliser() -> Iterator[bytes]:
    yield _bytes(1, b"identity")
    for field in (3, 4, 5):  # a space before the text, no doubled spaces, spaces as ▁
        yield _integer(field, 1)


def _bytes(field: int, content: bytes) -> bytes:
    return _tag(field, DELIMITED) + _varint(len(content)) + content


def _integer(field: int, value: int) -> bytes:
    return _tag(field, VARINT) + _varint(value)


def _tag(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >> 7:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
