import posixpath
import re
from typing import Any, Final, NamedTuple
from urllib.parse import unquote
from xml.parsers import expat

from lxml import etree

from functions.ingest.parsers.archive import Archive, open_archive
from functions.ingest.parsers.elements import RefusedError

# A part's tree takes some ten times its bytes, within the child's 512 MiB.
_PART: Final = 48 << 20
_SCHEMAS: Final = "http://schemas.openxmlformats.org"
WORD: Final = f"{{{_SCHEMAS}/wordprocessingml/2006/main}}"
SLIDE: Final = f"{{{_SCHEMAS}/presentationml/2006/main}}"
DRAWING: Final = f"{{{_SCHEMAS}/drawingml/2006/main}}"
MATHS: Final = f"{{{_SCHEMAS}/officeDocument/2006/math}}"
RELATION: Final = f"{{{_SCHEMAS}/officeDocument/2006/relationships}}"
COMPATIBILITY: Final = f"{{{_SCHEMAS}/markup-compatibility/2006}}"
_PACKAGED: Final = f"{{{_SCHEMAS}/package/2006/relationships}}"
_CORE_TITLE: Final = "{http://purl.org/dc/elements/1.1/}title"
# "Strict" files write the same words under other addresses.
_STRICT: Final = tuple(
    (f"http://purl.oclc.org/ooxml/{strict}".encode(), f"{_SCHEMAS}/{transitional}".encode())
    for strict, transitional in (
        ("wordprocessingml/main", "wordprocessingml/2006/main"),
        ("presentationml/main", "presentationml/2006/main"),
        ("drawingml/main", "drawingml/2006/main"),
        ("officeDocument/math", "officeDocument/2006/math"),
        ("officeDocument/relationships", "officeDocument/2006/relationships"),
    )
)
_DOCTYPES: Final = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))
_ADDRESS: Final = 2_000
_LINKS: Final = ("http://", "https://", "mailto:")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_GUESSED = re.compile(r"automatically generated|AI-generated|automatisch generiert", re.IGNORECASE)
# Programs fill in titles that name nothing.
_PLACEHOLDER = re.compile(
    r"(?:microsoft (?:office )?(?:word|powerpoint|excel)\b.*|powerpoint[ -]pr[eä]sentation"
    r"|presentation|pr[eä]sentation|document|dokument|untitled|title|slide|folie)[ \d]*",
    re.IGNORECASE,
)


class Relation(NamedTuple):
    """Where a part points: another part's name, or an address outside the package."""

    kind: str
    target: str
    external: bool


class Package:
    """The parts of an Office Open XML file, each read when it is asked for."""

    def __init__(self, document: bytes) -> None:
        self._archive: Archive = open_archive(document)
        # Part names are compared without regard to case (ECMA-376 part 2, 6.2.2.3).
        self._names = {name.lower(): name for name in self._archive.names()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def names(self) -> list[str]:
        """Return the names of the parts, in the archive's order."""
        return list(self._names.values())

    def read(self, name: str) -> bytes:
        """Return a part's bytes; raises RefusedError."""
        return self._archive.read(self._names.get(name.lower(), name))

    def part(self, name: str) -> etree._Element:
        """Return a part's root element; raises RefusedError."""
        known = self._names.get(name.lower(), name)
        return parse_xml(self._archive.read(known, maximum=_PART))

    def relations(self, name: str) -> dict[str, Relation]:
        """Return what a part points to, by the identifiers it uses; "" is the package itself."""
        folder, file = posixpath.split(name)
        source = posixpath.join(folder, "_rels", f"{file}.rels")
        if source not in self:
            return {}
        return {
            element.get("Id", ""): _relation(element, folder)
            for element in self.part(source).iter(f"{_PACKAGED}Relationship")
        }

    def main_part(self) -> str:
        """Return the name of the part that is the document."""
        return self.related("", "officeDocument") or self._missing()

    def related(self, name: str, kind: str) -> str:
        """Return the name of the first part of a kind that a part points to, or ""."""
        for relation in self.relations(name).values():
            if relation.kind == kind and not relation.external and relation.target in self:
                return relation.target
        return ""

    def title(self) -> str:
        """Return the title in the file's properties, unless it is a program's placeholder."""
        name = self.related("", "core-properties")
        text = (self.part(name).findtext(_CORE_TITLE) or "").strip() if name else ""
        return "" if _PLACEHOLDER.fullmatch(text) else text

    @staticmethod
    def _missing() -> str:
        raise RefusedError("damaged")


def parse_xml(source: bytes) -> etree._Element:
    """Return a part's root element; entities, links and DTDs are never followed.

    Raises RefusedError: `damaged`, `too_large`.
    """
    if any(doctype in source for doctype in _DOCTYPES):
        _refuse_doctype()
    for strict, transitional in _STRICT:
        source = source.replace(strict, transitional)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        # A text over 10 MB, or elements nested over 256 deep: libxml2 names its own limit.
        raise RefusedError("too_large" if "HUGE" in str(error) else "damaged") from None
    # In another encoding, it is known only now; nothing of it was followed.
    information: Any = root.getroottree().docinfo
    if information.doctype:
        _refuse_doctype()
    return root


def check_xml(source: bytes) -> None:
    """Raise RefusedError (`damaged`) where a part is no XML or declares a document type."""
    checker = expat.ParserCreate()
    checker.StartDoctypeDeclHandler = _refuse_doctype
    try:
        # In one piece: fed in pieces, expat scans an endless tag anew with each; a tag of 35 MB
        # took it 180 s of processor time, and takes 0.6 s so.
        checker.Parse(source, True)  # noqa: FBT003 - expat takes it by position only
    except expat.ExpatError:
        raise RefusedError("damaged") from None


def _refuse_doctype(*_: object) -> None:
    # Office files hold no DTD; those that do are made to read files or to multiply entities.
    raise RefusedError("damaged")


def linked(label: str, relation: Relation | None) -> str:
    """Return a link's label, followed by its address where that tells more."""
    target = relation.target if relation is not None and relation.external else ""
    address = target.removeprefix("mailto:")
    # One address may be pointed at from every word: an endless one would multiply the text.
    told = not label.strip() or address in label or len(address) > _ADDRESS
    if told or not target.startswith(_LINKS):
        return label
    return f"{label} ({address})"


def description(properties: etree._Element | None) -> str:
    """Return what somebody wrote about a picture, or ""."""
    text = "" if properties is None else properties.get("descr", "").strip()
    # Programs describe pictures too, and say so.
    return "" if _GUESSED.search(text) else text


def switched_on(element: etree._Element | None, attribute: str) -> bool:
    """Return whether a property is present and not switched off by its attribute."""
    return element is not None and element.get(attribute, "1") not in {"0", "false", "off", "none"}


def number(element: etree._Element | None, attribute: str, default: int = 0) -> int:
    """Return a property's number, or `default` where it has none."""
    value = "" if element is None else element.get(attribute, "")
    return int(value) if _NUMBER.fullmatch(value) else default


def _relation(element: etree._Element, folder: str) -> Relation:
    kind = element.get("Type", "").rpartition("/")[2]
    target = element.get("Target", "")
    if element.get("TargetMode") == "External":
        return Relation(kind, target, external=True)
    joined = posixpath.normpath(posixpath.join("/", folder, unquote(target)))
    return Relation(kind, joined.lstrip("/"), external=False)
