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
_CONTENTS: Final = "application/x-dtbncx+xml"
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
    folder = posixpath.dirname(path)
    chapters = _chapters(package, folder)
    if not chapters:
        raise RefusedError("damaged")
    labels = _labels(archive, package, folder)
    if title:
        yield Page([Element("title", title)], 0, len(chapters))
    readable = False
    for number, chapter in enumerate(chapters, start=1):
        page = _read_chapter(archive, chapter, number, len(chapters))
        readable = readable or page.readable
        yield page._replace(elements=_headed(page.elements, labels.get(chapter, "")))
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
        _entry(folder, item.get("href", ""))
        for item in items
        if item is not None and "nav" not in item.get("properties", "").split()
    ]


def _entry(folder: str, address: str) -> str:
    """Return the name of the archive's entry that an address in a folder leads to."""
    path = unquote(address.partition("#")[0])
    return posixpath.normpath(posixpath.join(folder, path))


def _labels(archive: Archive, package: etree._Element, folder: str) -> dict[str, str]:
    """Return what the table of contents calls each chapter; a broken one calls them nothing."""
    labels: dict[str, str] = {}
    for item in package.iterfind(".//{*}manifest/{*}item"):
        contents = item.get("media-type") == _CONTENTS
        if not contents and "nav" not in item.get("properties", "").split():
            continue
        name = _entry(folder, item.get("href", ""))
        try:
            root = parse(archive.read(name, maximum=_PART), xhtml=True)
        except RefusedError:
            continue
        found = _contents(root) if contents else _links(root)
        for address, label in found:
            labels.setdefault(_entry(posixpath.dirname(name), address), " ".join(label.split()))
    return labels


def _links(root: etree._Element) -> Iterator[tuple[str, str]]:
    for link in root.iter("a"):
        yield link.get("href", ""), "".join(str(text) for text in link.itertext())


def _contents(root: etree._Element) -> Iterator[tuple[str, str]]:
    for point in root.iter("navpoint"):
        target = point.find("content")
        if target is not None:
            yield target.get("src", ""), point.findtext("navlabel/text") or ""


def _headed(found: list[Element], label: str) -> list[Element]:
    """Return a chapter's elements under its name, where it has no heading of its own."""
    if not label or not found or any(element.kind == "heading" for element in found):
        return found
    heading = Element("heading", label, level=1)
    said = " ".join(found[0].text.split()).casefold() == label.casefold()
    return [heading, *(found[1:] if said else found)]


def _read_chapter(archive: Archive, name: str, number: int, total: int) -> Page:
    try:
        found = elements(parse(archive.read(name, maximum=_PART), xhtml=True))
    except RefusedError as refused:
        if refused.reason == "too_large":
            raise
        # A cover holds an image and no text; only what cannot be opened is missed.
        return Page([], number, total, readable=refused.reason == "no_text")
    return Page(found, number, total)
