import io
import struct
import zipfile
import zlib
from typing import Final

from functions.ingest.parsers.elements import RefusedError

_ENTRIES: Final = 2_000
_READ: Final = 200 << 20
# Deflate reaches 1,028:1; text of office files stays near 10:1. Small entries may repeat more.
_RATIO: Final = 100
_RATIO_EXEMPT: Final = 1 << 20
_PIECE: Final = 64 << 10
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED_BITS: Final = 0x0001 | 0x0040
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
# An office file with a password is an OLE container with this stream.
OLE_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM: Final = "EncryptedPackage".encode("utf-16-le")


class Archive:
    """The entries of a ZIP file, read in memory and counted as they are read."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._opened = opened
        self._entries = {entry.filename: entry for entry in opened.infolist()}
        self._read = 0

    def names(self) -> list[str]:
        """Return the entries' names, in the archive's order."""
        return list(self._entries)

    def read(self, name: str, *, maximum: int = _READ) -> bytes:
        """Return an entry's bytes.

        Raises RefusedError: `too_large` beyond `maximum` bytes or the archive's limits,
        `damaged` where the entry is absent or broken.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise RefusedError("damaged")
        try:
            return self._counted(entry, maximum)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, struct.error):
            raise RefusedError("damaged") from None

    def _counted(self, entry: zipfile.ZipInfo, maximum: int) -> bytes:
        content = bytearray()
        # A declared size is a claim; only what has been read counts.
        allowed = max(_RATIO_EXEMPT, _RATIO * entry.compress_size)
        with self._opened.open(entry) as stream:
            while piece := stream.read(_PIECE):
                content += piece
                self._read += len(piece)
                if len(content) > min(maximum, allowed) or self._read > _READ:
                    raise RefusedError("too_large")
        return bytes(content)


def open_archive(document: bytes) -> Archive:
    """Return the archive that a ZIP file holds; nothing is unpacked yet.

    Raises RefusedError: `encrypted`, `damaged`, or `too_large` for too many or overlapping
    entries.
    """
    try:
        opened = zipfile.ZipFile(io.BytesIO(document))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
        raise RefusedError("encrypted" if is_locked(document) else "damaged") from None
    entries = opened.infolist()
    if len(entries) > _ENTRIES:
        raise RefusedError("too_large")
    if any(entry.flag_bits & _ENCRYPTED_BITS for entry in entries):
        raise RefusedError("encrypted")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise RefusedError("damaged")
    _refuse_overlaps(document, entries)
    return Archive(opened)


def is_locked(document: bytes) -> bool:
    """Return whether the bytes are an office file with a password."""
    return document.startswith(OLE_SIGNATURE) and _ENCRYPTED_STREAM in document


def _refuse_overlaps(document: bytes, entries: list[zipfile.ZipInfo]) -> None:
    """Raise where entries share bytes, which multiplies what a small file unpacks to."""
    reached = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < reached:
            raise RefusedError("too_large")
        reached = _end(document, entry)


def _end(document: bytes, entry: zipfile.ZipInfo) -> int:
    start = entry.header_offset
    header = document[start : start + _LOCAL_HEADER.size] if start >= 0 else b""
    if len(header) < _LOCAL_HEADER.size:
        raise RefusedError("damaged")
    signature, name, extra = _LOCAL_HEADER.unpack(header)
    end: int = start + _LOCAL_HEADER.size + name + extra + entry.compress_size
    if signature != _LOCAL_SIGNATURE or end > len(document):
        raise RefusedError("damaged")
    return end
