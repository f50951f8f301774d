"""Which URLs are Discord's own file store: nothing else is ever fetched on a member's word."""

import re

from functions.runtime.settings import Simulator

# The whole URL is matched, so that no user name, port, other host, backslash or fragment fits in.
FILE = (
    r"/(?:ephemeral-)?attachments/[0-9]{1,20}/[0-9]{1,20}/[^/?#\\\s]{1,1000}(?:\?[^#\\\s]{0,1000})?"
)
DISCORD_FILE = re.compile(r"https://cdn\.discordapp\.com(?::443)?" + FILE, re.ASCII)


def simulator_origin(simulator: Simulator) -> str:
    """Return what stands before ``/api/v10`` in the simulator's URL: its files lie there."""
    return simulator.api_url.rstrip("/").removesuffix("/api/v10")


def is_attachment_url(url: str, *, simulator: Simulator | None = None) -> bool:
    """Tell whether this is a file that Discord, or the simulator in development, holds for us."""
    if DISCORD_FILE.fullmatch(url):
        return True
    if simulator is None:
        return False
    return bool(re.fullmatch(re.escape(simulator_origin(simulator)) + FILE, url, re.ASCII))
