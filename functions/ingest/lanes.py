"""Two lanes for documents, so that one that takes minutes holds up none that takes a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec

from functions.ingest.parser_process import ParserLimits
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import ParsedDocument

QUICK_SEATS: Final = 4
T = TypeVar("T")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading of a document may take: its parser's limits, characters of text."""

    limits: ParserLimits
    characters: int | None = None


# A hundred pages of PDF, or of plain text, are read within this. Past it, what was done is done
# again in the other lane, which costs a document of minutes two seconds.
QUICK: Final = Pace(limits=ParserLimits(processor=2, wall=30.0), characters=400_000)
SLOW: Final = Pace(limits=ParserLimits())


class HeavyDocumentError(Exception):
    """This document takes longer than the quick lane gives."""


class Lanes:
    """The seats of one worker: four for what is quick, one for what is not.

    Measured with twenty hostile files before there were lanes: they held every seat, and a short
    text beside them took seven times as long as alone, at worst 67 s.
    """

    def __init__(self) -> None:
        self._quick = asyncio.Semaphore(QUICK_SEATS)
        self._slow = asyncio.Semaphore(1)

    async def through(self, read: Callable[[Pace], Awaitable[T]]) -> T:
        """Read in the quick lane, and again in the slow one where that was not enough."""
        try:
            async with self._quick:
                return await read(QUICK)
        except HeavyDocumentError:
            async with self._slow:
                return await read(SLOW)


async def at_pace(parsing: Awaitable[ParsedDocument], pace: Pace) -> ParsedDocument:
    """Return what parsing gives; raise HeavyDocumentError where it is too much for the pace."""
    try:
        parsed = await parsing
    except UnreadableDocumentError as error:
        if error.reason == "too_slow" and pace is QUICK:
            raise HeavyDocumentError from error
        raise
    if pace.characters is not None and len(parsed.text) > pace.characters:
        raise HeavyDocumentError
    return parsed
