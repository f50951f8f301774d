"""Web addresses that somebody wants read: checked by their form, before anything is fetched."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from functions.runtime.errors import InvalidRequestError

LONGEST_ADDRESS = 2000
SCHEMES = frozenset({"http", "https"})
USUAL_PORTS = {"http": 80, "https": 443}
UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
EXAMPLE = "Write it as in https://example.org/handbook."


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise InvalidRequestError(f"That is not a web address. {EXAMPLE}") from error
    return parts


def web_address(words: str) -> str:
    """Return an address in one spelling, so that the same page is known again.

    Where it leads is judged by whoever fetches it: a name may mean another machine by then.
    """
    address = words.strip()
    if not address or UNFIT.search(address):
        raise InvalidRequestError(f"That is not a web address. {EXAMPLE}")
    if len(address) > LONGEST_ADDRESS:
        raise InvalidRequestError(
            f"The address is longer than {LONGEST_ADDRESS} characters. Give a shorter one."
        )
    parts = _split(address)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise InvalidRequestError(f"Only http and https addresses can be read. {EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise InvalidRequestError(
            "The address holds a name or a password, which would be shown to members."
            " Leave it out; only pages that need no sign-in can be read."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, USUAL_PORTS[parts.scheme]} else f":{parts.port}"
    return urlunsplit((parts.scheme, host + port, parts.path or "/", parts.query, ""))
