from collections.abc import Iterator
from typing import Final

from lxml import etree

from functions.ingest.parsers.elements import Element, Page, RefusedError
from functions.ingest.parsers.office import (
    COMPATIBILITY,
    DRAWING,
    MATHS,
    RELATION,
    SLIDE,
    Package,
    Relation,
    description,
    linked,
    number,
    switched_on,
)

_DIAGRAM: Final = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLES: Final = frozenset({"title", "ctrTitle"})
_PROSE: Final = frozenset({"", "subTitle"})
# A slide's date, footer and number repeat on every slide.
_REPEATED: Final = frozenset({"dt", "ftr", "sldNum", "hdr", "sldImg"})
_REPEATED_LENGTH: Final = 200
_DEEPEST: Final = 8
_SPAN: Final = 63
_PICTURE: Final = f"{SLIDE}pic"
_SHAPES: Final = frozenset({f"{SLIDE}sp", f"{SLIDE}graphicFrame", _PICTURE})
_GROUPS: Final = frozenset({
    f"{SLIDE}grpSp", f"{COMPATIBILITY}AlternateContent", f"{COMPATIBILITY}Choice",
})  # fmt: skip
_TEXTS: Final = frozenset({f"{DRAWING}t", f"{MATHS}t"})
_BULLETS: Final = tuple(f"{DRAWING}{name}" for name in ("buChar", "buBlip"))
_SOFT_HYPHEN: Final = "\u00ad"


def read(document: bytes) -> Iterator[Page]:
    """Yield a presentation's slides (PPTX) in order, each as the page of its number.

    Hidden slides are empty. Raises RefusedError; a damaged slide costs no other.
    """
    package = Package(document)
    # A list may name one slide thousands of times.
    names = list(dict.fromkeys(_slides(package)))
    title = package.title()
    elements = [Element("title", title)] if title else []
    readable = False
    hidden: list[int] = []
    for position, name in enumerate(names, start=1):
        try:
            slide = _Slide(package, name, position)
        except RefusedError as refused:
            if refused.reason != "damaged":
                raise
            yield Page([], position, len(names), readable=False)
            continue
        readable = True
        hidden += [position] if slide.hidden else []
        if slide.title and not title:
            title = slide.title
            elements.append(Element("title", title))
        yield Page([*elements, *slide.elements()], position, len(names))
        elements = []
    if not readable:
        raise RefusedError("damaged")
    if hidden:
        yield Page([], len(names), len(names), notices=(_notice(hidden),))


def _notice(hidden: list[int]) -> str:
    return f"Hidden slides were left out: {', '.join(map(str, hidden))}."


def _slides(package: Package) -> Iterator[str]:
    main = package.main_part()
    relations = package.relations(main)
    for slide in package.part(main).iterfind(f"{SLIDE}sldIdLst/{SLIDE}sldId"):
        relation = relations.get(slide.get(f"{RELATION}id", ""))
        yield "" if relation is None or relation.external else relation.target


