"""A PDF of many pages of words, to be read again."""

import random
import zlib
from collections.abc import Iterator, Sequence

LINES = 40
WORDS_OF_LINE = 9


def pdf(pages: int, *, words: Sequence[str], seed: int = 7) -> bytes:
    """Return a PDF whose pages each hold 360 of the words, drawn anew."""
    objects = list(_objects(pages, words, random.Random(seed)))  # noqa: S311 - repeatable words
    written = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(written)


def _objects(pages: int, words: Sequence[str], chance: random.Random) -> Iterator[bytes]:
    """Yield catalogue, page tree and font, then each page with its content."""
    first = 4
    kids = b" ".join(b"%d 0 R" % (first + 2 * page) for page in range(pages))
    yield b"<</Type/Catalog/Pages 2 0 R>>"
    yield b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids)
    yield b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    for page in range(pages):
        yield (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R>>>>>>" % (first + 2 * page + 1)
        )
        yield _stream(_text(words, chance))


def _text(words: Sequence[str], chance: random.Random) -> bytes:
    lines = (" ".join(chance.choices(words, k=WORDS_OF_LINE)) for _ in range(LINES))
    shown = b"".join(b"(%s) Tj T*\n" % line.encode("ascii", "ignore") for line in lines)
    return b"BT /F1 11 Tf 14 TL 60 780 Td\n" + shown + b"ET"


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed)
