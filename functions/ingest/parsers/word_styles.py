import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from functions.ingest.parsers.office import WORD, number, switched_on

_VALUE: Final = f"{WORD}val"
# Word keeps the names of its own styles in English, whatever the language shown.
_HEADING = re.compile(r"heading ([1-9])")
_CONTENTS = re.compile(r"toc [1-9]|table of (?:figures|authorities)")
_CODE: Final = frozenset({
    "code", "html preformatted", "macro text", "preformatted text", "source code",
})  # fmt: skip
_BODY_LEVEL: Final = 9
_LEVELS: Final = 9
_LINEAGE: Final = 12
_PATTERN_LENGTH: Final = 40
_PLACE = re.compile(r"%([1-9])")
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ROMAN_END: Final = 4_000
_LETTERS: Final = 26
_LETTERS_END: Final = 10 * _LETTERS


class NumberingPlace(NamedTuple):
    """Which list a paragraph belongs to, and how deep."""

    list_id: str
    level: int


class Style(NamedTuple):
    """What a paragraph or character style says about its text; `level` is 0 for body text."""

    level: int = 0
    numbering: NumberingPlace | None = None
    hidden: bool = False
    is_title: bool = False
    is_contents: bool = False
    is_code: bool = False
    is_quote: bool = False


class _ListLevel(NamedTuple):
    form: str = "decimal"
    pattern: str = ""
    start: int = 1


_PLAIN: Final = Style()


class Styles:
    """The styles of a document, each with what it inherits."""

    def __init__(self, root: etree._Element | None) -> None:
        elements = () if root is None else root.iter(f"{WORD}style")
        self._elements = {element.get(f"{WORD}styleId", ""): element for element in elements}
        self._known: dict[str, Style] = {}

    def get(self, identifier: str) -> Style:
        """Return a style by its identifier; an unknown one is plain."""
        if identifier not in self._elements:
            return _PLAIN
        if identifier not in self._known:
            self._known[identifier] = _style(list(self._lineage(identifier)))
        return self._known[identifier]

    def _lineage(self, identifier: str) -> Iterator[etree._Element]:
        seen: set[str] = set()
        # A style may be based on itself, by way of others, or on thousands.
        while identifier in self._elements and identifier not in seen and len(seen) < _LINEAGE:
            seen.add(identifier)
            yield self._elements[identifier]
            based_on = self._elements[identifier].find(f"{WORD}basedOn")
            identifier = "" if based_on is None else based_on.get(_VALUE, "")