class _Slide:
    def __init__(self, package: Package, name: str, position: int) -> None:
        self._package = package
        self._position = position
        self._relations = package.relations(name)
        root = package.part(name)
        self.hidden = hidden = not switched_on(root, "show")
        self._shapes = [] if hidden else list(_shapes(root.find(f"{SLIDE}cSld/{SLIDE}spTree")))
        notes = "" if hidden else package.related(name, "notesSlide")
        self._notes = package.part(notes) if notes else None
        titles = [self._text(shape) for shape in self._shapes if _place(shape) in _TITLES]
        self.title = " ".join(" ".join(titles).split())

    def elements(self) -> Iterator[Element]:
        if self.hidden:
            # An empty text of this page tells it from a scanned one.
            yield Element("paragraph", "", page=self._position)
            return
        content = [*self._content(), *self._spoken()]
        if self.title or content:
            # Without a heading of its own, a slide would seem to belong to the one before.
            title = self.title or f"Slide {self._position}"
            yield Element("heading", title, level=1, page=self._position)
        yield from content

    def _content(self) -> Iterator[Element]:
        for shape in self._shapes:
            place = _place(shape)
            if place not in _TITLES and place not in _REPEATED:
                yield from self._shape(shape, place)

    def _shape(self, shape: etree._Element, place: str) -> Iterator[Element]:
        if shape.tag == _PICTURE:
            text = description(shape.find(f"{SLIDE}nvPicPr/{SLIDE}cNvPr"))
            yield from [Element("paragraph", text, page=self._position)] if text else []
            return
        table = shape.find(f"{DRAWING}graphic/{DRAWING}graphicData/{DRAWING}tbl")
        if table is not None:
            yield from self._table(table)
            return
        body = shape.find(f"{SLIDE}txBody")
        paragraphs = list(body.iterchildren(f"{DRAWING}p")) if body is not None else []
        yield from self._paragraphs(paragraphs, listed=place not in _PROSE)
        for diagram in shape.iterfind(f"{DRAWING}graphic/{DRAWING}graphicData/{_DIAGRAM}relIds"):
            yield from self._diagram(diagram.get(f"{RELATION}dm", ""))

    def _diagram(self, identifier: str) -> Iterator[Element]:
        relation = self._relations.get(identifier)
        if relation is not None and not relation.external and relation.target in self._package:
            points = self._package.part(relation.target).iter(f"{_DIAGRAM}t")
            paragraphs = [paragraph for point in points for paragraph in point]
            yield from self._paragraphs(paragraphs, listed=True)

    def _spoken(self) -> Iterator[Element]:
        if self._notes is None:
            return
        for shape in _shapes(self._notes.find(f"{SLIDE}cSld/{SLIDE}spTree")):
            text = self._text(shape).strip() if _place(shape) == "body" else ""
            if text:
                yield Element("paragraph", f"Notes: {text}", page=self._position)

    def _paragraphs(self, paragraphs: list[etree._Element], *, listed: bool) -> Iterator[Element]:
        """Yield what paragraphs say: neighbouring items as one list, else each by itself."""
        items: list[str] = []
        counters: dict[int, int] = {}
        for paragraph in paragraphs:
            text = self._inline(paragraph).strip()
            marker = _marker(paragraph, counters, listed=listed and len(paragraphs) > 1)
            if text and marker:
                items.append(_item(text, marker, _depth(paragraph)))
                continue
            if items and text:
                yield Element("list", "\n".join(items), page=self._position)
                items = []
            if text:
                yield Element("paragraph", text, page=self._position)
        if items:
            yield Element("list", "\n".join(items), page=self._position)

    def _table(self, table: etree._Element) -> Iterator[Element]:
        rows: list[list[str]] = []
        for row in table.iterchildren(f"{DRAWING}tr"):
            above = rows[-1] if rows else []
            rows.append(self._row(row, above))
        lines = [" | ".join(row) for row in rows if any(row)]
        if lines:
            header = lines[0] if len(lines) > 1 else None
            yield Element("table", "\n".join(lines), page=self._position, header=header)

    def _row(self, row: etree._Element, above: list[str]) -> list[str]:
        texts: list[str] = []
        for cell in row.iterchildren(f"{DRAWING}tc"):
            text = " ".join(self._text(cell).split())
            if cell.get("vMerge") is not None and not text and len(texts) < len(above):
                # A long text repeated in every row would multiply the document.
                text = above[len(texts)][:_REPEATED_LENGTH]
            texts.append(text)
        return texts

    def _text(self, shape: etree._Element) -> str:
        return "\n".join(self._inline(paragraph) for paragraph in shape.iter(f"{DRAWING}p"))

    def _inline(self, paragraph: etree._Element) -> str:
        return "".join(self._runs(paragraph)).replace(_SOFT_HYPHEN, "")

    def _runs(self, element: etree._Element) -> Iterator[str]:
        for child in element:
            if child.tag in _TEXTS:
                yield child.text or ""
            elif child.tag == f"{DRAWING}br":
                yield "\n"
            elif child.tag == f"{DRAWING}r":
                yield linked("".join(self._runs(child)), self._link(child))
            elif child.get("type") != "slidenum" and child.tag != f"{COMPATIBILITY}Fallback":
                yield from self._runs(child)

    def _link(self, run: etree._Element) -> Relation | None:
        link = run.find(f"{DRAWING}rPr/{DRAWING}hlinkClick")
        return None if link is None else self._relations.get(link.get(f"{RELATION}id", ""))


def _shapes(tree: etree._Element | None) -> Iterator[etree._Element]:
    """Yield the shapes in their order, which is the order in which they are read aloud."""
    for child in () if tree is None else tree:
        properties = child[0].find(f"{SLIDE}cNvPr") if len(child) else None
        if properties is not None and properties.get("hidden") in {"1", "true"}:
            continue
        if child.tag in _SHAPES:
            yield child
        elif child.tag in _GROUPS:
            yield from _shapes(child)


def _place(shape: etree._Element) -> str:
    """Return which of the layout's places a shape fills; "" for none."""
    place = shape.find(f"{SLIDE}nvSpPr/{SLIDE}nvPr/{SLIDE}ph")
    return "" if place is None else place.get("type", "obj")


def _depth(paragraph: etree._Element) -> int:
    return min(max(number(paragraph.find(f"{DRAWING}pPr"), "lvl"), 0), _DEEPEST)


def _marker(paragraph: etree._Element, counters: dict[int, int], *, listed: bool) -> str:
    """Return an item's marker; `listed` says that its place has bullets unless it declines."""
    properties = paragraph.find(f"{DRAWING}pPr")
    depth = _depth(paragraph)
    numbered = None if properties is None else properties.find(f"{DRAWING}buAutoNum")
    for deeper in [level for level in counters if level > depth or numbered is None]:
        if deeper >= depth:
            del counters[deeper]
    if numbered is not None:
        counters[depth] = counters.get(depth, number(numbered, "startAt", 1) - 1) + 1
        return f"{counters[depth]}."
    if properties is None:
        return "-" if listed else ""
    declined = properties.find(f"{DRAWING}buNone") is not None
    bulleted = any(properties.find(name) is not None for name in _BULLETS)
    return "-" if bulleted or (listed and not declined) else ""


def _item(text: str, marker: str, depth: int) -> str:
    indent = "  " * depth
    rest = "\n" + indent + " " * (len(marker) + 1)
    return f"{indent}{marker} {text.replace(chr(10), rest)}"
