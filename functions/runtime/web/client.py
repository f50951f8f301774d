"""The web as far as it is read: pages of public sites, within limits, by their own rules."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec

from functions.runtime.errors import LorekeeperError, UnavailableError
from functions.runtime.web.addresses import AddressRefusedError, read_address, same_site
from functions.runtime.web.connection import PinnedTransport, Resolve, resolve
from functions.runtime.web.inflating import Inflater

AGENT: Final = "Lorekeeper"
# Some servers give programs JSON unless they ask for a page.
ACCEPT: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
MAXIMUM_BYTES: Final = 25 * 1024 * 1024
TOTAL_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 10.0
LONGEST_WAIT: Final = 3600.0
_REDIRECTS: Final = 5
_REDIRECT: Final = frozenset({301, 302, 303, 307, 308})
_CLOSED: Final = frozenset({401, 402, 403, 407, 451})
_PASSING: Final = frozenset({408, 425, 429})


class PageRefusedError(LorekeeperError):
    """This page cannot be read. Check the address and add it again."""

    status = 422
    code = "page_refused"


class TryLaterError(UnavailableError):
    """The site does not answer right now. Try it again later."""

    code = "try_later"

    def __init__(self, message: str | None = None, *, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class WebAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a site answered: a page, or that it is the one we know (``not_modified``)."""

    url: str
    content: bytes = b""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


class WebClient:
    """Fetches pages; cookies, proxies and credentials have no part in it."""

    def __init__(
        self,
        *,
        public_url: str,
        allowed: frozenset[str] = frozenset(),
        resolve: Resolve = resolve,
        total_seconds: float = TOTAL_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._agent = f"{AGENT}/0.1 (+{public_url})"
        self._allowed = allowed
        self._total_seconds = total_seconds
        self._transport = PinnedTransport(resolve=resolve, allowed=allowed)
        self._timeouts = httpx.Timeout(idle_seconds).as_dict()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        maximum: int = MAXIMUM_BYTES,
    ) -> WebAnswer:
        """Return a page of at most ``maximum`` unpacked bytes.

        Raises AddressRefusedError, PageRefusedError; TryLaterError is transient.
        """
        headers = {"user-agent": self._agent, "accept": ACCEPT, "accept-encoding": "gzip"}
        headers |= {"if-none-match": etag} if etag else {}
        headers |= {"if-modified-since": last_modified} if last_modified else {}
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._follow(url, headers, maximum)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TryLaterError("This site took too long to answer. Try it again later.") from error
        except httpx.TransportError as error:
            raise _explained(error) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def _follow(self, url: str, headers: Mapping[str, str], maximum: int) -> WebAnswer:
        address = read_address(url, allowed=self._allowed)
        for _ in range(_REDIRECTS + 1):
            # Bare transport, no client: nothing is added, stored or followed behind our back.
            request = httpx.Request(
                "GET", address, headers=headers, extensions={"timeout": self._timeouts}
            )
            response = await self._transport.handle_async_request(request)
            response.request = request
            try:
                if response.status_code not in _REDIRECT:
                    return await _read(response, maximum=maximum)
                address = self._next(address, response.headers.get("location", ""))
            finally:
                await response.aclose()
        raise PageRefusedError(
            "This page is redirected again and again. Add the address it ends at."
        )

    def _next(self, here: httpx.URL, location: str) -> httpx.URL:
        try:
            there = read_address(str(here.join(location)), allowed=self._allowed)
        except (httpx.InvalidURL, AddressRefusedError, ValueError) as error:
            raise PageRefusedError(
                "This page is redirected to an address that is not fetched. Add the page itself."
            ) from error
        if not same_site(here, there):
            site = there.raw_host.decode("ascii")
            raise PageRefusedError(
                f"This page is redirected to another site, {site}. "
                "Add the address there if that is the page you mean."
            )
        return there


async def _read(response: httpx.Response, *, maximum: int) -> WebAnswer:
    known: dict[str, Any] = {
        "url": str(response.request.url),
        "etag": _to_return(response.headers.get("etag")),
        "last_modified": _to_return(response.headers.get("last-modified")),
    }
    asked = response.request.headers.keys() & {"if-none-match", "if-modified-since"}
    if response.status_code == httpx.codes.NOT_MODIFIED and asked:
        return WebAnswer(**known, not_modified=True)
    if not response.is_success:
        raise _refusal(response)
    content = await _body(response, maximum=maximum)
    return WebAnswer(
        **known, content=content, content_type=response.headers.get("content-type", "")
    )


def _to_return(value: str | None) -> str | None:
    """Return a header's value where it can be sent back as it came."""
    return value if value and value.isascii() else None


async def _body(response: httpx.Response, *, maximum: int) -> bytes:
    content = bytearray()
    async for piece in _unpacked(response):
        content += piece
        if len(content) > maximum:
            raise PageRefusedError(f"This page is larger than {maximum / 2**20:g} MiB.")
    return bytes(content)


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body in small pieces; httpx would unpack 64 KiB into as many MiB at once."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise PageRefusedError("This site packs its pages in a way that is not read.")
    inflater = Inflater() if packing.endswith("gzip") else None
    try:
        async for packed in response.aiter_raw():
            for piece in inflater.feed(packed) if inflater else (packed,):
                yield piece
    except zlib.error as error:
        raise TryLaterError("This page arrived damaged. Try it again later.") from error
    if inflater and response.num_bytes_downloaded and not inflater.ended:
        raise TryLaterError("This page arrived incomplete. Try it again later.")


def _refusal(response: httpx.Response) -> LorekeeperError:
    status = response.status_code
    if status in _PASSING or response.is_server_error:
        return TryLaterError(
            f"This page answered {status} at every attempt. Try it again later.",
            wait_seconds=_retry_after(response.headers.get("retry-after", "")),
        )
    if status in _CLOSED:
        return PageRefusedError(
            f"This page answered {status}: it is not open to everybody. "
            "Add a page that needs no sign-in, or upload its text."
        )
    return PageRefusedError(f"This page answered {status}. Check the address and add it again.")


def _retry_after(value: str) -> float:
    """Return the seconds a site asks for, which it may give as a date; at most an hour."""
    try:
        seconds = float(value) if value.strip().isdigit() else _until(value)
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()


def _explained(error: httpx.TransportError) -> LorekeeperError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PageRefusedError(
                "The certificate of this site is not valid, so nobody can tell whose page it is."
            )
        cause = cause.__cause__ or cause.__context__
    return TryLaterError("This site could not be reached. Check the address, or try it later.")
