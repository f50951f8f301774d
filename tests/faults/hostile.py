"""Files made to hurt whoever reads them: loops, bombs and abysses, all distinct."""

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Final

from tests.faults.corpus import file_of

MEBIBYTE: Final = 1 << 20


def hostile_files(count: int) -> dict[str, bytes]:
    """Return so many files by name, every kind in turn."""
    kinds = list(KINDS.items())
    files = {}
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        files[f"{number:02}.{name}"] = make(number)
    return files


def _page_loop(number: int) -> bytes:
    """Pages that contain themselves."""
    return file_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1000000/Number %d>>" % number,
            b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 1000000>>",
        ]
    )


def _page(stream: bytes, *, dictionary: bytes = b"", more: bytes = b"") -> bytes:
    return file_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources 7 0 R>>",
            b"<<%b/Length %d>>stream\n%b\nendstream" % (dictionary, len(stream), stream),
            b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
            more or b"null",
            b"<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>",
        ]
    )


def _form_loop(number: int) -> bytes:
    """A drawing that draws itself."""
    drawing = b"/X Do " * 20
    form = (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources 7 0 R"
        b"/Length %d>>stream\n%b\nendstream" % (len(drawing), drawing)
    )
    return _page(b"%% %d\n/X Do" % number, more=form)


def _flate_bomb(number: int) -> bytes:
    """A page of 400 MiB in 400 KiB."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"BT /F 9 Tf %% %d\n" % number)
    packed += b"".join(packer.compress(b"(aaaa) Tj\n" * (MEBIBYTE // 10)) for _ in range(400))
    return _page(packed + packer.flush(), dictionary=b"/Filter/FlateDecode")


def _many_operators(number: int) -> bytes:
    """Four million operators on one page."""
    packed = zlib.compress(b"BT /F 9 Tf %% %d\n" % number + b"(a) Tj T*\n" * 4_000_000, 9)
    return _page(packed, dictionary=b"/Filter/FlateDecode")


def _archive(entries: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return written.getvalue()


def _word(body: bytes) -> bytes:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _archive(
        {
            "[Content_Types].xml": (
                '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                '<Default Extension="rels"'
                ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/word/document.xml" ContentType="{word}"/></Types>'
            ).encode(),
            "_rels/.rels": (
                b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                b'<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006'
                b'/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
            ),
            "word/document.xml": body,
        }
    )


WORD_NAMESPACE: Final = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _document_bomb(number: int) -> bytes:
    """A Word document of 300 MiB in 300 KiB."""
    text = b"<w:p><w:r><w:t>aaaaaaaaaaaaaaaa</w:t></w:r></w:p>" * (300 * MEBIBYTE // 50)
    return _word(
        b'<w:document xmlns:w="%b"><!--%d--><w:body>%b</w:body></w:document>'
        % (WORD_NAMESPACE, number, text)
    )


def _laughter(number: int) -> bytes:
    """A Word document whose entities multiply to a billion."""
    entities = b"".join(
        b'<!ENTITY l%d "%b">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return _word(
        b'<!DOCTYPE d [<!ENTITY l0 "ha%d">%b]><w:document xmlns:w="%b"><w:body><w:p><w:r>'
        b"<w:t>&l9;</w:t></w:r></w:p></w:body></w:document>" % (number, entities, WORD_NAMESPACE)
    )


def _abyss_of_tags(number: int) -> bytes:
    """A page of 200,000 elements within one another."""
    return b"<!doctype html><html><body><p>%d</p>%b" % (number, b"<div>" * 200_000)


def _abyss_of_lists(number: int) -> bytes:
    """A million lists within one another."""
    return b"[%d, " % number + b"[" * 1_000_000 + b"]" * 1_000_000 + b"]"


def _one_line(number: int) -> bytes:
    """Twenty megabytes without a line break, as Markdown that might mean something."""
    return b"# %d\n\n" % number + b"[a](b *c " * (2 * MEBIBYTE)


def _wide_table(number: int) -> bytes:
    """A row of a million cells."""
    return b"%d," % number + b"a," * 1_000_000 + b"\nb\nc\n"


KINDS: Final[dict[str, Callable[[int], bytes]]] = {
    "loop.pdf": _page_loop,
    "form.pdf": _form_loop,
    "flate.pdf": _flate_bomb,
    "operators.pdf": _many_operators,
    "bomb.docx": _document_bomb,
    "laughter.docx": _laughter,
    "abyss.html": _abyss_of_tags,
    "abyss.json": _abyss_of_lists,
    "line.md": _one_line,
    "table.csv": _wide_table,
}
