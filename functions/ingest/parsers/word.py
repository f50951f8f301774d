from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from lxml import etree

from functions.ingest.parsers.elements import Element, ElementKind, Page, RefusedError
from functions.ingest.parsers.office import (
    COMPATIBILITY,
    MATHS,
    RELATION,
    WORD,
    Package,
    Relation,
    description,
    linked,
    number,
    switched_on,
)
from functions.ingest.parsers.word_styles import (
    Numbering,
    Style,
    Styles,
    outline_level,
    place_of,
)

_VALUE: Final = f"{WORD}val"
_PARAGRAPH: Final = f"{WORD}p"
_TABLE: Final = f"{WORD}tbl"
_PICTURE: Final = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_TEXTS: Final = frozenset({f"{WORD}t", f"{MATHS}t"})
_SIGNS: Final = {
    f"{WORD}tab": "\t",
    f"{WORD}ptab": "\t",
    f"{WORD}br": "\n",
    f"{WORD}cr": "\n",
    f"{WORD}noBreakHyphen": "\u2011",
}
_NOTES: Final = {
    f"{WORD}footnoteReference": ("footnotes", f"{WORD}footnote"),
    f"{WORD}endnoteReference": ("endnotes", f"{WORD}endnote"),
}
# What was deleted, what repeats, and what is not text.
_SKIPPED: Final = frozenset({
    f"{WORD}del", f"{WORD}moveFrom", f"{WORD}delText", f"{WORD}instrText", f"{WORD}pPr",
    f"{WORD}rPr", f"{WORD}sdtPr", f"{WORD}rt", f"{COMPATIBILITY}Fallback",
})  # fmt: skip
_SOFT_HYPHEN: Final = "\u00ad"
_STRIKE: Final = "~~"
_SPAN: Final = 63
_REPEATED: Final = 200
_MERGED: Final[frozenset[ElementKind]] = frozenset({"list", "code"})


def read(document: bytes) -> Iterator[Page]:
    """Yield the whole of a Word document (DOCX) as one page; it knows no page numbers.

    Raises RefusedError; other errors mean a damaged file.
    """
    yield Page(list(_Document(Package(document)).elements()))


