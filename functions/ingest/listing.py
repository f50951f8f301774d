"""Sitemaps and lists of addresses: documents that name other documents."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

import msgspec
from lxml import etree

from functions.ingest.schemas import SITEMAP, URI_LIST, MediaType
from functions.runtime.web.addresses import AddressRefusedError, canonical, read_address
from functions.runtime.web.inflating import inflate

MAXIMUM_BYTES: Final = 25 * 1024 * 1024
# The protocol's own limit of one sitemap; what stands beyond it is not read.
MAXIMUM_ENTRIES: Final = 50_000
LEAST_LINES: Final = 2
# No document type is let through, so no entity either; what was skipped is not tried again.
_SITEMAP = re.compile(
    rb"(?>(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*)"
    rb"<(?:[\w.-]+:)?(urlset|sitemapindex)[\s>]",
    re.DOTALL,
)
_WITHIN: Final = 16 * 1024
_GZIP: Final = b"\x1f\x8b"
_ENTRIES: Final = ("{*}url", "{*}sitemap")
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)
_DAY: Final = len("2026-11-22")


class ListedPage(msgspec.Struct, frozen=True):
    """A page somebody's list names; ``changed`` is when it may last have changed, if it says."""

    address: str
    changed: datetime | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The pages a list names, each once; ``refused`` counts addresses that are not public.

    One that is not ``whole`` breaks off: what it does not name may still be on the site.
    """

    media_type: MediaType
    pages: tuple[ListedPage, ...]
    is_index: bool = False
    refused: int = 0
    whole: bool = True


def read_listing(
    content: bytes, *, lists_text: bool, allowed: frozenset[str] = frozenset()
) -> Listing | None:
    """Return what a sitemap or, where ``lists_text``, a text of nothing but addresses names.

    None means that this is an ordinary document. Takes processor time: call it in a thread.
    """
    if content.startswith(_GZIP):
        content = inflate(content, maximum=MAXIMUM_BYTES) or b""
    if found := _SITEMAP.match(content, 0, _WITHIN):
        entries = _sitemap_entries(content)
        return _listing(entries, SITEMAP, is_index=found[1] == b"sitemapindex", allowed=allowed)
    lines = _lines(content) if lists_text else None
    return _listing(map(ListedPage, lines), URI_LIST, allowed=allowed) if lines else None


def _listing(
    entries: Iterable[ListedPage],
    media_type: MediaType,
    *,
    is_index: bool = False,
    allowed: frozenset[str],
) -> Listing:
    pages: dict[str, ListedPage] = {}
    refused, whole = 0, True
    try:
        for entry in entries:
            try:
                address = canonical(read_address(entry.address, allowed=allowed))
            except AddressRefusedError:
                refused += 1
                continue
            pages.setdefault(address, ListedPage(address, entry.changed))
    except etree.XMLSyntaxError:
        whole = False
    return Listing(
        media_type=media_type,
        pages=tuple(pages.values()),
        is_index=is_index,
        refused=refused,
        whole=whole,
    )


def _sitemap_entries(content: bytes) -> Iterator[ListedPage]:
    """Yield what a sitemap names; nothing outside it is read.

    Raises XMLSyntaxError where it is no longer well-formed.
    """
    parsing = etree.iterparse(
        BytesIO(content),
        events=("end",),
        tag=_ENTRIES,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for count, (_, entry) in enumerate(parsing):
        if count >= MAXIMUM_ENTRIES:
            return
        address = (entry.findtext("{*}loc") or "").strip()
        if address:
            yield ListedPage(address, _moment((entry.findtext("{*}lastmod") or "").strip()))
        # What was read goes at once: a tree of 25 MiB of XML takes ten times as much.
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]


def _moment(text: str) -> datetime | None:
    """Return the latest moment a W3C date may mean: a bare day goes on until its end."""
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= _DAY:
            moment += timedelta(days=1)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        # Programs write the first or the last day there is where they know none.
        return None


def _lines(content: bytes) -> list[str] | None:
    """Return the addresses of a text that holds nothing else but comments, as RFC 2483 has it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = (line.strip() for line in text.splitlines())
    named = [line for line in lines if line and not line.startswith("#")]
    if len(named) < LEAST_LINES or not all(map(_WEB.fullmatch, named)):
        return None
    return named[:MAXIMUM_ENTRIES]
