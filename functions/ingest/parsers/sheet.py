import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetVisibleEnum,
    load_workbook,
)

from functions.ingest.parsers.archive import OLE_SIGNATURE, is_locked
from functions.ingest.parsers.elements import Element, Page, RefusedError
from functions.ingest.parsers.number_formats import Formats, Sign, Signs, column
from functions.ingest.parsers.office import Package, check_xml

# calamine lays a sheet out from its first to its last cell, 32 bytes for each place, filled or not
# (https://github.com/tafia/calamine/issues/693).
_PLACES: Final = 4_000_000
_ROWS: Final = 1_000
_CELLS: Final = 2_000_000
# Cells that hold something, with their address; a style alone holds nothing.
_CELL = re.compile(
    rb"<(?:[\w.-]+:)?c\s(?>[^<>]*?\br\s*=\s*[\"']\$?([A-Za-z]{1,7})\$?([0-9]{1,19})[\"'])"
    rb"[^<>]*+(?<!/)>(?!</)"
)
_MARKUP: Final = (".xml", ".rels")
_UNREAD: Final = re.compile(
    r"xl/(?:media|drawings|charts|diagrams|embeddings|pivotcache|printersettings|theme)/",
    re.IGNORECASE,
)
# The name a program gives a workbook's only sheet says nothing.
_UNNAMED = re.compile(r"[^\W\d]+ ?1")
_EXACT_DIGITS: Final = 15
_REPEATED: Final = 100


def read(document: bytes) -> Iterator[Page]:
    """Yield a workbook's visible sheets (XLSX, XLS), each under its name, as one page each.

    Raises RefusedError: `encrypted`, `damaged`, `too_large`.
    """
    title, source = "", document
    signs: list[Signs] = []
    if is_locked(document):
        raise RefusedError("encrypted")
    if not document.startswith(OLE_SIGNATURE):
        package = Package(document)
        formats = Formats(package)
        title, source = package.title(), _repacked(package, formats)
        signs = formats.by_sheet()
    try:
        workbook = load_workbook(io.BytesIO(source))
    except PasswordError:
        raise RefusedError("encrypted") from None
    yield from _sheets(workbook, title, signs)


def _repacked(package: Package, formats: Formats) -> bytes:
    """Return the workbook as a new archive of what was read under guard.

    calamine unpacks without limits, and might see other entries in the file than the guard did.
    """
    buffer = io.BytesIO()
    cells = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in package.names():
            if not name.lower().endswith(_MARKUP) or _UNREAD.match(name):
                continue
            content = package.read(name)
            # calamine reads a part that was cut off up to there, and says nothing.
            check_xml(content)
            cells += _count(content)
            formats.note(name, content)
            if cells > _CELLS:
                raise RefusedError("too_large")
            archive.writestr(name, content)
    return buffer.getvalue()


def _count(content: bytes) -> int:
    """Return how many cells a part fills; raises RefusedError where they lie too far apart."""
    columns: set[bytes] = set()
    lowest, highest, count = 1 << 63, 0, 0
    for match in _CELL.finditer(content):
        columns.add(match[1])
        row = int(match[2])
        lowest, highest = min(lowest, row), max(highest, row)
        count += 1
    numbers = [column(letters) for letters in columns]
    width = max(numbers) - min(numbers) + 1 if numbers else 0
    if width * max(0, highest - lowest + 1) > _PLACES:
        raise RefusedError("too_large")
    return count


def _sheets(workbook: CalamineWorkbook, title: str, signs: Sequence[Signs]) -> Iterator[Page]:
    sheets = workbook.sheets_metadata
    hidden = [sheet.name for sheet in sheets if not _is_visible(sheet)]
    yield Page([Element("title", title)] if title else [], 0, len(sheets), notices=_notices(hidden))
    for position, sheet in enumerate(sheets, start=1):
        shown = signs[position - 1] if len(signs) == len(sheets) else {}
        elements = _elements(workbook, position - 1, shown) if _is_visible(sheet) else iter(())
        first = next(elements, None)
        if first is not None and (len(sheets) > 1 or not _UNNAMED.fullmatch(sheet.name)):
            # Not of the first level: a sheet's name is no workbook's title.
            yield Page([Element("heading", sheet.name, level=2)], position, len(sheets))
        while first is not None:
            yield Page([first], position, len(sheets))
            first = next(elements, None)
        yield Page([], position, len(sheets))


