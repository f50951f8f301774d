"""The one spelling of a web address that somebody wants read: checked by its form alone.

It imports nothing heavy, since the webhook asks it before it answers.
"""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from functions.runtime.errors import InvalidRequestError

LONGEST_ADDRESS = 2000
SCHEMES = frozenset({"http", "https"})
USUAL_PORTS = {"http": 80, "https": 443}
UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
EXAMPLE = "Write it as in https://example.org/handbook."


class AddressError(InvalidRequestError):
    """That is not a web address. Write it as in https://example.org/handbook."""

    code = "address"


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise AddressError from error
    return parts


def web_address(words: str) -> str:
    """Return an address in one spelling, so that the same page is known again.

    Where it leads is judged by whoever fetches it: a name may mean another machine by then.
    """
    address = words.strip()
    if not address or UNFIT.search(address):
        raise AddressError
    # In bytes, as the index counts that knows a page again.
    if len(address.encode()) > LONGEST_ADDRESS:
        raise AddressError(
            f"The address is longer than {LONGEST_ADDRESS:,} characters. Give a shorter one."
        )
    parts = _split(address)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise AddressError(f"A web address begins with http:// or https://. {EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise AddressError(
            "The address holds a name or a password, which others would see."
            " Leave it out; only pages that need no sign-in can be read."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, USUAL_PORTS[parts.scheme]} else f":{parts.port}"
    return urlunsplit((parts.scheme, host + port, parts.path or "/", parts.query, ""))
