import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from functions.ingest.assembling import assemble
from functions.ingest.parser_process import Frame, ParserFormat, ParserLimits, read_document
from functions.ingest.parsers.elements import Element
from functions.ingest.parsers.plain import paragraphs
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import MARKDOWN, PDF, PLAIN, MediaType, ParsedDocument
from functions.ingest.sniffing import sniff
from functions.ingest.text import clean, decode

Progress = Callable[[int, int], Awaitable[None]]

DEFAULT_LIMITS: Final = ParserLimits()
_PAGES_NAMED: Final = 10
_NOT_UTF_8: Final = (
    "This file is not UTF-8; it was read as Western European (Windows-1252). "
    "If letters look wrong, save it as UTF-8 and upload it again."
)
_STRUCTURE_LOST: Final = "This Markdown is too large or too deep; it was read as plain text."


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
    if media_type == PDF:
        return await _parse_pdf(document_bytes, name=name, progress=progress, limits=limits)
    return await _parse_text(document_bytes, media_type, name=name, limits=limits)


async def _parse_pdf(
    document_bytes: bytes, *, name: str, progress: Progress | None, limits: ParserLimits
) -> ParsedDocument:
    elements, unreadable, total = await _collect(document_bytes, "pdf", limits, progress)
    if not any(element.text.strip() for element in elements):
        raise UnreadableDocumentError("no_text")
    seen = {element.page for element in elements}.union(unreadable)
    blank = [number for number in range(1, total + 1) if number not in seen]
    notices = (
        *_page_notice(unreadable, "are damaged and could not be read"),
        *_page_notice(blank, "hold no text; they may be empty or scanned images"),
    )
    return await asyncio.to_thread(
        assemble, elements, media_type=PDF, name=name, pages=total, notices=notices
    )


async def _parse_text(
    document_bytes: bytes, media_type: MediaType, *, name: str, limits: ParserLimits
) -> ParsedDocument:
    raw, encoding = decode(document_bytes)
    notices = [_NOT_UTF_8] if encoding == "windows-1252" else []
    text = await asyncio.to_thread(clean, raw)
    elements: Iterable[Element] = paragraphs(text)
    if media_type == MARKDOWN:
        try:
            elements, _, _ = await _collect(text.encode(), "markdown", limits, None)
        except UnreadableDocumentError:
            # Any text is valid Markdown: only its size or nesting can be too much.
            media_type = PLAIN
            notices.append(_STRUCTURE_LOST)
    return await asyncio.to_thread(
        assemble, elements, media_type=media_type, name=name, notices=tuple(notices)
    )


async def _collect(
    document_bytes: bytes, parser: ParserFormat, limits: ParserLimits, progress: Progress | None
) -> tuple[list[Element], list[int], int]:
    elements: list[Element] = []
    unreadable: list[int] = []
    total = 0

    async def receive(frame: Frame) -> None:
        nonlocal total
        elements.extend(frame.elements)
        unreadable.extend(frame.unreadable)
        total = frame.total or total
        if progress is not None and frame.total:
            await progress(frame.done, frame.total)

    await read_document(document_bytes, parser=parser, limits=limits, receive=receive)
    return elements, unreadable, total


def _page_notice(numbers: Sequence[int], what: str) -> tuple[str, ...]:
    if not numbers:
        return ()
    named = ", ".join(str(number) for number in numbers[:_PAGES_NAMED])
    more = len(numbers) - _PAGES_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return (f"These pages {what}: {named}{rest}.",)