def _is_visible(sheet: SheetMetadata) -> bool:
    return sheet.visible == SheetVisibleEnum.Visible


def _notices(hidden: list[str]) -> tuple[str, ...]:
    names = ", ".join(f"“{name}”" for name in hidden)
    return (f"Hidden sheets were left out: {names}.",) if hidden else ()


def _elements(workbook: CalamineWorkbook, position: int, signs: Signs) -> Iterator[Element]:
    sheet = workbook.get_sheet_by_index(position)
    # Of the whole sheet: below a blank line the values stand under the same columns.
    used = sorted({
        at for row in sheet.iter_rows() for at, value in enumerate(row) if value != ""
    })  # fmt: skip
    for filled, block in groupby(_texts(sheet, signs), key=any):
        if filled:
            yield from _block(_trimmed([[row[at] for at in used] for row in block]))


def _texts(sheet: CalamineSheet, signs: Signs) -> Iterator[list[str]]:
    """Yield the rows as they are shown; a cell that spans rows is repeated in each."""
    # Rows count from the sheet's first, columns from its first that is filled.
    _, left = sheet.start or (0, 0)
    spans = {
        (first[0], first[1] - left): last[0]
        for first, last in sheet.merged_cell_ranges or ()
        if last[0] > first[0]
    }
    above: dict[int, tuple[str, int]] = {}
    for number, row in enumerate(sheet.iter_rows()):
        texts = [_shown(value, signs.get((number, at + left))) for at, value in enumerate(row)]
        # A title over several rows is told once.
        for at, (text, last) in above.items() if any(texts) else ():
            if number <= last and at < len(texts):
                texts[at] = texts[at] or text
        for at, text in enumerate(texts):
            # A long text repeated in every row would multiply the document.
            if (number, at) in spans and len(text) <= _REPEATED:
                above[at] = text, spans[number, at]
        yield texts


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows without what is empty in all of them at either side."""
    used = {column for row in rows for column, text in enumerate(row) if text}
    first, last = min(used, default=0), max(used, default=-1)
    return [row[first : last + 1] for row in rows]


def _block(rows: list[list[str]]) -> Iterator[Element]:
    """Yield neighbouring rows: lines of a single cell as prose, the rest as a table."""
    start = 0
    while start < len(rows) and sum(map(bool, rows[start])) == 1:
        start += 1
    if start:
        yield Element("paragraph", "\n".join(filter(None, map("".join, rows[:start]))))
    lines = [_line(row) for row in _trimmed(rows[start:])]
    if len(lines) == 1:
        yield Element("table", lines[0])
    # One element of a long table would be held in memory several times over.
    for first in range(1, len(lines), _ROWS):
        text = "\n".join([lines[0], *lines[first : first + _ROWS]])
        yield Element("table", text, header=lines[0])


def _line(row: Iterable[str]) -> str:
    cells = list(row)
    while cells and not cells[-1]:
        cells.pop()
    return " | ".join(cells)


def _shown(value: Any, sign: Sign | None = None) -> str:
    """Return a cell's value as a reader would write it."""
    match value:
        case str():
            return " ".join(value.split())
        case bool():
            return str(value).upper()
        case float() | int():
            return sign.shown(value, _number(value)) if sign else _number(value)
        case date() | time():
            return _moment(value)
        case timedelta():
            return _duration(value)
        case _:
            return ""


def _number(value: float) -> str:
    # Beyond 15 digits a spreadsheet keeps and shows nothing but rounding errors.
    if float(value).is_integer() and abs(value) < 10**_EXACT_DIGITS:
        return str(int(value))
    return format(value, f".{_EXACT_DIGITS}g")


def _moment(value: date | time) -> str:
    if isinstance(value, datetime):
        moment = "" if value.time() == time() else f" {_moment(value.time())}"
        return value.date().isoformat() + moment
    if isinstance(value, time):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    return value.isoformat()


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, second = divmod(abs(seconds), 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{second:02}"
