import gzip
import io
import zipfile

import pytest

from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.sniffing import sniff


def archive_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 100)
    return buffer.getvalue()


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
        (archive_of("[Content_Types].xml", "word/document.xml"), "Word, PowerPoint, Excel"),
        (archive_of("docProps/app.xml", "ppt/slides/slide1.xml"), "Word, PowerPoint, Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "Word, PowerPoint, Excel"),
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
        (b"\n<!DOCTYPE html><p>hello", "HTML pages are not read yet."),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c", "This file is not text."),  # pickle
        (b"plain" + bytes(range(32)), "This file is not text."),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(document: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        sniff(document, name="rules.md")

    assert sentence in refusal.value.message
