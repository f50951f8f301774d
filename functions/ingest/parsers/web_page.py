import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from functions.ingest.parsers.elements import Element, ElementKind, Page, RefusedError
from functions.ingest.parsers.markup import (
    drop,
    has_own_text,
    holds_only,
    is_guessed,
    length,
    parse,
)
from functions.ingest.parsers.markup_table import caption_of, is_for_layout, table_of

_HEADING = re.compile(r"h([1-6])")
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_CODE: Final = frozenset({"pre", "listing", "xmp"})
_BLOCKS: Final = frozenset({
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "div", "dl",
    "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend",
    "li", "main", "nav", "p", "search", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr",
})  # fmt: skip
_SPACES = re.compile(r"\s+")
_LINE_SPACES = re.compile(r"[^\S\n]*\n[^\S\n]*")
_LINK_TARGETS: Final = ("http://", "https://", "mailto:")
_STRUCK: Final = frozenset({"s", "strike", "del"})
_AROUND = re.compile(r"(?s)(\s*)(.*?)(\s*)\Z")
_EXPONENT = re.compile(r"[-+−]?\d{1,3}")
_PERMALINKS: Final = frozenset({"", "¶", "#", "§", "🔗", "permalink"})
# What surrounds a page's text, dropped in this order while enough text remains.
# Measured on the 130 test pages of github.com/mozilla/readability: 99.6 % of the words wanted are
# kept, and 84 % of those kept are wanted. Going by names of classes too gained two points of the
# latter, and cost one page half its text.
_WITHIN: Final = "ancestor::article or ancestor::main or ancestor::section"
_WITHIN_TEXT: Final = "ancestor::article or ancestor::main"
_SURROUNDINGS: Final = (
    "//nav | //*[@role='navigation' or @role='search' or @role='menu']",
    f"//footer[not({_WITHIN})] | //*[@role='contentinfo']",
    # A box beside an article's text is of it: a caution, what a creature drops.
    "//*[@role='dialog']",
    f"(//aside | //*[@role='complementary' or @role='alert'])[not({_WITHIN_TEXT})]",
    "//*[contains(concat(' ', @class, ' '), ' mw-editsection ')]",
    f"//header[not({_WITHIN})] | //*[@role='banner']",
    "//form",
)
_ENOUGH: Final = 200
_CONTENT: Final = "//main | //article | //*[@role='main' or @role='article']"
_BREAK: Final = "\0"
_GUESSED: Final = (
    "This page does not say its encoding and is not UTF-8; it was read as Western European "
    "(Windows-1252). If letters look wrong, save it as UTF-8 and upload it again."
)


def read(document: bytes) -> Iterator[Page]:
    """Yield the whole of an HTML page as one page; raises RefusedError."""
    root = parse(document)
    title = title_of(root)
    named = [Element("title", title)] if title else []
    try:
        found = elements(content_of(root))
    except RecursionError:
        raise RefusedError("too_large") from None
    yield Page([*named, *found], notices=(_GUESSED,) if is_guessed(document) else ())


def title_of(root: etree._Element) -> str:
    """Return what a page calls itself, or ""."""
    stated = root.findtext(".//title") or ""
    shared = root.xpath("string(//meta[@property='og:title']/@content)")
    return next((text for text in (_plain(stated), _plain(str(shared))) if text), "")


def content_of(root: etree._Element) -> etree._Element:
    """Return the node that holds a page's own text, what surrounds it taken out of the tree."""
    body = root.find(".//body")
    body = root if body is None else body
    for path in _SURROUNDINGS:
        nodes = _outermost(body, path)
        total = length(body)
        rest = total - sum(length(node) for node in nodes)
        if rest >= min(_ENOUGH, total / 2):
            for node in nodes:
                drop(node)
    candidates = _outermost(body, _CONTENT)
    main = max(candidates, key=length, default=body)
    return main if length(main) > length(body) / 2 else body


def elements(node: etree._Element) -> list[Element]:
    """Return the elements that a node of a page holds, in reading order."""
    reader = _Reader()
    reader.enter(node)
    reader.end_paragraph()
    return reader.elements


def _outermost(node: etree._Element, path: str) -> list[etree._Element]:
    matches = node.xpath(path)
    if not isinstance(matches, list):
        return []
    found = [match for match in matches if isinstance(match, etree._Element)]  # noqa: SLF001
    every = set(found)
    return [match for match in found if not every.intersection(match.iterancestors())]


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


