"""How long to wait for Discord, and when to stop."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import Any

import msgspec

# Our edit can reach Discord before Discord has read our promise of it: then it answers 404 for a
# moment (discord/discord-api-docs issues 6851 and 7220).
EARLY_WAITS = (0.5, 1.0, 2.0, 4.0)
# Only a young interaction is not known yet. Ten seconds would do, were our clock Discord's.
EARLY_AGE = timedelta(seconds=60)
BROKEN_WAITS = (0.5, 1.0, 2.0)
LIMITED_TIMES = 5
# Who is told to wait for longer gives its lease back and comes again.
LONGEST_WAIT = 15.0
NOT_FOUND = 404
RATE_LIMITED = 429
SERVER_ERROR = 500


class Clock:
    """The time and how it passes; a test's own passes at once."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


REAL_CLOCK = Clock()


class Sending(Enum):
    """How far a request came."""

    NEVER_LEFT = "never left"
    LOST = "lost"
    ANSWERED = "answered"


class Answer(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An answer of Discord's, or that there was none."""

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = {}
    sending: Sending = Sending.ANSWERED

    @property
    def succeeded(self) -> bool:
        """Whether Discord did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range of success

    @property
    def was_not_done(self) -> bool:
        """Whether it is certain that Discord did nothing."""
        return self.sending is Sending.NEVER_LEFT or self.status == RATE_LIMITED

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later."""
        if self.sending is not Sending.ANSWERED:
            return True
        return self.status == RATE_LIMITED or self.status >= SERVER_ERROR

    @cached_property
    def _fields(self) -> dict[str, Any]:
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.DecodeError:
            # Whatever stands before Discord answers in HTML.
            return {}

    @property
    def code(self) -> int:
        """Discord's own code of what is wrong, 0 where there is none."""
        code = self._fields.get("code", 0)
        return code if isinstance(code, int) else 0

    @property
    def message(self) -> str:
        """Discord's words for what is wrong."""
        return str(self._fields.get("message", f"status {self.status}"))

    @property
    def retry_after(self) -> float:
        """The seconds Discord wants us to wait; its body is finer than its header."""
        try:
            return float(self._fields.get("retry_after", self.headers.get("retry-after", 1)))
        except (TypeError, ValueError):
            return 1.0


class Patience:
    """The waits that one request has left."""

    def __init__(self, *, age: timedelta, repeatable: bool) -> None:
        self._early = iter(EARLY_WAITS if age < EARLY_AGE else ())
        self._broken = iter(BROKEN_WAITS)
        self._limited = iter(range(LIMITED_TIMES))
        self._repeatable = repeatable

    def pause(self, answer: Answer) -> float | None:
        """Return the seconds before the next attempt, or None for no more attempts."""
        if answer.status == NOT_FOUND:
            return next(self._early, None)
        if answer.status == RATE_LIMITED:
            short = answer.retry_after <= LONGEST_WAIT
            return answer.retry_after if short and next(self._limited, None) is not None else None
        if answer.is_transient and (self._repeatable or answer.was_not_done):
            return next(self._broken, None)
        return None
