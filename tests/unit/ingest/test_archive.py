import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import pytest

from functions.ingest.parsers.archive import open_archive
from functions.ingest.parsers.elements import RefusedError

MEGABYTE = 1 << 20


def zip_of(entries: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def overlapping(kernel: bytes, count: int) -> bytes:
    """A file whose entries all unpack the same bytes: one local entry, many central ones."""
    packed = zlib.compress(kernel, 9)[2:-4]
    sums = struct.pack("<III", zlib.crc32(kernel), len(packed), len(kernel))
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sums
    local += struct.pack("<HH", 1, 0) + b"a" + packed
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sums
    central += struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0) + b"a"
    return local + central * count + ending(count, len(central) * count, len(local))


def quoted(count: int) -> bytes:
    """A file whose every entry quotes the next one's local header as stored bytes."""
    kernel = bytes(MEGABYTE)
    packed = zlib.compress(kernel, 9)[2:-4]
    body = b"PK\x03\x04" + struct.pack(
        "<HHHHHIIIHH", 20, 0, 8, 0, 33, zlib.crc32(kernel), len(packed), len(kernel), 1, 0
    )
    files = [(b"z", body + b"z" + packed, len(packed), len(kernel), zlib.crc32(kernel))]
    for number in range(count - 1):
        following = files[0][1]
        name = chr(ord("a") + number).encode()
        quote = b"\x00" + struct.pack("<HH", len(following), len(following) ^ 0xFFFF)
        # Only the shape matters: extents that contain their successors.
        size = len(quote) + len(following)
        header = b"PK\x03\x04" + struct.pack(
            "<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, size, MEGABYTE, 1, 0
        )
        files.insert(0, (name, header + name + quote + following, size, MEGABYTE, 0))
    whole = files[0][1]
    central = b"".join(
        b"PK\x01\x02"
        + struct.pack("<HHHHHHIII", 20, 20, 0, 8, 0, 33, crc, size, declared)
        + struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, len(whole) - len(content))
        + name
        for name, content, size, declared, crc in files
    )
    return whole + central + ending(count, len(central), len(whole))


def ending(count: int, size: int, offset: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, offset, 0)


def declaring(document: bytes, *, size: int) -> bytes:
    """The same file, its one entry claiming another unpacked size."""
    central = document.index(b"PK\x01\x02")
    claimed = struct.pack("<I", size)
    altered = document[:22] + claimed + document[26:]
    return altered[: central + 24] + claimed + altered[central + 28 :]


def flagged(document: bytes) -> bytes:
    """The same file, its one entry marked as encrypted."""
    central = document.index(b"PK\x01\x02")
    altered = document[:6] + b"\x01" + document[7:]
    return altered[: central + 8] + b"\x01" + altered[central + 9 :]


def reason_of(document: bytes) -> str:
    with pytest.raises(RefusedError) as refusal:
        read_all(document)
    return refusal.value.reason


def read_all(document: bytes) -> dict[str, bytes]:
    archive = open_archive(document)
    return {name: archive.read(name) for name in archive.names()}


def test_an_archive_gives_its_entries_in_order() -> None:
    entries = {"b.xml": b"<b/>", "a.xml": b"", "folder/c": b"c" * 1000}

    assert read_all(zip_of(entries)) == entries


def test_bytes_before_the_archive_do_no_harm() -> None:
    assert read_all(b"#!/bin/sh\n" + zip_of({"a": b"1", "b": b"2"})) == {"a": b"1", "b": b"2"}


def test_a_claim_of_gigabytes_reserves_nothing() -> None:
    assert read_all(declaring(PLAIN, size=2**31)) == {"a": b"some words " * 50}


def test_a_small_entry_may_repeat_itself() -> None:
    assert len(read_all(zip_of({"a": bytes(MEGABYTE)}))["a"]) == MEGABYTE


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
PLAIN = zip_of({"a": b"some words " * 50})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (zip_of({"bomb": bytes(20 * MEGABYTE)}), "too_large"),  # deflate, 1,028:1
        (zip_of(dict.fromkeys(map(str, range(201)), bytes(MEGABYTE))), "too_large"),  # small bombs
        (zip_of({f"{n}": b"" for n in range(10_000)}), "too_large"),  # entries without end
        (overlapping(bytes(MEGABYTE), 200), "too_large"),  # one entry listed 200 times
        (quoted(20), "too_large"),  # entries inside entries
        (declaring(zip_of({"a": bytes(20 * MEGABYTE)}), size=100), "damaged"),  # claims less
        (zip_of({"a": b"x" * 1000}, method=zipfile.ZIP_LZMA), "damaged"),  # not an office method
        (flagged(PLAIN), "encrypted"),  # an entry with a password
        (LOCKED, "encrypted"),  # an office file with a password
        (LOCKED[:8] + bytes(600), "damaged"),  # an OLE container of another kind
        (PLAIN[: len(PLAIN) // 2], "damaged"),  # cut off
        (PLAIN.replace(b"PK\x03\x04", b"PK\x00\x00"), "damaged"),  # no local entry
        (b"", "damaged"),  # nothing
        (b"PK\x03\x04", "damaged"),  # a signature only
    ],
)
def test_what_an_archive_must_not_be_is_refused(document: bytes, reason: str) -> None:
    assert reason_of(document) == reason


def test_an_entry_over_its_callers_maximum_is_too_large() -> None:
    with pytest.raises(RefusedError, match="too_large"):
        open_archive(zip_of({"a": b"x" * 101})).read("a", maximum=100)


def test_reading_an_entry_again_and_again_counts() -> None:
    archive = open_archive(zip_of({"a": bytes(MEGABYTE)}))

    def read_again_and_again() -> None:
        for _ in range(201):
            archive.read("a")

    with pytest.raises(RefusedError, match="too_large"):
        read_again_and_again()


def test_an_absent_entry_is_a_damaged_file() -> None:
    with pytest.raises(RefusedError, match="damaged"):
        open_archive(zip_of({"a": b""})).read("b")


def test_an_archive_inside_an_archive_stays_packed() -> None:
    inner = zip_of({"bomb": bytes(MEGABYTE)})

    assert read_all(zip_of({"inner.zip": inner})) == {"inner.zip": inner}
