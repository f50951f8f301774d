import zlib
from collections.abc import Iterator
from typing import Final

_STEP: Final = 256 * 1024
# zlib's marks for "gzip or zlib by its header" and for bare deflate.
_ANY_HEADER: Final = zlib.MAX_WBITS | 32


class Inflater:
    """Unpacks gzip or zlib step by step, so that whoever counts can stop a bomb in time."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_ANY_HEADER)

    @property
    def ended(self) -> bool:
        """Whether the packed stream came to its end."""
        return self._inflate.eof

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Yield pieces of at most 256 KiB; raise zlib.error on damage."""
        while packed:
            if self._inflate.eof:
                # Files packed one after the other are one file.
                self._inflate = zlib.decompressobj(_ANY_HEADER)
            yield self._inflate.decompress(packed, _STEP)
            packed = self._inflate.unconsumed_tail or self._inflate.unused_data.lstrip(b"\x00")


def inflate(packed: bytes, *, maximum: int) -> bytes | None:
    """Return what a gzip file holds, or None where it is damaged or holds over ``maximum``."""
    inflater, content = Inflater(), bytearray()
    try:
        for piece in inflater.feed(packed):
            content += piece
            if len(content) > maximum:
                return None
    except zlib.error:
        return None
    return bytes(content) if inflater.ended else None