class Numbering:
    """The lists of a document; it counts along as its labels are asked for in order."""

    def __init__(self, root: etree._Element | None) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[str, dict[int, _ListLevel]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        if root is not None:
            self._define(root)

    def _define(self, root: etree._Element) -> None:
        for element in root.iter(f"{WORD}abstractNum"):
            identifier = element.get(f"{WORD}abstractNumId", "")
            self._levels[identifier] = dict(_list_levels(element))
        for element in root.iter(f"{WORD}num"):
            abstract = element.find(f"{WORD}abstractNumId")
            identifier = element.get(f"{WORD}numId", "")
            self._lists[identifier] = "" if abstract is None else abstract.get(_VALUE, "")
            self._restarts[identifier] = dict(_restarts(element))

    def label(self, place: NumberingPlace) -> str:
        """Return the next paragraph's label in its list: "-", "2." or "1.3"; "" for none."""
        if place.list_id not in self._lists:
            return ""
        abstract = self._lists[place.list_id]
        levels = self._levels.get(abstract, {})
        counters = self._counters.setdefault(abstract, {})
        # Lists of one definition count on, unless a list says where it starts.
        counters |= {
            level: start - 1 for level, start in self._restarts.pop(place.list_id, {}).items()
        }
        current = levels.get(place.level, _ListLevel())
        counters[place.level] = counters.get(place.level, current.start - 1) + 1
        for deeper in [level for level in counters if level > place.level]:
            del counters[deeper]
        return _label(current, place.level, levels, counters)


def place_of(properties: etree._Element | None) -> NumberingPlace | None:
    """Return the list that a paragraph's properties name; list "0" takes it out of any."""
    element = None if properties is None else properties.find(f"{WORD}numPr")
    if element is None:
        return None
    identifier = element.find(f"{WORD}numId")
    level = number(element.find(f"{WORD}ilvl"), _VALUE)
    return NumberingPlace(
        "0" if identifier is None else identifier.get(_VALUE, "0"), min(max(level, 0), _LEVELS - 1)
    )


def outline_level(properties: etree._Element | None) -> int | None:
    """Return a heading's depth from 1, 0 for body text, None where nothing is said."""
    element = None if properties is None else properties.find(f"{WORD}outlineLvl")
    if element is None:
        return None
    level = number(element, _VALUE, _BODY_LEVEL)
    return level + 1 if 0 <= level < _BODY_LEVEL else 0


def _style(lineage: list[etree._Element]) -> Style:
    names = [_name(element) for element in lineage]
    properties = [element.find(f"{WORD}pPr") for element in lineage]
    levels = map(_heading_level, lineage)
    return Style(
        level=next((level for level in levels if level is not None), 0),
        numbering=next(filter(None, map(place_of, properties)), None),
        hidden=any(_hidden(element) for element in lineage),
        is_title=names[0] == "title",
        is_contents=any(_CONTENTS.fullmatch(name) for name in names),
        is_code=any(name in _CODE for name in names),
        is_quote=any("quot" in name for name in names),
    )


def _heading_level(element: etree._Element) -> int | None:
    level = outline_level(element.find(f"{WORD}pPr"))
    if level is not None:
        return level
    named = _HEADING.fullmatch(_name(element))
    return int(named[1]) if named else None


def _name(element: etree._Element) -> str:
    name = element.find(f"{WORD}name")
    return "" if name is None else name.get(_VALUE, "").lower()


def _hidden(element: etree._Element) -> bool:
    return switched_on(element.find(f"{WORD}rPr/{WORD}vanish"), _VALUE)


def _list_levels(element: etree._Element) -> Iterator[tuple[int, _ListLevel]]:
    for level in element.iterchildren(f"{WORD}lvl"):
        form, pattern = level.find(f"{WORD}numFmt"), level.find(f"{WORD}lvlText")
        yield (
            number(level, f"{WORD}ilvl"),
            _ListLevel(
                form="decimal" if form is None else form.get(_VALUE, "decimal"),
                # Every paragraph repeats it: an endless one would multiply the text.
                pattern="" if pattern is None else pattern.get(_VALUE, "")[:_PATTERN_LENGTH],
                start=number(level.find(f"{WORD}start"), _VALUE, 1),
            ),
        )


def _restarts(element: etree._Element) -> Iterator[tuple[int, int]]:
    for override in element.iterchildren(f"{WORD}lvlOverride"):
        start = override.find(f"{WORD}startOverride")
        if start is not None:
            yield number(override, f"{WORD}ilvl"), number(start, _VALUE, 1)


def _label(
    current: _ListLevel, depth: int, levels: dict[int, _ListLevel], counters: dict[int, int]
) -> str:
    if current.form == "bullet":
        return "-"
    if current.form == "none":
        return ""

    def count(match: re.Match[str]) -> str:
        level = int(match[1]) - 1
        counted = levels.get(level, _ListLevel())
        return _numeral(counters.get(level, counted.start), counted.form)

    return _PLACE.sub(count, current.pattern or f"%{depth + 1}.").strip()


def _numeral(value: int, form: str) -> str:
    upper = form.startswith("upper")
    if form.endswith("Roman") and 0 < value < _ROMAN_END:
        text = _roman(value)
    elif form.endswith("Letter") and 0 < value <= _LETTERS_END:
        text = chr(ord("a") + (value - 1) % _LETTERS) * ((value - 1) // _LETTERS + 1)
    else:
        text = str(value)
    return text.upper() if upper else text


def _roman(value: int) -> str:
    text = ""
    for size, letters in _ROMAN:
        text += letters * (value // size)
        value %= size
    return text
