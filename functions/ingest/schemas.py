from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

MediaType = Literal[
    "application/epub+zip",
    "application/json",
    "application/pdf",
    "application/sitemap+xml",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "text/csv",
    "text/html",
    "text/markdown",
    "text/plain",
    "text/uri-list",
    "text/x-source",
]
BlockKind = Literal["heading", "paragraph", "list", "table", "code", "quote"]

PDF: Final = "application/pdf"
MARKDOWN: Final = "text/markdown"
PLAIN: Final = "text/plain"
HTML: Final = "text/html"
EPUB: Final = "application/epub+zip"
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OLD_SHEET: Final = "application/vnd.ms-excel"
CSV: Final = "text/csv"
JSON: Final = "application/json"
SOURCE: Final = "text/x-source"
SITEMAP: Final = "application/sitemap+xml"
URI_LIST: Final = "text/uri-list"
# Documents that name others and hold no passages themselves.
LISTS: Final = frozenset({SITEMAP, URI_LIST})


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One structural part of a document; `text` is `document.text[start:end]`.

    `heading_path` runs from the outermost heading inwards, a heading's own text included.
    `header` is a table's first line, repeated wherever the table has to be cut.
    """

    kind: BlockKind
    text: str
    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    header: str | None = None


class ParsedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it was read: clean text, and blocks that cover it in order.

    `notices` are sentences for the uploader about what could not be read.
    """

    media_type: MediaType
    title: str
    text: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    notices: tuple[str, ...] = ()


class ChunkBudget(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens a chunk aims at and may have, and what counts as too small to stand alone."""

    target: int = 256
    maximum: int = 384
    overlap: int = 32
    tiny: int = 32


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A passage: what is embedded, searched, quoted and cited.

    `text` is `document.text[start:end]`, after its table's header where a table was cut.
    """

    ordinal: int
    text: str
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    token_count: int
    kind: BlockKind


class VersionAtWork(msgspec.Struct, frozen=True, kw_only=True):
    """The version a worker holds the lease of; its bytes are here, or at `fetch_url`."""

    document_id: UUID
    number: int
    source_name: str
    title: str
    size_bytes: int
    content: bytes | None
    fetch_url: str | None
    given_title: str | None = None
    # A page's name is its address; what its server said belongs to the bytes that answer now.
    is_page: bool = False
    etag: str | None = None
    last_modified: str | None = None
    current_version_id: UUID | None = None
    listed_by: UUID | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Where to report in Discord, by an interaction whose token still works."""

    interaction_id: int
    application_id: int
    token: str
    expires_at: datetime
