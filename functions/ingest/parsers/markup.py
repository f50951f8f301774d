"""How bytes of HTML or XHTML become a tree of what a reader of the page would see."""

import codecs
import html
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from functions.ingest.parsers.elements import RefusedError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED_WITHIN: Final = 4096
_DECLARED = re.compile(
    rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]*?encoding=[\"']([\w.:-]+)",
    re.IGNORECASE,
)
# Only codecs that turn bytes into text, whatever a page may name; the older labels mean their
# Windows supersets (https://encoding.spec.whatwg.org/#names-and-labels).
_SUPERSETS: Final = {
    "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "iso-8859-9": "cp1254", "tis-620": "cp874", "iso-8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932",
    "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949", "macintosh": "mac-roman", "ibm866": "cp866",
}  # fmt: skip
_KNOWN_ENCODING = re.compile(
    r"(?:windows-|cp)(?:125[0-8]|874)|iso-8859-(?:[2-8]|1[0345-6])|koi8-[ru]|euc-jp|iso-2022-jp"
    r"|gb18030|big5(?:-hkscs)?"
)
_UNSEEN: Final = (
    "script", "style", "template", "noscript", "svg", "canvas", "iframe", "object", "embed",
    "audio", "video", "button", "select", "textarea", "input", "datalist", "dialog", "map",
)  # fmt: skip
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_HIDDEN_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE
)
_LIMIT_ERROR: Final = "ERR_RESOURCE_LIMIT"
_MEMORY_ERROR: Final = "ERR_NO_MEMORY"


def parse(document: bytes, *, xhtml: bool = False) -> etree._Element:
    """Return the root of a page, without what is never seen; nothing outside it is loaded.

    Raises RefusedError: `no_text` for a page without elements, `too_large` beyond libxml2's
    limits on depth and on the length of one text.
    """
    text = decode(document).replace("\0", "")
    xhtml = xhtml or text.lstrip().startswith("<?xml")
    root = _parse_xml(text) if xhtml else None
    if root is None:
        root = _parse_html(text)
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for button in [button for button in root.iter("button") if _is_opener(button)]:
        button.tag = "span"
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    for node in [node for node in root.iter() if _is_hidden(node)]:
        drop(node)
    return root


def _is_in_heading(node: etree._Element) -> bool:
    return next(node.iterancestors(*_HEADINGS), None) is not None


def _is_opener(button: etree._Element) -> bool:
    """Tell whether a button is a question that opens its answer; any other is a tool."""
    return "aria-expanded" in button.attrib or _is_in_heading(button)


def decode(document: bytes) -> str:
    """Return a page's text: by its mark, as UTF-8, as it declares, as Windows-1252."""
    for mark, encoding in _MARKS:
        if document.startswith(mark):
            return document[len(mark) :].decode(encoding, "replace")
    try:
        # What is valid UTF-8 is UTF-8: pages declare wrongly more often than this is chance.
        return document.decode("utf-8")
    except UnicodeDecodeError:
        return document.decode(declared_encoding(document) or "cp1252", "replace")


def declared_encoding(document: bytes) -> str:
    """Return the encoding a page names, or "" where it names none that pages are written in."""
    match = _DECLARED.search(document[:_DECLARED_WITHIN])
    if match is None:
        return ""
    label = (match[1] or match[2]).decode("ascii", "replace").lower()
    label = _SUPERSETS.get(label, label)
    if _KNOWN_ENCODING.fullmatch(label) or label in _SUPERSETS.values():
        return label
    return "utf-8" if label in {"utf-8", "utf8"} else ""


def is_guessed(document: bytes) -> bool:
    """Return whether a page's encoding is our guess: no UTF-8, and nothing is declared."""
    if declared_encoding(document) or document.startswith(tuple(mark for mark, _ in _MARKS)):
        return False
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _parse_html(text: str) -> etree._Element:
    parser = etree.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    source = text.encode("utf-8", "ignore")
    try:
        root: etree._Element | None = etree.fromstring(source, parser)
    except etree.XMLSyntaxError:
        root = None
    _refuse_cut(parser)
    if root is None:
        raise RefusedError("no_text")
    return root


def _refuse_cut(parser: etree.HTMLParser) -> None:
    """Raise where libxml2 left something out to keep its limits: half a page is no page."""
    errors = {entry.type_name for entry in parser.error_log}
    if _MEMORY_ERROR in errors:
        raise MemoryError
    if _LIMIT_ERROR in errors:
        raise RefusedError("too_large")


def _parse_xml(text: str) -> etree._Element | None:
    """Return an XHTML page's root with plain tag names, or None where it is not well-formed.

    An HTML parser takes `<title/>` for an opening tag and swallows all that follows.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "ignore"), parser)
    except etree.XMLSyntaxError:
        return None
    for node in list(root.iter(etree.Entity)):
        _replace_entity(node)
    for node in root.iter("*"):
        node.tag = node.tag.rpartition("}")[2].lower()
    return root


def _replace_entity(node: etree._Element) -> None:
    """Put the sign of an entity that HTML knows in its place; one of a file's own says nothing."""
    name = node.text or ""
    sign = html.unescape(name)
    node.tail = ("" if sign == name else sign) + (node.tail or "")
    drop(node)


def _is_hidden(node: etree._Element) -> bool:
    # Pages hide their body until a script has run.
    if node.tag in {"html", "body"}:
        return False
    if node.get("hidden") is not None or node.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(node.get("style") or ""))


def drop(node: etree._Element) -> None:
    """Take a node out of its tree; the text after it stays."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail:
        before = node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
    parent.remove(node)


def holds_only(
    node: etree._Element, leaves: frozenset[str], *, within: frozenset[str] = frozenset()
) -> bool:
    """Return whether all of a node's text lies in `leaves`, which may stand in `within`."""
    if has_own_text(node):
        return False
    for child in node:
        inside = child.tag in within and holds_only(child, leaves, within=within)
        if not inside and child.tag not in leaves:
            return False
    return True


def has_own_text(node: etree._Element) -> bool:
    """Return whether a node holds text outside its children."""
    return any((text or "").strip() for text in (node.text, *(child.tail for child in node)))


def length(node: etree._Element) -> int:
    """Return how many signs of text a node holds, spaces left out."""
    return sum(len("".join(text.split())) for text in _texts(node))


def _texts(node: etree._Element) -> Iterator[str]:
    for text in node.itertext():
        yield str(text)
