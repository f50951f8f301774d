import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """What a broker may do to events and seldom does on a laptop.

    ``duplicate``: every event is delivered twice, at once. ``reorder``: every other event waits
    until the next has overtaken it, for so many seconds at most. ``drop``: the share of events that
    is accepted and lost, 1.0 for all. ``delay``: seconds before anything is delivered.
    ``drop_on_restart``: what is in flight when the broker stops is lost. ``seed``: which are lost.
    """

    duplicate: bool = False
    reorder: float = 0.0
    drop: float = 0.0
    delay: float = 0.0
    drop_on_restart: bool = False
    seed: int = 0


class Turbulence:
    """Chaos at work: remembers which event is being held back."""

    def __init__(self, chaos: Chaos, *, sleep: Callable[[float], Awaitable[object]]) -> None:
        self._chaos = chaos
        self._sleep = sleep
        self._random = random.Random(chaos.seed)  # noqa: S311 -- repeatable, not secret
        self._held: asyncio.Event | None = None

    @property
    def copies(self) -> int:
        """How often each event is delivered."""
        return 2 if self._chaos.duplicate else 1

    @property
    def drops_on_restart(self) -> bool:
        """Whether what is in flight when the broker stops is lost."""
        return self._chaos.drop_on_restart

    def loses(self) -> bool:
        """Tell whether the next event is lost."""
        return self._random.random() < self._chaos.drop

    def release(self) -> None:
        """Let go the event that is held back."""
        if self._held is not None:
            self._held.set()
            self._held = None

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Hold an event as long as it must wait; leaving lets go the one it has overtaken."""
        if self._chaos.delay:
            await self._sleep(self._chaos.delay)
        if not self._chaos.reorder:
            yield
            return
        overtaken, self._held = self._held, None
        if overtaken is None:
            await self._hold()
        try:
            yield
        finally:
            if overtaken is not None:
                overtaken.set()

    async def _hold(self) -> None:
        self._held = gate = asyncio.Event()
        with suppress(TimeoutError):
            await asyncio.wait_for(gate.wait(), self._chaos.reorder)
        if self._held is gate:
            self._held = None
