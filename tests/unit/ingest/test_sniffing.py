import gzip
import io
import zipfile

import pytest

from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import SHEET, SLIDES, WORD
from functions.ingest.sniffing import sniff


def archive_of(*names: str, content: bytes = b"x" * 100) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def book_of() -> bytes:
    return archive_of("mimetype", content=b"application/epub+zip")


def old_office(stream: str) -> bytes:
    mark = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return mark + bytes(504) + stream.encode("utf-16-le") + bytes(99)


WORD_FILE = archive_of("[Content_Types].xml", "word/document.xml")
SLIDES_FILE = archive_of("docProps/app.xml", "ppt/slides/slide1.xml", "[Content_Types].xml")
SHEET_FILE = archive_of("xl/workbook.xml", "[Content_Types].xml")


@pytest.mark.parametrize(
    ("document", "name", "expected"),
    [
        (b"%PDF-1.7\n", "rules.pdf", "application/pdf"),  # plain case
        (b"%PDF-1.7\n", "rules.txt", "application/pdf"),  # content, not name
        (b"junk\n%PDF-1.4\n1 0 obj\nstartxref\n", "x", "application/pdf"),  # header further down
        (b"A PDF begins with %PDF-1.7.", "notes.txt", "text/plain"),  # only speaks of it
        (b"# Rules\n", "rules.md", "text/markdown"),  # by suffix
        (b"# Rules\n", "RULES.MARKDOWN", "text/markdown"),  # whatever its case
        (b"# Rules\n", "rules.txt", "text/plain"),  # the uploader says text
        (b"# Rules\n\n- be kind\n", "README", "text/markdown"),  # hints, no suffix
        (b"# just a comment\nkey: value\n", "settings", "text/plain"),  # one hint is too few
        (b"Hello", "rules.pdf", "text/plain"),  # named PDF, is text
        (b"a\x00b" + b"c" * 100, "rules.txt", "text/plain"),  # one NUL in a text
        ("Grüße".encode("utf-16"), "a.txt", "text/plain"),  # full of NULs, but marked
        (WORD_FILE, "notes.md", WORD),
        (SLIDES_FILE, "a.zip", SLIDES),
        (SHEET_FILE, "a", SHEET),
        (book_of(), "book.zip", "application/epub+zip"),  # its first entry says so
        (old_office("Workbook"), "a.doc", "application/vnd.ms-excel"),  # content, not name
        (b"\n<!DOCTYPE html><p>hello", "rules.md", "text/html"),  # content, not name
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><HTML lang='de'>", "a.txt", "text/html"),
        ("<html><p>Grüße".encode("utf-16"), "a.txt", "text/html"),  # marked as UTF-16
        (b"<h1>Rules</h1>", "rules.html", "text/html"),  # a fragment, named so
        (b"<h1>Rules</h1>", "rules.md", "text/markdown"),  # Markdown may begin with a tag
        (b"<div class=a><p>Rules</p></div>", "page", "text/html"),  # as a server may send it
        (b"<p>What a paragraph begins with.", "a.txt", "text/plain"),  # one tag proves nothing
        (b"<div align=center>x</div>\n\n# A\n\n- b\n", "README", "text/markdown"),
        (b"Be kind.", "rules.html", "text/plain"),  # named HTML, is text
        (b"<!-- " + b"--><!-- " * 5000, "a.html", "text/plain"),  # comments only, in linear time
        (b'{"a": 1}', "a.txt", "application/json"),  # content, not name
        (b"[1, 2]", "data.json", "application/json"),
        (b"[link](https://example.org)", "a.txt", "text/plain"),  # a bracket proves nothing
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"a,b\n1,2\n", "a.txt", "text/plain"),  # commas prove nothing
        (b"def f():\n    pass\n", "src/f.py", "text/x-source"),
        (b"#!/bin/sh\necho\n", "run", "text/x-source"),  # by its first line
        (b"FROM alpine\n", "Dockerfile", "text/x-source"),  # by its whole name
        (b"MZ is the mark of DOS programs", "a.txt", "text/plain"),  # two letters prove nothing
    ],
)
def test_content_decides_what_a_file_is(document: bytes, name: str, expected: str) -> None:
    assert sniff(document, name=name) == expected


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "This file holds no text."),
        (archive_of("a.txt"), "ZIP archives are not read. Unpack it and upload the files inside."),
        (archive_of(), "ZIP archives"),
        (archive_of("word/notes.txt"), "ZIP archives"),  # a folder called word
        (archive_of("a.docx", content=WORD_FILE), "ZIP archives"),  # a document inside it
        (
            archive_of("mimetype", content=b"application/vnd.oasis.opendocument.text"),
            "OpenDocument",
        ),
        (old_office("WordDocument"), "Save it as .docx"),
        (old_office("PowerPoint Document"), "Save it as .pptx"),
        (old_office("EncryptedPackage"), "Office file is encrypted"),
        (old_office(""), "This kind of Office file"),
        (gzip.compress(b"text"), "Gzip archives"),
        (b"Rar!\x1a\x07\x01\x00", "RAR archives"),
        (b"a.txt" + b"\0" * 252 + b"ustar\x0000", "TAR archives"),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 9, "Programs are not read."),
        (b"MZ\x90\x00\x03\x00", "Programs are not read."),
        (b"\x89PNG\r\n\x1a\n", "Images are not read."),
        (b"\xff\xd8\xff\xe0", "Images are not read."),
        (b"\x00\x00\x00\x20ftypheic", "Images are not read."),
        (b"\x00\x00\x00\x20ftypisom", "Sound and video are not read."),
        (b"ID3\x04\x00", "Sound and video are not read."),
        (b"SQLite format 3\x00", "Databases are not read."),
        (b"{\\rtf1 hello}", "RTF and PostScript"),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c", "This file is not text."),  # pickle
        (b"plain" + bytes(range(32)), "This file is not text."),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(document: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        sniff(document, name="rules.md")

    assert sentence in refusal.value.message
