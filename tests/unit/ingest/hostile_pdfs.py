"""PDF files that were made to hang, exhaust or trick a parser, each a few kilobytes."""

import zlib
from collections.abc import Callable, Sequence
from typing import Final

FONT: Final = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def file_of(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalog."""
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return bytes(body) + head + table + end % (size, trailer, len(body))


def stream(content: bytes, *, entries: bytes = b"", filters: int = 0) -> bytes:
    for _ in range(filters):
        content = zlib.compress(content, 9)
    names = b"/Filter [%s]" % (b"/FlateDecode " * filters) if filters else b""
    return b"<< /Length %d %s %s >>\nstream\n%s\nendstream" % (
        len(content), names, entries, content
    )  # fmt: skip


def page_of(
    content: bytes,
    *extra: bytes,
    resources: bytes = b"/Font << /F1 4 0 R >>",
    page: bytes = b"",
    catalog: bytes = b"",
) -> bytes:
    """Return a PDF of one page; object 4 is its font, 5 its content, 6 and on the extra ones."""
    return file_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R"
            b" /Resources << %s >> %s >>" % (resources, page),
            FONT.encode(),
            content,
            *extra,
        ]
    )


TEXT: Final = b"BT /F1 12 Tf (readable) Tj ET"


def _kids_loop() -> bytes:
    return file_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 /Parent 2 0 R >>",
        ]
    )


def _kids_bomb() -> bytes:
    """Return page trees that name the next ten times: ten to the eighth pages."""
    levels = [
        b"<< /Type /Pages /Kids [%s] /Count 100000000 >>" % (b"%d 0 R " % (number + 1) * 10)
        for number in range(2, 10)
    ]
    return file_of([b"<< /Type /Catalog /Pages 2 0 R >>", *levels, b"<< /Type /Page >>"])


def _count_lie() -> bytes:
    whole = page_of(stream(TEXT))
    return whole.replace(b"/Count 1", b"/Count 2147483647")


def _cross_reference_loop() -> bytes:
    whole = page_of(stream(TEXT))
    start = whole.index(b"xref\n")
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start)


def _cross_reference_bomb() -> bytes:
    packed = zlib.compress(bytes(150_000_000), 9)
    table = (
        b"1 0 obj\n<< /Type /XRef /Size 50000000 /W [1 1 1] /Root 2 0 R /Filter /FlateDecode"
        b" /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(packed), packed)
    )
    return b"%PDF-1.7\n" + table + b"startxref\n9\n%%EOF\n"


def _object_stream_loop() -> bytes:
    extra = (
        b"<< /Type /ObjStm /N 1 /First 4 /Extends 6 0 R /Length 6 0 R >>\nstream\n6 0 \nendstream"
    )
    return page_of(stream(TEXT), extra).replace(b"/Contents 5 0 R", b"/Contents 6 0 R")


def _form_loop() -> bytes:
    form = stream(
        b"/X Do " * 50,
        entries=b"/Type /XObject /Subtype /Form /BBox [0 0 1 1]"
        b" /Resources << /XObject << /X 6 0 R >> >>",
    )
    return page_of(stream(b"/X Do"), form, resources=b"/XObject << /X 6 0 R >>")


def _form_bomb() -> bytes:
    """Return forms that each draw the next ten times."""

    def form(number: int) -> bytes:
        inner = b"/Resources << /XObject << /X %d 0 R >> /Font << /F1 4 0 R >> >>" % (number + 1)
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 1 1] " + inner
        return stream(b"/X Do " * 10 if number < 15 else TEXT, entries=entries)

    forms = [form(number) for number in range(6, 16)]
    return page_of(stream(b"/X Do"), *forms, resources=b"/XObject << /X 6 0 R >>")


def _pixel_flood() -> bytes:
    image = stream(
        bytes(1000), filters=1,
        entries=b"/Type /XObject /Subtype /Image /Width 1000000 /Height 1000000"
        b" /ColorSpace /DeviceRGB /BitsPerComponent 8",
    )  # fmt: skip
    return page_of(
        stream(b"/I Do " + TEXT), image, resources=b"/XObject << /I 6 0 R >> /Font << /F1 4 0 R >>"
    )


def _inline_image() -> bytes:
    return page_of(stream(b"BI /W 99999 /H 99999 /BPC 8 /CS /RGB ID " + b"x" * 100_000))


def _length_loop() -> bytes:
    return page_of(b"<< /Length 5 0 R >>\nstream\n" + TEXT + b"\nendstream")


def _run_length_bomb() -> bytes:
    content = b"\x81x" * 500_000 + b"\x80"
    return page_of(
        b"<< /Length %d /Filter /RunLengthDecode >>\nstream\n%s\nendstream"
        % (len(content), content)
    )


def _predictor_bomb() -> bytes:
    entries = b"/DecodeParms << /Predictor 15 /Columns 2000000000 /Colors 32 >>"
    return page_of(stream(bytes(10_000), filters=1, entries=entries))


def _character_map(lines: bytes) -> bytes:
    whole = page_of(stream(b"BT /F1 12 Tf <0001> Tj ET"), stream(lines))
    return whole.replace(FONT.encode(), FONT.encode()[:-3] + b" /ToUnicode 6 0 R >>")


def character_map_named(name: bytes) -> bytes:
    """Return a font whose character map is named like a file on the disk."""
    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /%s /DescendantFonts [6 0 R] >>"
    whole = page_of(stream(TEXT), b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X >>")
    return whole.replace(FONT.encode(), font % name)


def _outline_loop() -> bytes:
    whole = page_of(stream(TEXT), b"<< /Title (x) /Next 6 0 R /First 6 0 R /Parent 6 0 R >>")
    return whole.replace(b"/Type /Catalog", b"/Type /Catalog /Outlines 6 0 R")


def _inherited_loop() -> bytes:
    whole = (
        page_of(stream(TEXT))
        .replace(b"/MediaBox [0 0 612 792]", b"")
        .replace(b"/Count 1", b"/Count 1 /Parent 3 0 R")
    )
    return whole.replace(b"/Resources << /Font << /F1 4 0 R >> >>", b"")


BUILDERS: Final[dict[str, Callable[[], bytes]]] = {
    "page tree that contains itself": _kids_loop,
    "page tree of a hundred million pages": _kids_bomb,
    "page count that lies": _count_lie,
    "cross references that name themselves": _cross_reference_loop,
    "cross references that unpack to 150 MB": _cross_reference_bomb,
    "object stream that contains itself": _object_stream_loop,
    "form that draws itself": _form_loop,
    "forms that draw the next ten times": _form_bomb,
    "content packed three times over": lambda: page_of(stream(b"(a) Tj " * 20_000_000, filters=3)),
    "run lengths": _run_length_bomb,
    "predictor of two billion columns": _predictor_bomb,
    "stream whose length is itself": _length_loop,
    "pixel flood": _pixel_flood,
    "inline image that never ends": _inline_image,
    "brackets nested deep": lambda: page_of(stream(b"[" * 200_000)),
    "dictionaries nested deep": lambda: page_of(stream(TEXT), b"<< /A " * 100_000),
    "strings nested deep": lambda: page_of(stream(b"(" * 500_000)),
    "operands without an operator": lambda: page_of(stream(b"1 " * 3_000_000)),
    "states saved without end": lambda: page_of(stream(b"q " * 2_000_000)),
    "character map of the whole of Unicode": lambda: _character_map(
        b"1 beginbfrange\n<0000> <FFFFFFFF> <0041>\nendbfrange\n" * 50
    ),
    "character map of one endless line": lambda: _character_map(
        b"1 beginbfchar\n<" + b"0" * 3_000_000
    ),
    "outline that contains itself": _outline_loop,
    "parent that is its own child": _inherited_loop,
    "number of a million digits": lambda: page_of(stream(b"9" * 1_000_000 + b" Tf " + TEXT)),
    "character map named like a pickle": lambda: character_map_named(b"#2Ftmp#2Fevil.pickle"),
    "character map outside": lambda: character_map_named(b"..#2F..#2F..#2Fetc#2Fpasswd"),
}
