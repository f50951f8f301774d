"""Connections that go to the very address that was checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import httpcore
import httpx

from functions.runtime.web.addresses import AddressRefusedError, is_public

# (host, port) -> numeric addresses, the best one first. Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]
_LIMITS: Final = httpx.Limits(max_connections=20, max_keepalive_connections=4, keepalive_expiry=5.0)
_MOST_TRIED: Final = 3


class NoSuchSiteError(AddressRefusedError):
    """There is no site of this name. Check the address and add it again."""

    code = "no_such_site"


async def resolve(host: str, port: int) -> list[str]:
    """Return where a name leads by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every address, and connects to one of those by number.

    TLS still asks for the name, since the pool hands it to the stream and not to this.
    """

    def __init__(self, *, resolve: Resolve, allowed: frozenset[str]) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(  # noqa: PLR0917 - httpcore's interface
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, or raise AddressRefusedError before anything is sent."""
        failure: Exception | None = None
        for address in (await self._addresses(host, port))[:_MOST_TRIED]:
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: nothing on the web is a socket of this machine."""
        del path, timeout, socket_options
        raise AddressRefusedError

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        if f"{host}:{port}" in self._allowed:
            return [host]
        try:
            addresses = await self._resolve(host, port)
        except socket.gaierror as error:
            if error.errno == socket.EAI_NONAME:
                raise NoSuchSiteError from error
            raise httpcore.ConnectError(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        # One inward address among public ones is how a name is turned against its visitor.
        if not all(map(is_public, addresses)):
            raise AddressRefusedError
        return addresses


class PinnedTransport(httpx.AsyncHTTPTransport):
    """httpx over pinned connections; no proxy, certificates by the bundled authorities."""

    def __init__(self, *, resolve: Resolve, allowed: frozenset[str]) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False, limits=_LIMITS)
        # httpx offers no way to hand in a network backend; its pool is replaced by one with ours.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=PinnedBackend(resolve=resolve, allowed=allowed),
        )
