import re
from pathlib import PurePosixPath
from typing import Final

from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import (
    CSV,
    EPUB,
    HTML,
    JSON,
    MARKDOWN,
    OLD_SHEET,
    PDF,
    PLAIN,
    SHEET,
    SLIDES,
    SOURCE,
    WORD,
    MediaType,
)

_PDF_HEADER_WITHIN: Final = 1024
_SAMPLE: Final = 65536
_CONTROL_SHARE: Final = 0.05
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\v\x08\x1b")) + b"\x7f"
_WIDE_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\0\0\xfe\xff": ""}

_IMAGE: Final = (
    "Images are not read. Run text recognition (OCR) on it and upload the text or a PDF."
)
_MEDIA: Final = "Sound and video are not read. Upload a transcript as text."
_PROGRAM: Final = "Programs are not read. Upload their source code or documentation."
_OPEN_DOCUMENT: Final = (
    "OpenDocument files are not read. Save it as .docx, .xlsx, .pptx or PDF and upload that."
)
_OLD_WORD: Final = "Old Word files (.doc) are not read. Save it as .docx and upload that."
_OLD_SLIDES: Final = "Old PowerPoint files (.ppt) are not read. Save it as .pptx and upload that."
_OLD_OFFICE: Final = "This kind of Office file is not read. Save it as PDF and upload that."
_LOCKED_OFFICE: Final = "This Office file is encrypted. Save it without a password and upload that."
_LAYOUT: Final = "RTF and PostScript files are not read. Save it as PDF and upload that."
_DATABASE: Final = "Databases are not read. Export what matters as text and upload that."


def _archive(name: str) -> str:
    return f"{name} archives are not read. Unpack it and upload the files inside."


_SIGNATURES: Final = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (rb"\x1f\x8b", _archive("Gzip")),
        (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", _archive("Bzip2")),
        (rb"\xfd7zXZ\x00", _archive("XZ")),
        (rb"7z\xbc\xaf\x27\x1c", _archive("7-Zip")),
        (rb"Rar!\x1a\x07", _archive("RAR")),
        (rb"\x28\xb5\x2f\xfd", _archive("Zstandard")),
        (rb".{257}ustar", _archive("TAR")),
        (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*|RIFF.{4}WEBP", _IMAGE),
        (rb".{4}ftyp(?:hei[cx]|mif1|avif)|8BPS|BM.{4}\x00\x00\x00\x00", _IMAGE),
        (rb".{4}ftyp|ID3[\x02-\x04]|OggS|fLaC|RIFF.{4}(?:WAVE|AVI )|\x1aE\xdf\xa3", _MEDIA),
        (rb"\x7fELF|MZ.{0,254}\x00|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\x00asm", _PROGRAM),
        (rb"\s*\{\\rtf|%!PS", _LAYOUT),
        (rb"SQLite format 3\x00", _DATABASE),
    )
)

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ZIP_END: Final = b"PK\x05\x06"
_FIRST_ENTRY = re.compile(rb"PK\x03\x04.{26}mimetypeapplication/(epub|vnd\.oasis)", re.DOTALL)
_OFFICE_FOLDER = re.compile(rb"PK\x01\x02.{42}(word|ppt|xl)[/\\]", re.DOTALL)
_OFFICE: Final[dict[bytes, MediaType]] = {b"word": WORD, b"ppt": SLIDES, b"xl": SHEET}

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = re.compile(
    "|".join(
        name.encode("utf-16-le").decode("latin-1")
        for name in (
            "EncryptedPackage",
            "WordDocument",
            "PowerPoint Document",
            "Workbook",
            "Book\0",
        )
    ).encode("latin-1")
)

_MARKDOWN_SUFFIXES: Final = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx"})
_HTML_SUFFIXES: Final = frozenset({".html", ".htm", ".xhtml"})
_CSV_SUFFIXES: Final = frozenset({".csv", ".tsv", ".tab"})
_SOURCE_SUFFIX = re.compile(
    r"\.(?:"
    r"adb|asm|awk|bash|bat|bicep|c|cc|cfg|clj|cljs|cmake|cmd|coffee|conf|cpp|cr|cs|"
    r"css|cu|cxx|d|dart|diff|edn|el|elm|env|erl|ex|exs|f90|fish|fs|gd|glsl|go|gradle|"
    r"graphql|groovy|h|hcl|hh|hpp|hrl|hs|hxx|ini|java|jl|js|jsx|kt|kts|less|lisp|lua|"
    r"m|mjs|mk|ml|mli|mm|nim|nix|pas|patch|php|pl|pm|proto|properties|ps1|py|pyi|pyx|"
    r"r|rb|rego|rkt|rs|sass|scala|scm|scss|sh|sol|sql|sv|svelte|swift|tcl|tf|toml|ts|"
    r"tsx|v|vb|vhd|vim|vue|wgsl|xml|xsl|yaml|yml|zig|zsh"
    r")"
)
_SOURCE_NAMES: Final = frozenset({"dockerfile", "makefile", "gemfile", "rakefile", "justfile"})
_SHEBANG = re.compile(r"#!\s*/\S+")
_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*>\s*+|<!--(?:(?!-->).)*+-->\s*+)*+<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_FRAGMENT = re.compile(
    r"\s*+<(?:article|div|h[1-6]|link|main|meta|nav|ol|p|section|table|title|ul)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_HTML_TAGS = re.compile(
    r"</(?:p|div|h[1-6]|ul|ol|table|a|span|title|article|section)>", re.IGNORECASE
)
_JSON = re.compile(r"\s*+(?:\{\s*[\"}]|\[\s*(?:[\[{\"\]]|-?\d|true\b|false\b|null\b))")
_HEADING = re.compile(rb"^#{1,6} \S", re.MULTILINE)
_OTHER_HINT = re.compile(
    rb"^(?:```|~~~|[-*+] \S|\d+[.)] \S|> |\|.+\|\s*$)|\]\([^)\s]+\)|\*\*\S", re.MULTILINE
)


