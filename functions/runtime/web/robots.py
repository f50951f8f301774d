"""What sites ask of programs that read them (robots.txt, RFC 9309)."""

import asyncio
import time
from typing import Final

import msgspec
from protego import Protego

from functions.runtime.web.addresses import origin, read_address
from functions.runtime.web.client import AGENT, PageRefusedError, WebClient

# RFC 9309 wants at least 500 KiB read; what a site says beyond that is not its rules.
MAXIMUM_BYTES: Final = 512 * 1024
KEPT_SECONDS: Final = 600.0
KEPT_SITES: Final = 256
LONGEST_DELAY: Final = 30.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """One site's rules; ``delay`` is the seconds it wants between two pages, at most 30."""

    robots: Protego
    delay: float

    def allows(self, url: str) -> bool:
        """Tell whether the site lets us read this page."""
        return bool(self.robots.can_fetch(url, AGENT))


class Robots:
    """Keeps the rules of the sites met lately."""

    def __init__(self, web: WebClient, *, allowed: frozenset[str] = frozenset()) -> None:
        self._web = web
        self._allowed = allowed
        self._kept: dict[str, tuple[float, Rules]] = {}

    async def rules(self, url: str) -> Rules:
        """Return the rules for the site of this address.

        A site without the file allows everything; one that cannot show it raises TryLaterError.
        """
        site = origin(read_address(url, allowed=self._allowed))
        until, rules = self._kept.get(site, (0.0, None))
        if rules is None or until < time.monotonic():
            rules = await self._ask(site)
            if len(self._kept) >= KEPT_SITES:
                self._kept.pop(next(iter(self._kept)))
            self._kept[site] = (time.monotonic() + KEPT_SECONDS, rules)
        return rules

    async def _ask(self, site: str) -> Rules:
        try:
            answer = await self._web.get(f"{site}/robots.txt", maximum=MAXIMUM_BYTES)
        except PageRefusedError:
            # Absent, closed, huge or elsewhere: the RFC counts each as "no rules".
            return Rules(robots=Protego(), delay=0.0)
        text = answer.content.decode("utf-8", "replace")
        robots = await asyncio.to_thread(Protego.parse, text)
        delay = robots.crawl_delay(AGENT) or 0.0
        return Rules(robots=robots, delay=min(max(delay, 0.0), LONGEST_DELAY))
