"""Let the model write, check what it says as it says it, and stop it when nobody wants it."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter

from functions.generate.progress import Progress
from functions.generate.safety import make_safe
from functions.generate.verification import Checker
from functions.runtime.ollama.client import Completion, Message, OllamaClient, OllamaError, Piece
from functions.runtime.stopwatch import Stopwatch

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Written:
    """What came of one prompt; no completion where the model was stopped, or failed."""

    completion: Completion | None = None
    first_token_ms: float | None = None
    stopped: bool = False
    failed: bool = False
    began: float = field(default_factory=perf_counter)

    @property
    def is_cut(self) -> bool:
        """Whether the last sentence may lack its end."""
        return self.completion is None or self.completion.done_reason == "length"

    def note_first_token(self) -> None:
        """Remember when the first word came."""
        if self.first_token_ms is None:
            self.first_token_ms = round((perf_counter() - self.began) * 1000, 2)


async def write(
    model: OllamaClient,
    messages: Sequence[Message],
    *,
    checker: Checker,
    progress: Progress,
    watch: Stopwatch,
) -> Written:
    """Feed the checker with what the model writes, until it ends, fails or somebody stops it.

    Raises LeaseLostError where the question is another's by now.
    """
    written = Written()
    with watch.stage("writing"):
        reading = asyncio.create_task(
            _read(model, messages, checker=checker, progress=progress, written=written)
        )
        reporting = asyncio.create_task(progress.report_until_stopped())
        try:
            await asyncio.wait({reading, reporting}, return_when=asyncio.FIRST_COMPLETED)
            written.stopped = reporting.done() and not reading.done()
        finally:
            # Closing the stream stops the model.
            await _ended(reading, reporting)
    for task in (reporting, reading):
        if not task.cancelled():
            task.result()
    return written


async def _read(
    model: OllamaClient,
    messages: Sequence[Message],
    *,
    checker: Checker,
    progress: Progress,
    written: Written,
) -> None:
    try:
        async with aclosing(model.stream(messages)) as pieces:
            async for piece in pieces:
                await _take(piece, checker=checker, progress=progress, written=written)
    except OllamaError as error:
        log.warning("the model failed", extra={"reason": error.message})
        written.failed = True


async def _take(piece: Piece, *, checker: Checker, progress: Progress, written: Written) -> None:
    if piece.text:
        written.note_first_token()
        progress.stage = "writing"
        # The model's own words: none of its links is a citation's.
        progress.partial = make_safe(await checker.feed(piece.text))
    written.completion = piece.completion


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