class _Reader:
    """Walks a tree once; text between blocks gathers until a block ends its paragraph."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self._gathered: list[str] = []
        self._kind: ElementKind = "paragraph"

    def enter(self, node: etree._Element) -> None:
        self._gather(node.text)
        for child in node:
            self._take(child, child.tag)
            self._gather(child.tail)

    def end_paragraph(self) -> None:
        text = _tidy("".join(self._gathered))
        self._gathered = []
        if text:
            self.elements.append(Element("paragraph", text))

    def _gather(self, text: str | None) -> None:
        if text:
            self._gathered.append(_SPACES.sub(" ", text))

    def _take(self, node: etree._Element, tag: str) -> None:
        if tag in _LISTS and not has_own_text(node):
            self._add("list", _list(node))
        elif tag == "dl" and _is_definitions(node):
            self._add("list", _definitions(node))
        elif tag in _CODE:
            self._add("code", _code(node))
        elif tag == "blockquote":
            self._add("quote", _flat(node))
        elif tag == "table" and not is_for_layout(node):
            self._add("paragraph", _plain(caption_of(node)))
            text, header = table_of(node, render=_cell)
            self._add("table", text, header=header)
        elif heading := _HEADING.fullmatch(tag):
            self._add("heading", _plain(_flat(node)), level=int(heading[1]))
        elif tag in _BLOCKS or tag in _LISTS:
            self.end_paragraph()
            self.enter(node)
            self.end_paragraph()
        else:
            self._take_inline(node, tag)

    def _take_inline(self, node: etree._Element, tag: str) -> None:
        if tag == "br":
            self._gathered.append(_BREAK)
        elif tag == "hr":
            self.end_paragraph()
        elif tag == "img":
            self._gather(node.get("alt"))
        elif tag == "a":
            self._take_link(node)
        elif tag in _STRUCK or tag == "sup":
            self._take_marked(node, tag)
        elif tag not in {"head", "title", "meta", "link", "rp"}:
            self.enter(node)

    def _take_marked(self, node: etree._Element, tag: str) -> None:
        """Take what is struck out, or stands raised: $12 for $9 is no price, and 106 no million."""
        before, count = len(self._gathered), len(self.elements)
        self.enter(node)
        text = "".join(self._gathered[before:])
        if len(self.elements) != count or not text.strip():
            return
        if tag in _STRUCK and "~~" not in text:
            self._gathered[before:] = [_AROUND.sub(r"\1~~\2~~\3", text, count=1)]
        elif tag == "sup" and _EXPONENT.fullmatch(text.strip()) and self._ends_in_figure(before):
            self._gathered.insert(before, "^")

    def _ends_in_figure(self, count: int) -> bool:
        parts = (self._gathered[at] for at in range(count - 1, max(count - 3, -1), -1))
        return next((part for part in parts if part), "")[-1:].isdigit()

    def _take_link(self, node: etree._Element) -> None:
        before, count = len(self._gathered), len(self.elements)
        self.enter(node)
        # A link around whole blocks has ended paragraphs; there is no label to stand behind.
        if len(self.elements) != count:
            return
        label = "".join(self._gathered[before:])
        target = (node.get("href") or "").strip()
        if target.startswith("#") and label.strip().lower() in _PERMALINKS:
            del self._gathered[before:]
            return
        self._gathered.append(_link_target(target, label))

    def _add(
        self, kind: ElementKind, text: str, *, level: int = 0, header: str | None = None
    ) -> None:
        self.end_paragraph()
        if text.strip():
            self.elements.append(Element(kind, text, level=level, header=header))


def _tidy(gathered: str) -> str:
    text = _SPACES.sub(" ", gathered).replace(_BREAK, "\n")
    return _LINE_SPACES.sub("\n", text).strip()


def _link_target(target: str, label: str) -> str:
    """Return what follows a link's label so that the address is not lost."""
    address = target.removeprefix("mailto:")
    if not target.startswith(_LINK_TARGETS) or not label.strip() or address in label:
        return ""
    return f" ({address})"


def _flat(node: etree._Element) -> str:
    return "\n".join(element.text for element in elements(node))


def _cell(node: etree._Element) -> str:
    return _plain(_flat(node))


def _code(node: etree._Element) -> str:
    for line_end in node.iter("br"):
        line_end.tail = "\n" + (line_end.tail or "")
    return "".join(str(text) for text in node.itertext()).strip("\n").rstrip()


def _list(node: etree._Element) -> str:
    number = _number(node.get("start")) if node.tag == "ol" else None
    items: list[str] = []
    for child in node:
        text = _flat(child)
        if not text:
            continue
        marker = "- " if number is None else f"{number + len(items)}. "
        # A list right inside a list belongs to the item before it.
        if child.tag in _LISTS and not has_own_text(child):
            marker = "  "
            text = _list(child)
        items.append(marker + text.replace("\n", "\n" + " " * len(marker)))
    return "\n".join(items)


def _number(start: str | None) -> int:
    return int(start) if start and start.isascii() and start.isdecimal() and len(start) < 10 else 1  # noqa: PLR2004


def _definitions(node: etree._Element) -> str:
    lines: list[str] = []
    terms: list[str] = []
    for child in _entries(node):
        text = _flat(child)
        if child.tag == "dt":
            terms.append(_plain(text))
            continue
        term = ", ".join(term for term in terms if term)
        terms = []
        lines.append(f"{term}: {text}" if term else f"  {text}")
    lines += [term for term in terms if term]
    return "\n".join(lines)


def _is_definitions(node: etree._Element) -> bool:
    return holds_only(node, frozenset({"dt", "dd"}), within=frozenset({"div"}))


def _entries(node: etree._Element) -> list[etree._Element]:
    """Return a definition list's terms and definitions, but not those of a list inside."""
    # Left open, one is put into the one before by libxml2; they belong side by side.
    for entry in reversed(list(node.iter("dt", "dd"))):
        parent = entry.getparent()
        if parent is not None and parent.tag in {"dt", "dd"}:
            parent.addnext(entry)
    return [entry for group in _groups(node) for entry in group.iterchildren("dt", "dd")]


def _groups(node: etree._Element) -> Iterator[etree._Element]:
    yield node
    for group in node.iterchildren("div"):
        yield from _groups(group)