class _Document:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._name = package.main_part()
        self._relations = package.relations(self._name)
        self._styles = Styles(self._related("styles"))
        self._numbering = Numbering(self._related("numbering"))
        self._notes: dict[str, dict[str, etree._Element]] = {}
        # A note's links are numbered in the notes' own part.
        self._relations_of_notes: dict[etree._Element, dict[str, Relation]] = {}
        self._noted = 0
        # Text boxes, inner tables and notes: they follow the block in which they stand.
        self._asides: deque[tuple[str, etree._Element]] = deque()
        self._title = ""

    def elements(self) -> Iterator[Element]:
        body = self._package.part(self._name).find(f"{WORD}body")
        if body is None:
            raise RefusedError("damaged")
        elements = list(_merged(self._everything(body)))
        headings = (element.text for element in elements if element.kind == "heading")
        title = self._package.title() or self._title or next(headings, "")
        if title:
            yield Element("title", title)
        yield from elements

    def _everything(self, body: etree._Element) -> Iterator[Element]:
        for block in _contained(body):
            yield from self._block(block)
            while self._asides:
                yield from self._aside(*self._asides.popleft())

    def _related(self, kind: str) -> etree._Element | None:
        name = self._package.related(self._name, kind)
        return self._package.part(name) if name else None

    def _block(self, block: etree._Element) -> Iterator[Element]:
        return self._table(block) if block.tag == _TABLE else self._paragraph(block)

    def _blocks(self, container: etree._Element) -> Iterator[Element]:
        for block in _contained(container):
            yield from self._block(block)

    def _aside(self, label: str, aside: etree._Element) -> Iterator[Element]:
        if aside.tag == _TABLE:
            yield from self._table(aside)
            return
        of_body = self._relations
        self._relations = self._relations_of_notes.get(aside, of_body)
        elements = list(self._blocks(aside))
        self._relations = of_body
        for first in elements[:1]:
            yield first._replace(text=f"{label} {first.text}" if label else first.text)
        yield from elements[1:]

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Element]:
        properties = paragraph.find(f"{WORD}pPr")
        named = None if properties is None else properties.find(f"{WORD}pStyle")
        style = self._styles.get("" if named is None else named.get(_VALUE, ""))
        direct = outline_level(properties)
        place = place_of(properties) or style.numbering
        label = self._numbering.label(place) if place else ""
        # Runs that are struck out beside each other are one.
        text = "".join(self._inline(paragraph)).replace(_SOFT_HYPHEN, "").replace(_STRIKE * 2, "")
        if text.strip() and not (style.hidden or style.is_contents):
            level = style.level if direct is None else direct
            depth = place.level if place else 0
            yield self._element(text, style, level=level, label=label, depth=depth)

    def _element(self, text: str, style: Style, *, level: int, label: str, depth: int) -> Element:
        if style.is_code:
            return Element("code", text.rstrip())
        text = text.strip()
        if style.is_title:
            self._title = self._title or " ".join(text.split())
        if level or style.is_title:
            numbered = "" if label == "-" else label
            return Element("heading", f"{numbered} {text}".strip(), level=level or 1)
        if label:
            indent = "  " * depth
            rest = "\n" + indent + " " * (len(label) + 1)
            return Element("list", f"{indent}{label} {text.replace(chr(10), rest)}")
        return Element("quote" if style.is_quote else "paragraph", text)

    def _inline(self, element: etree._Element) -> Iterator[str]:
        for child in element:
            said = self._said(child)
            if said is not None:
                yield said
            elif child.tag not in _SKIPPED and not self._is_hidden(child):
                yield from (
                    _struck(self._inline(child)) if _is_struck(child) else self._inline(child)
                )

    def _said(self, element: etree._Element) -> str | None:
        """Return what an element says, None where only its children tell."""
        if element.tag in _TEXTS:
            return element.text or ""
        if element.tag in _NOTES:
            return self._note(element)
        if element.tag == _PICTURE:
            return description(element)
        if element.tag == f"{WORD}txbxContent":
            self._asides.append(("", element))
            return ""
        if element.tag == f"{WORD}hyperlink":
            relation = self._relations.get(element.get(f"{RELATION}id", ""))
            return linked("".join(self._inline(element)), relation)
        return _SIGNS.get(str(element.tag))

    def _is_hidden(self, element: etree._Element) -> bool:
        properties = element.find(f"{WORD}rPr") if element.tag == f"{WORD}r" else None
        if properties is None:
            return False
        direct = properties.find(f"{WORD}vanish")
        if direct is not None:
            return switched_on(direct, _VALUE)
        style = properties.find(f"{WORD}rStyle")
        return style is not None and self._styles.get(style.get(_VALUE, "")).hidden

    def _note(self, reference: etree._Element) -> str:
        kind, tag = _NOTES[str(reference.tag)]
        if kind not in self._notes:
            name = self._package.related(self._name, kind)
            found = list(self._package.part(name).iter(tag)) if name else []
            self._notes[kind] = {note.get(f"{WORD}id", ""): note for note in found}
            self._relations_of_notes |= dict.fromkeys(found, self._package.relations(name))
        # Each is told once: a long note may be referred to from everywhere, even from itself.
        note = self._notes[kind].pop(reference.get(f"{WORD}id", ""), None)
        if note is None:
            return ""
        self._noted += 1
        label = f"[{self._noted}]"
        self._asides.append((label, note))
        return label

    def _table(self, table: etree._Element) -> Iterator[Element]:
        rows = [
            [cell for cell in _contained(row) if cell.tag == f"{WORD}tc"]
            for row in _contained(table)
            if row.tag == f"{WORD}tr" and row.find(f"{WORD}trPr/{WORD}del") is None
        ]
        if len(rows) == 1 and len(rows[0]) == 1:
            # A frame around text, drawn as a table.
            yield from self._blocks(rows[0][0])
            return
        lines = [" | ".join(cells) for cells in self._filled(rows) if any(cells)]
        if lines:
            yield Element("table", "\n".join(lines), header=lines[0] if len(lines) > 1 else None)

    def _filled(self, rows: list[list[etree._Element]]) -> Iterator[list[str]]:
        """Yield the rows' texts; a cell that spans rows is repeated in each."""
        above: list[str] = []
        for row in rows:
            texts: list[str] = []
            for cell in row:
                text = self._cell(cell)
                merge = cell.find(f"{WORD}tcPr/{WORD}vMerge")
                if merge is not None and merge.get(_VALUE, "continue") == "continue":
                    repeated = above[len(texts)] if len(texts) < len(above) else ""
                    # A long text repeated in every row would multiply the document.
                    text = text or (repeated if len(repeated) <= _REPEATED else "")
                span = number(cell.find(f"{WORD}tcPr/{WORD}gridSpan"), _VALUE, 1)
                texts += [text, *[""] * (min(span, _SPAN) - 1)]
            yield texts
            above = texts

    def _cell(self, cell: etree._Element) -> str:
        texts: list[str] = []
        for block in _contained(cell):
            if block.tag == _TABLE:
                self._asides.append(("", block))
            else:
                texts += (element.text for element in self._paragraph(block))
        return " ".join(" ".join(texts).split())


def _is_struck(element: etree._Element) -> bool:
    mark = element.find(f"{WORD}rPr/{WORD}strike") if element.tag == f"{WORD}r" else None
    return mark is not None and switched_on(mark, _VALUE)


def _struck(words: Iterable[str]) -> Iterator[str]:
    text = "".join(words)
    yield f"{_STRIKE}{text}{_STRIKE}" if text.strip() else text


_WRAPPERS: Final = frozenset({
    f"{WORD}sdt", f"{WORD}sdtContent", f"{WORD}customXml", f"{WORD}smartTag", f"{WORD}ins",
    f"{WORD}moveTo", f"{COMPATIBILITY}AlternateContent", f"{COMPATIBILITY}Choice",
})  # fmt: skip
_CONTAINED: Final = frozenset({_PARAGRAPH, _TABLE, f"{WORD}tr", f"{WORD}tc"})


def _merged(elements: Iterable[Element]) -> Iterator[Element]:
    """Yield the elements; the items of a list, and the lines of code, as one."""
    for kind, group in groupby(elements, key=lambda element: element.kind):
        if kind in _MERGED:
            yield Element(kind, "\n".join(element.text for element in group))
        else:
            yield from group


def _contained(container: etree._Element) -> Iterator[etree._Element]:
    """Yield a container's blocks, rows or cells, wrappers opened."""
    for child in container:
        if child.tag in _CONTAINED:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _contained(child)
