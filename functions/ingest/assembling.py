import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from functions.ingest.parsers.elements import Element
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import (
    CSV,
    JSON,
    MARKDOWN,
    PDF,
    PLAIN,
    SOURCE,
    Block,
    BlockKind,
    MediaType,
    ParsedDocument,
)
from functions.ingest.text import clean

_SEPARATOR: Final = "\n\n"
_TITLE_LENGTH: Final = 200
_NAMED_BY_FILE: Final = frozenset({CSV, JSON, PDF, PLAIN, SOURCE})
_SPACES = re.compile(r"\s+")


def assemble(
    elements: Iterable[Element],
    *,
    media_type: MediaType,
    name: str,
    pages: int | None = None,
    notices: tuple[str, ...] = (),
) -> ParsedDocument:
    """Return the document its elements make, cleaned, each with its place and headings.

    Raises UnreadableDocumentError (`empty`) where nothing is left.
    """
    elements = [_cleaned(element) for element in elements]
    title, outermost = _title(elements, media_type, name)
    assembly = _Assembly(outermost=outermost)
    for element in elements:
        if element.kind != "title" and element.text.strip():
            assembly.add(element, element.kind)
    if not assembly.blocks:
        raise UnreadableDocumentError("empty")
    return ParsedDocument(
        media_type=media_type,
        title=title,
        text=_SEPARATOR.join(block.text for block in assembly.blocks),
        blocks=tuple(assembly.blocks),
        pages=pages,
        notices=notices,
    )


class _Assembly:
    def __init__(self, *, outermost: int) -> None:
        self.blocks: list[Block] = []
        self._outermost = outermost
        self._headings: list[tuple[int, str]] = []
        self._position = 0

    def add(self, element: Element, kind: BlockKind) -> None:
        if kind == "heading":
            self._enter(element.level, element.text)
        start = self._position
        end = start + len(element.text)
        self.blocks.append(
            Block(
                kind=kind,
                text=element.text,
                start=start,
                end=end,
                heading_path=tuple(text for _, text in self._headings),
                page=element.page,
                header=element.header or None,
            )
        )
        self._position = end + len(_SEPARATOR)

    def _enter(self, level: int, text: str) -> None:
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        if level > self._outermost:
            self._headings.append((level, text))


def _cleaned(element: Element) -> Element:
    text = clean(element.text).strip("\n").rstrip()
    if element.kind in {"title", "heading"}:
        text = _SPACES.sub(" ", text).strip()
    header = clean(element.header).strip() if element.header else None
    return element._replace(text=text, header=header)


def _title(elements: Iterable[Element], media_type: MediaType, name: str) -> tuple[str, int]:
    """Return the title, and the heading level that it takes out of every heading path."""
    file_name = _file_name(name, media_type)
    if media_type in _NAMED_BY_FILE:
        return file_name, 0
    headings = [element for element in elements if element.kind == "heading" and element.text]
    first_level = [element.text for element in headings if element.level == 1]
    stated = [element.text for element in elements if element.kind == "title" and element.text]
    candidates = (*first_level, *stated) if media_type == MARKDOWN else (*stated, *first_level)
    if not candidates:
        return file_name, 0
    title = candidates[0]
    # The one first-level heading is the title; repeating it in every path would say nothing.
    said = len(first_level) == 1 and first_level[0].casefold() in title.casefold()
    return title[:_TITLE_LENGTH], 1 if said else 0


def _file_name(name: str, media_type: MediaType) -> str:
    # Where code lies says what it is; of other files the folders say little.
    shown = name if media_type == SOURCE else PurePosixPath(name).name
    return _SPACES.sub(" ", clean(shown)).strip()[:_TITLE_LENGTH] or "Untitled"
