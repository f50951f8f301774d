from collections.abc import Callable
from typing import Final

from lxml import etree

from functions.ingest.parsers.markup import holds_only

# Spans are claims of the page; a hostile one would multiply cells without end.
_MOST_COLUMNS: Final = 200
_MOST_ROWS: Final = 100
_CELLS: Final = 2
_GROUPS: Final = frozenset({"thead", "tbody", "tfoot", "tr"})
_PARTS: Final = frozenset({"td", "th", "caption", "colgroup", "col"})


def is_for_layout(table: etree._Element) -> bool:
    """Return whether a table only arranges a page, or holds more than rows of cells."""
    if table.get("role") in {"presentation", "none"}:
        return True
    if table.find(".//table") is not None or not holds_only(table, _PARTS, within=_GROUPS):
        return True
    cells = list(table.iter("td", "th"))
    return len(cells) < _CELLS or any(_tag_above(cell) != "tr" for cell in cells)


def _tag_above(node: etree._Element) -> str:
    parent = node.getparent()
    return "" if parent is None else parent.tag


def caption_of(table: etree._Element) -> str:
    """Return a table's caption, or ""."""
    captions = table.iter("caption")
    return " ".join(str(text) for caption in captions for text in caption.itertext())


def table_of(
    table: etree._Element, *, render: Callable[[etree._Element], str]
) -> tuple[str, str | None]:
    """Return a table's text, a line for each row, and the lines that are its header.

    A cell that spans rows is said again in each, so that a row stands for itself.
    """
    rows = list(table.iter("tr"))
    lines: list[str] = []
    spans: dict[int, tuple[int, str]] = {}
    header = 0
    for row in rows:
        cells = _cells(row, spans, render)
        if not any(cells):
            continue
        lines.append(" | ".join(cells))
        if header == len(lines) - 1 and _is_header(row):
            header += 1
    if not 0 < header < len(lines):
        header = 0
    return "\n".join(lines), "\n".join(lines[:header]) or None


def _is_header(row: etree._Element) -> bool:
    parent = row.getparent()
    if parent is not None and parent.tag == "thead":
        return True
    return all(cell.tag == "th" for cell in row.iterchildren("td", "th"))


def _cells(
    row: etree._Element,
    spans: dict[int, tuple[int, str]],
    render: Callable[[etree._Element], str],
) -> list[str]:
    cells: list[str] = []
    for cell in row.iterchildren("td", "th"):
        _carry(cells, spans)
        text = render(cell)
        columns = _span(cell.get("colspan"), _MOST_COLUMNS - len(cells))
        rows = _span(cell.get("rowspan"), _MOST_ROWS)
        if rows > 1:
            spans[len(cells)] = (rows - 1, text)
        cells += [text, *[""] * (columns - 1)]
    _carry(cells, spans)
    return cells


def _carry(cells: list[str], spans: dict[int, tuple[int, str]]) -> None:
    while len(cells) in spans and len(cells) < _MOST_COLUMNS:
        rows, text = spans.pop(len(cells))
        if rows > 1:
            spans[len(cells)] = (rows - 1, text)
        cells.append(text)


def _span(stated: str | None, most: int) -> int:
    if stated and stated.isascii() and stated.isdecimal() and len(stated) < 6:  # noqa: PLR2004
        return max(1, min(int(stated), most))
    return 1
