"""What a spreadsheet shows beside a number: percent and currency, which calamine leaves out."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from lxml import etree

from functions.ingest.parsers.office import RELATION, Package

_SHEETS: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# ECMA-376 part 1, 18.8.30: formats that no file spells out.
_BUILT_IN: Final = {9: "0%", 10: "0.00%"}
_CURRENCY = re.compile(r"\[\$([^\]-]{1,5})[^\]]*\]|\"\s?([A-Z]{3}|[^\w\s\"]{1,3})\s?\"|([$€£¥₹])")
_LITERAL = re.compile(r"\"[^\"]*\"|\\.")
_PLACE = re.compile(r"[0#?]")
# An empty cell with a style ends where it begins, or has nothing within.
_ADDRESSED = re.compile(rb"<(?:[\w.-]+:)?c\s([^<>]*+)(?<!/)>(?!</)")
_ADDRESS = re.compile(rb"\br\s*=\s*[\"']\$?([A-Za-z]{1,7})\$?([0-9]{1,19})[\"']")
_STYLE = re.compile(rb"\bs\s*=\s*[\"']([0-9]{1,9})[\"']")
# More than anybody sets by hand; each takes a hundred bytes.
_MOST: Final = 200_000
_LETTERS: Final = 26
_DIGITS: Final = 12
PERCENT: Final = "%"


class Sign(NamedTuple):
    """What stands before or after a number; of a share the hundredfold is shown."""

    text: str
    is_first: bool = False
    is_share: bool = False

    def shown(self, value: float, plain: str) -> str:
        """Return a number as the sheet shows it."""
        if self.is_share:
            return f"{value * 100:.{_DIGITS}g} {self.text}"
        if not self.is_first:
            return f"{plain} {self.text}"
        return f"-{self.text}{plain[1:]}" if plain.startswith("-") else f"{self.text}{plain}"


Signs = Mapping[tuple[int, int], Sign]


class Formats:
    """The formats of a workbook's cells, noted sheet by sheet while those are read."""

    def __init__(self, package: Package) -> None:
        main = package.main_part()
        relations = package.relations(main)
        found = (
            relations.get(sheet.get(f"{RELATION}id", ""))
            for sheet in package.part(main).iter(f"{_SHEETS}sheet")
        )
        self._parts = [relation.target.lower() if relation else "" for relation in found]
        self._styles = _styles(package, main)
        self._signs: dict[str, Signs] = {}
        self._left = _MOST

    def note(self, part: str, content: bytes) -> None:
        """Note what the cells of a sheet show."""
        if self._styles and part.lower() in self._parts:
            signed = (
                (place, sign)
                for place, style in _cells(content)
                if (sign := self._styles.get(style)) is not None
            )
            signs = dict(islice(signed, self._left))
            self._left -= len(signs)
            self._signs[part.lower()] = signs

    def by_sheet(self) -> list[Signs]:
        """Return for each sheet, in the workbook's order, what its cells show, counted from 0."""
        return [self._signs.get(part, {}) for part in self._parts]


def _styles(package: Package, main: str) -> dict[int, Sign]:
    name = package.related(main, "styles")
    root = package.part(name) if name else etree.Element("none")
    codes = _BUILT_IN | {
        int(number): element.get("formatCode", "")
        for element in root.iter(f"{_SHEETS}numFmt")
        if (number := element.get("numFmtId", "")).isdecimal()
    }
    formats = (
        element.get("numFmtId", "") for element in root.iterfind(f"{_SHEETS}cellXfs/{_SHEETS}xf")
    )
    signs = ((at, _sign(codes.get(int(number) if number.isdecimal() else 0, "")))
             for at, number in enumerate(formats))  # fmt: skip
    return {at: sign for at, sign in signs if sign is not None}


def _sign(code: str) -> Sign | None:
    # The part for positive numbers says what the others say as well.
    code = code.partition(";")[0]
    if PERCENT in code:
        # One that is quoted stands beside the number as it is.
        return Sign(PERCENT, is_share=PERCENT in _LITERAL.sub("", code))
    currency, place = _CURRENCY.search(code), _PLACE.search(code)
    if currency is None or place is None:
        return None
    text = next(filter(None, currency.groups())).strip()
    return Sign(text, is_first=currency.start() < place.start())


def _cells(content: bytes) -> Iterator[tuple[tuple[int, int], int]]:
    for cell in _ADDRESSED.finditer(content):
        address, style = _ADDRESS.search(cell[1]), _STYLE.search(cell[1])
        if address and style:
            yield (int(address[2]) - 1, column(address[1]) - 1), int(style[1])


def column(letters: bytes) -> int:
    """Return a column's number, A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS + letter - ord("A") + 1
    return number
