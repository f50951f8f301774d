"""Which addresses of the web may be fetched on somebody's word: public ones, and no disguises."""

import ipaddress
import re
from typing import Final

import httpx

from functions.runtime.errors import LorekeeperError

MAXIMUM_LENGTH: Final = 2000
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_UNFIT = re.compile(r"[\s\\\x00-\x1f\x7f-\xa0]")
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_.-]{1,253}")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)

_UNICAST_6: Final = ipaddress.IPv6Network("2000::/3")
_NAT_64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Python 3.11 takes these for global: protocol assignments (Oracle's metadata service lies there),
# relays of a retired protocol, documentation, and the address Azure answers its machines at.
_MISTAKEN_4: Final = tuple(
    map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
)
_MISTAKEN_6: Final = tuple(map(ipaddress.IPv6Network, ("3fff::/20", "2001::/23")))


class AddressRefusedError(LorekeeperError):
    """This address is not on the public web. Add one that anybody can open."""

    status = 422
    code = "address_refused"


def read_address(url: str, *, allowed: frozenset[str] = frozenset()) -> httpx.URL:
    """Return the address to fetch, without its fragment.

    ``allowed`` names `host:port` pairs that may be fetched whatever they are. What a name leads to
    is not known here: the connection decides that. Raises AddressRefusedError.
    """
    text = url.strip()
    authority = _AUTHORITY.match(text)
    if authority is None or _UNFIT.search(text) or len(text) > MAXIMUM_LENGTH:
        raise AddressRefusedError("This is not a web address. Give one like https://example.org.")
    if "@" in authority[1]:
        raise AddressRefusedError("This address holds a user name. Give it without one.")
    try:
        address = httpx.URL(text.partition("#")[0])
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefusedError(
            "This is not a web address. Give one like https://example.org."
        ) from error
    # Written out, a sign of another script takes nine: an index holds no key of that length.
    if len(str(address)) > MAXIMUM_LENGTH:
        raise AddressRefusedError("This address is too long when written out. Give a shorter one.")
    if host_and_port(address) in allowed:
        return address
    if address.port not in {None, *DEFAULT_PORTS.values()}:
        raise AddressRefusedError("Only the web's usual ports, 80 and 443, are fetched from.")
    _check_host(address.raw_host.decode("ascii"))
    return address


def host_and_port(address: httpx.URL) -> str:
    """Return `host:port`, with the port that goes without saying."""
    return f"{address.raw_host.decode('ascii')}:{address.port or DEFAULT_PORTS[address.scheme]}"


def origin(address: httpx.URL) -> str:
    """Return the scheme, host and port: what a robots.txt speaks for."""
    return f"{address.scheme}://{address.netloc.decode('ascii')}"


def canonical(address: httpx.URL) -> str:
    """Return an address as it is kept, so that the same page is known again."""
    return str(address.copy_with(path="/") if address.path == "/" else address)


def _check_host(host: str) -> None:
    literal = host
    if not _HOST.fullmatch(host) and ":" not in host:
        raise AddressRefusedError("This is not a web address. Give one like https://example.org.")
    if ":" not in host and not _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return
    # A name that ends in a number is an address; resolvers take hex, octal and short forms too.
    if not is_public(literal):
        raise AddressRefusedError


def is_public(text: str) -> bool:
    """Tell whether this numeric address, and each address wrapped in it, is anybody's to reach."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return _is_public_4(address)
    if address.scope_id is not None:
        return False
    if address in _NAT_64:
        return _is_public_4(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour is not None:
        return _is_public_4(address.sixtofour)
    # Mapped addresses and Teredo's lie outside what is left here.
    within = address in _UNICAST_6 and not any(address in network for network in _MISTAKEN_6)
    return within and address.is_global


def _is_public_4(address: ipaddress.IPv4Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _MISTAKEN_4)


def same_site(here: httpx.URL, there: httpx.URL) -> bool:
    """Tell whether a redirect stays: the same host with or without `www.`, never less secure."""
    if here.scheme == "https" and there.scheme != "https":
        return False
    hosts = {here.raw_host.removeprefix(b"www."), there.raw_host.removeprefix(b"www.")}
    return len(hosts) == 1 and here.port == there.port
