import re
from pathlib import PurePosixPath
from typing import Final

from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import MARKDOWN, PDF, PLAIN, MediaType

_PDF_HEADER_WITHIN: Final = 1024
_SAMPLE: Final = 65536
_CONTROL_SHARE: Final = 0.05
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\v\x08\x1b")) + b"\x7f"
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")

_IMAGE: Final = (
    "Images are not read. Run text recognition (OCR) on it and upload the text or a PDF."
)
_MEDIA: Final = "Sound and video are not read. Upload a transcript as text."
_PROGRAM: Final = "Programs are not read. Upload text, Markdown or PDF."
_OFFICE: Final = (
    "Word, PowerPoint, Excel and OpenDocument files are not read yet. "
    "Save it as PDF and upload that."
)
_BOOK: Final = "EPUB books are not read yet. Convert it to PDF or text and upload that."
_LAYOUT: Final = "RTF and PostScript files are not read. Save it as PDF and upload that."
_DATABASE: Final = "Databases are not read. Export what matters as text and upload that."
_PAGE: Final = "HTML pages are not read yet. Save it as Markdown, text or PDF and upload that."


def _archive(name: str) -> str:
    return f"{name} archives are not read. Unpack it and upload the files inside."


_SIGNATURES: Final = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (rb"PK\x03\x04.{26}mimetypeapplication/epub", _BOOK),
        (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", _OFFICE),
        (rb"PK\x03\x04.{0,4096}?(?:\[Content_Types\]\.xml|_rels/|word/|ppt/|xl/)", _OFFICE),
        (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", _archive("ZIP")),
        (rb"\x1f\x8b", _archive("Gzip")),
        (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", _archive("Bzip2")),
        (rb"\xfd7zXZ\x00", _archive("XZ")),
        (rb"7z\xbc\xaf\x27\x1c", _archive("7-Zip")),
        (rb"Rar!\x1a\x07", _archive("RAR")),
        (rb"\x28\xb5\x2f\xfd", _archive("Zstandard")),
        (rb".{257}ustar", _archive("TAR")),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OFFICE),
        (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*|RIFF.{4}WEBP", _IMAGE),
        (rb".{4}ftyp(?:hei[cx]|mif1|avif)|8BPS|BM.{4}\x00\x00\x00\x00", _IMAGE),
        (rb".{4}ftyp|ID3[\x02-\x04]|OggS|fLaC|RIFF.{4}(?:WAVE|AVI )|\x1aE\xdf\xa3", _MEDIA),
        (rb"\x7fELF|MZ.{0,254}\x00|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\x00asm", _PROGRAM),
        (rb"\s*\{\\rtf|%!PS", _LAYOUT),
        (rb"SQLite format 3\x00", _DATABASE),
        (rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?i:!doctype html|html[\s>])", _PAGE),
    )
)

_MARKDOWN_SUFFIXES: Final = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx"})
_HEADING = re.compile(rb"^#{1,6} \S", re.MULTILINE)
_OTHER_HINT = re.compile(
    rb"^(?:```|~~~|[-*+] \S|\d+[.)] \S|> |\|.+\|\s*$)|\]\([^)\s]+\)|\*\*\S", re.MULTILINE
)


def sniff(document_bytes: bytes, *, name: str) -> MediaType:
    """Return what the file is by its content; the name only tells Markdown from text.

    Raises UnreadableDocumentError with a sentence for the uploader.
    """
    if not document_bytes:
        raise UnreadableDocumentError("empty")
    if _is_pdf(document_bytes):
        return PDF
    for signature, sentence in _SIGNATURES:
        if signature.match(document_bytes):
            raise UnreadableDocumentError("unsupported", sentence)
    if _is_binary(document_bytes):
        raise UnreadableDocumentError("unsupported")
    return MARKDOWN if _is_markdown(document_bytes, name) else PLAIN


def _is_pdf(document_bytes: bytes) -> bool:
    offset = document_bytes.find(b"%PDF-", 0, _PDF_HEADER_WITHIN)
    if offset <= 0:
        return offset == 0
    # A text may speak of the header near its beginning; a PDF has objects and a table too.
    return b"startxref" in document_bytes and b" obj" in document_bytes


def _is_binary(document_bytes: bytes) -> bool:
    if document_bytes.startswith(_WIDE_MARKS):
        return False
    sample = document_bytes[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > _CONTROL_SHARE * len(sample)


def _is_markdown(document_bytes: bytes, name: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix:
        return suffix in _MARKDOWN_SUFFIXES
    sample = document_bytes[:_SAMPLE]
    return bool(_HEADING.search(sample)) and bool(_OTHER_HINT.search(sample))
