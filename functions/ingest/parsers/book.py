import posixpath
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from lxml import etree

from functions.ingest.parsers.archive import Archive, open_archive
from functions.ingest.parsers.elements import Element, Page, RefusedError
from functions.ingest.parsers.markup import parse
from functions.ingest.parsers.web_page import elements

_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
_PACKAGE: Final = "application/oebps-package+xml"
_PART: Final = 16 << 20
# Fonts are scrambled by these to honour their licences; the text of the book stays open.
_OPEN_ALGORITHMS: Final = frozenset(
    {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
)


def read(document: bytes) -> Iterator[Page]:
    """Yield the chapters of an EPUB book in its reading order.

    Raises RefusedError: `encrypted` for a protected book, `damaged`, `too_large`.
    """
    archive = open_archive(document)
    _refuse_protected(archive)
    path = _package_path(archive)
    package = _xml(archive.read(path, maximum=_PART))
    title = _title(package)
    chapters = _chapters(package, posixpath.dirname(path))
    if not chapters:
        raise RefusedError("damaged")
    if title:
        yield Page([Element("title", title)], 0, len(chapters))
    readable = False
    for number, chapter in enumerate(chapters, start=1):
        page = _read_chapter(archive, chapter, number, len(chapters))
        readable = readable or page.readable
        yield page
    if not readable:
        raise RefusedError("damaged")


def _xml(source: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    return etree.fromstring(source, parser)


def _refuse_protected(archive: Archive) -> None:
    if _ENCRYPTION not in archive.names():
        return
    root = _xml(archive.read(_ENCRYPTION, maximum=_PART))
    for data in root.iterfind(".//{*}EncryptedData"):
        method = data.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _OPEN_ALGORITHMS:
            raise RefusedError("encrypted")


def _package_path(archive: Archive) -> str:
    root = _xml(archive.read(_CONTAINER, maximum=_PART))
    for file in root.iterfind(".//{*}rootfile"):
        path = file.get("full-path")
        if path and file.get("media-type", _PACKAGE) == _PACKAGE:
            return path
    raise RefusedError("damaged")


def _title(package: etree._Element) -> str:
    found = package.findtext(".//{http://purl.org/dc/elements/1.1/}title") or ""
    return " ".join(found.split())


def _chapters(package: etree._Element, folder: str) -> list[str]:
    """Return the names of the archive's entries that hold the text, in reading order."""
    manifest = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    spine = package.iterfind(".//{*}spine/{*}itemref")
    items = [manifest.get(reference.get("idref")) for reference in spine]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in items
        if item is not None and "nav" not in item.get("properties", "").split()
    ]


def _read_chapter(archive: Archive, name: str, number: int, total: int) -> Page:
    try:
        found = elements(parse(archive.read(name, maximum=_PART), xhtml=True))
    except RefusedError as refused:
        if refused.reason == "too_large":
            raise
        # A cover holds an image and no text; only what cannot be opened is missed.
        return Page([], number, total, readable=refused.reason == "no_text")
    return Page(found, number, total)