def sniff(document_bytes: bytes, *, name: str) -> MediaType:
    """Return what the file is by its content; the name only tells the kinds of text apart.

    Raises UnreadableDocumentError with a sentence for the uploader.
    """
    if not document_bytes:
        raise UnreadableDocumentError("empty")
    if _is_pdf(document_bytes):
        return PDF
    if document_bytes.startswith(_ZIP):
        return _kind_of_archive(document_bytes)
    if document_bytes.startswith(_OLE):
        return _kind_of_old_office(document_bytes)
    for signature, sentence in _SIGNATURES:
        if signature.match(document_bytes):
            raise UnreadableDocumentError("unsupported", sentence)
    if _is_binary(document_bytes):
        raise UnreadableDocumentError("unsupported")
    return _kind_of_text(document_bytes, PurePosixPath(name))


def _is_pdf(document_bytes: bytes) -> bool:
    offset = document_bytes.find(b"%PDF-", 0, _PDF_HEADER_WITHIN)
    if offset <= 0:
        return offset == 0
    # A text may speak of the header near its beginning; a PDF has objects and a table too.
    return b"startxref" in document_bytes and b" obj" in document_bytes


def _kind_of_archive(document_bytes: bytes) -> MediaType:
    first = _FIRST_ENTRY.match(document_bytes)
    if first:
        if first[1] == b"epub":
            return EPUB
        raise UnreadableDocumentError("unsupported", _OPEN_DOCUMENT)
    # Only the archive's own directory counts: files inside may be archives too.
    directory = _directory_of(document_bytes)
    folder = _OFFICE_FOLDER.search(directory)
    if folder and b"[Content_Types].xml" in directory:
        return _OFFICE[folder[1]]
    if b"META-INF/container.xml" in directory:
        return EPUB
    raise UnreadableDocumentError("unsupported", _archive("ZIP"))


def _directory_of(document_bytes: bytes) -> bytes:
    end = document_bytes.rfind(_ZIP_END)
    size = int.from_bytes(document_bytes[end + 12 : end + 16], "little")
    return document_bytes[end - size : end] if 0 < size <= end else document_bytes


def _kind_of_old_office(document_bytes: bytes) -> MediaType:
    stream = _OLE_STREAMS.search(document_bytes)
    name = stream[0].decode("utf-16-le").rstrip("\0") if stream else ""
    if name in {"Workbook", "Book"}:
        return OLD_SHEET
    if name == "EncryptedPackage":
        raise UnreadableDocumentError("encrypted", _LOCKED_OFFICE)
    sentences = {"WordDocument": _OLD_WORD, "PowerPoint Document": _OLD_SLIDES}
    raise UnreadableDocumentError("unsupported", sentences.get(name, _OLD_OFFICE))


def _is_binary(document_bytes: bytes) -> bool:
    if document_bytes.startswith(tuple(_WIDE_MARKS)):
        return False
    sample = document_bytes[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > _CONTROL_SHARE * len(sample)


def _kind_of_text(document_bytes: bytes, path: PurePosixPath) -> MediaType:
    suffix = path.suffix.lower()
    opening = _opening(document_bytes)
    if _HTML.match(opening):
        return HTML
    if _is_markdown(document_bytes, suffix):
        return MARKDOWN
    if _is_source(opening, path):
        return SOURCE
    if _is_fragment(opening, suffix):
        return HTML
    if _JSON.match(opening):
        return JSON
    return CSV if suffix in _CSV_SUFFIXES else PLAIN


def _opening(document_bytes: bytes) -> str:
    sample = document_bytes[:_SAMPLE]
    encoding = _WIDE_MARKS.get(sample[:2]) or "utf-8"
    return sample.decode(encoding, "replace").lstrip("\ufeff")


def _is_fragment(opening: str, suffix: str) -> bool:
    """Return whether a text is part of a page: without its frame, but with its tags."""
    if not _HTML_TAGS.search(opening):
        return False
    return suffix in _HTML_SUFFIXES or bool(_FRAGMENT.match(opening))


def _is_markdown(document_bytes: bytes, suffix: str) -> bool:
    if suffix:
        return suffix in _MARKDOWN_SUFFIXES
    sample = document_bytes[:_SAMPLE]
    return bool(_HEADING.search(sample)) and bool(_OTHER_HINT.search(sample))


def _is_source(opening: str, path: PurePosixPath) -> bool:
    if _SOURCE_SUFFIX.fullmatch(path.suffix.lower()) or path.name.lower() in _SOURCE_NAMES:
        return True
    return bool(_SHEBANG.match(opening))
