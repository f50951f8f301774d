"""Web addresses members want read: checked by their form. Where they lead is the worker's care."""

import re
from urllib.parse import urlsplit, urlunsplit

from functions.discord import responses

LONGEST_ADDRESS = 2000
UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
USUAL_PORTS = {"http": 80, "https": 443}
DISCORD = re.compile(r"(?:\w+\.)?discord(?:app)?\.com")


class AddressError(Exception):
    """The address will not do; the message says why, to whoever gave it."""


def web_address(words: str) -> str:
    """Return an address in the one spelling by which a page is known; or raise AddressError."""
    if len(words) > LONGEST_ADDRESS:
        raise AddressError(responses.LONG_ADDRESS)
    try:
        parts = urlsplit(words)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressError(responses.NO_WEB_ADDRESS) from error
    if UNFIT.search(words) or parts.scheme not in USUAL_PORTS or not host:
        raise AddressError(responses.NO_WEB_ADDRESS)
    if parts.username is not None or parts.password is not None:
        raise AddressError(responses.PRIVATE_ADDRESS)
    if DISCORD.fullmatch(host) and parts.path.startswith("/channels/"):
        raise AddressError(responses.MESSAGE_ADDRESS)
    place = f"[{host}]" if ":" in host else host
    if port not in {None, USUAL_PORTS[parts.scheme]}:
        place = f"{place}:{port}"
    return urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
