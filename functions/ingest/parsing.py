import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from functions.ingest.assembling import assemble
from functions.ingest.parser_process import Frame, ParserLimits, read_document
from functions.ingest.parsers.elements import Element
from functions.ingest.parsers.plain import paragraphs
from functions.ingest.refusals import ParserFormat, UnreadableDocumentError
from functions.ingest.schemas import (
    CSV,
    EPUB,
    HTML,
    JSON,
    MARKDOWN,
    OLD_SHEET,
    PDF,
    PLAIN,
    SHEET,
    SLIDES,
    SOURCE,
    WORD,
    MediaType,
    ParsedDocument,
)
from functions.ingest.sniffing import sniff
from functions.ingest.text import clean, decode

Progress = Callable[[int, int], Awaitable[None]]

DEFAULT_LIMITS: Final = ParserLimits()
_PAGES_NAMED: Final = 10
_NOT_UTF_8: Final = (
    "This file is not UTF-8; it was read as Western European (Windows-1252). "
    "If letters look wrong, save it as UTF-8 and upload it again."
)
# Any text is text: where one of these cannot be read as what it seems, its words still can.
_TEXT_PARSERS: Final[dict[MediaType, ParserFormat]] = {
    MARKDOWN: "markdown",
    CSV: "delimited",
    JSON: "records",
    SOURCE: "source",
}
_BYTE_PARSERS: Final[dict[MediaType, ParserFormat]] = {
    PDF: "pdf",
    HTML: "web_page",
    EPUB: "book",
    WORD: "word",
    SLIDES: "slides",
    SHEET: "sheet",
    OLD_SHEET: "sheet",
}
_PAGED: Final = frozenset({PDF, SLIDES})
_STRUCTURE_LOST: Final[dict[MediaType, str]] = {
    MARKDOWN: "This Markdown is too large or too deep; it was read as plain text.",
    CSV: "This table's columns could not be made out; it was read as plain text.",
    JSON: "This JSON is not valid, or too large; it was read as plain text.",
}
_PAGE_WORDS: Final[dict[MediaType, str]] = {
    EPUB: "chapters",
    SLIDES: "slides",
    SHEET: "sheets",
    OLD_SHEET: "sheets",
}


@dataclass(kw_only=True)
class _Answer:
    """What a parser child said in all."""

    elements: list[Element] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    total: int = 0


async def parse(
    document_bytes: bytes,
    *,
    name: str,
    progress: Progress | None = None,
    limits: ParserLimits = DEFAULT_LIMITS,
) -> ParsedDocument:
    """Return a document's clean text and structure.

    `progress` is awaited with pages done and pages in all, at most ten times a second.
    Raises UnreadableDocumentError with a sentence for the uploader.
    """
    media_type = sniff(document_bytes, name=name)
    if media_type not in _BYTE_PARSERS:
        return await _parse_text(document_bytes, media_type, name=name, limits=limits)
    parser = _BYTE_PARSERS[media_type]
    answer = await _collect(document_bytes, parser, limits, progress)
    if not any(element.text.strip() for element in answer.elements if element.kind != "title"):
        raise UnreadableDocumentError("no_text", parser=parser)
    paged = media_type in _PAGED
    return await asyncio.to_thread(
        assemble,
        answer.elements,
        media_type=media_type,
        name=name,
        pages=answer.total if paged else None,
        notices=(*answer.notices, *_page_notices(answer, media_type)),
    )


async def _parse_text(
    document_bytes: bytes, media_type: MediaType, *, name: str, limits: ParserLimits
) -> ParsedDocument:
    raw, encoding = decode(document_bytes)
    notices = [_NOT_UTF_8] if encoding == "windows-1252" else []
    text = await asyncio.to_thread(clean, raw)
    elements: Iterable[Element] = ()
    if parser := _TEXT_PARSERS.get(media_type):
        try:
            answer = await _collect(text.encode(), parser, limits, None)
        except UnreadableDocumentError as error:
            if error.reason == "too_slow" and limits != DEFAULT_LIMITS:
                # Whoever gave it less time may give it more, and keep its structure.
                raise
            notices += _loss(media_type, error, name)
            media_type = PLAIN
        else:
            elements = answer.elements
            notices += answer.notices
    if media_type == PLAIN:
        elements = paragraphs(text)
    return await asyncio.to_thread(
        assemble, elements, media_type=media_type, name=name, notices=tuple(notices)
    )


def _loss(media_type: MediaType, error: UnreadableDocumentError, name: str) -> list[str]:
    if media_type == JSON and error.reason == "damaged" and "json" not in name.lower():
        # A text that merely begins with a bracket was never meant to be JSON.
        return []
    sentence = _STRUCTURE_LOST.get(media_type)
    return [sentence] if sentence else []


async def _collect(
    document_bytes: bytes, parser: ParserFormat, limits: ParserLimits, progress: Progress | None
) -> _Answer:
    answer = _Answer()

    async def receive(frame: Frame) -> None:
        answer.elements += frame.elements
        answer.unreadable += frame.unreadable
        answer.notices += frame.notices
        answer.total = frame.total or answer.total
        if progress is not None and frame.total:
            await progress(frame.done, frame.total)

    await read_document(document_bytes, parser=parser, limits=limits, receive=receive)
    return answer


def _page_notices(answer: _Answer, media_type: MediaType) -> Iterator[str]:
    word = _PAGE_WORDS.get(media_type, "pages")
    seen = {element.page for element in answer.elements}.union(answer.unreadable)
    blank = [number for number in range(1, answer.total + 1) if number not in seen]
    yield from _page_notice(word, answer.unreadable, "are damaged and could not be read")
    if media_type in _PAGED:
        yield from _page_notice(word, blank, "hold no text; they may be empty or scanned images")


def _page_notice(word: str, numbers: Sequence[int], what: str) -> tuple[str, ...]:
    if not numbers:
        return ()
    named = ", ".join(str(number) for number in numbers[:_PAGES_NAMED])
    more = len(numbers) - _PAGES_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return (f"These {word} {what}: {named}{rest}.",)
