"""Questions go before documents: somebody waits for them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

# Under a flood of questions a document still moves by a passage a second.
MOST_WAITED_SECONDS: Final = 1.0


class QuestionsFirst:
    """Passages wait while anything urgent is embedded, for a second at most."""

    def __init__(self) -> None:
        self._urgent = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Hold passages back while the body runs."""
        self._urgent += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._idle.set()

    async def turn(self) -> None:
        """Wait until nothing urgent is under way, or for long enough."""
        if self._idle.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_WAITED_SECONDS):
                await self._idle.wait()
