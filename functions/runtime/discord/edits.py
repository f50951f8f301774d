"""Edits that show progress: one at a time, none soon after another, and nobody waits for them."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
# Discord takes about five edits in two seconds for one interaction.
EDIT_SECONDS = 1.5


class Edits:
    """The edits of one reply; who comes too early is left out, the next one says more anyway."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._editing: asyncio.Task[None] | None = None

    @property
    def is_due(self) -> bool:
        """Whether an edit may leave now."""
        waiting = self._editing is not None and not self._editing.done()
        return not waiting and time.monotonic() - self._at >= EDIT_SECONDS

    def begin(self, edit: Callable[[], Awaitable[object]]) -> None:
        """Start an edit if it is due."""
        if self.is_due:
            self._at = time.monotonic()
            self._editing = asyncio.create_task(_attempt(edit))

    async def settle(self, *, seconds: float | None = None) -> None:
        """Wait for the edit under way, and give it up after ``seconds``.

        It must not overtake what is said last.
        """
        if self._editing is None:
            return
        _, late = await asyncio.wait({self._editing}, timeout=seconds)
        if late:
            self._editing.cancel()
            await asyncio.wait(late)


async def _attempt(edit: Callable[[], Awaitable[object]]) -> None:
    try:
        await edit()
    except Exception:
        log.warning("progress not shown", exc_info=True)
