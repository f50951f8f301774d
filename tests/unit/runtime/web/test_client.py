import gzip
import socket

import httpcore
import pytest

from functions.runtime.web import addresses
from functions.runtime.web.addresses import AddressRefusedError
from functions.runtime.web.client import PageRefusedError, TryLaterError, WebClient
from functions.runtime.web.connection import NoSuchSiteError, PinnedBackend, Resolve
from tests.unit.runtime.web.conftest import Site, answer, header, redirect


async def test_a_page_comes_with_what_asks_for_a_newer_one(site: Site, web: WebClient) -> None:
    modified = "Sat, 21 Nov 2026 10:00:00 GMT"
    site.pages["/a"] = answer(
        b"hello",
        headers={"etag": '"1"', "last-modified": modified, "content-type": "text/plain"},
    )
    page = await web.get(site.url("/a#part"))
    assert (page.content, page.content_type) == (b"hello", "text/plain")
    assert (page.etag, page.last_modified) == ('"1"', modified)
    assert header(site.requests[0], "user-agent") == "Lorekeeper/0.1 (+http://localhost)"
    assert header(site.requests[0], "host") == site.authority


async def test_a_mark_that_cannot_be_sent_back_is_not_kept(site: Site, web: WebClient) -> None:
    site.pages["/a"] = answer(b"hello", headers={"etag": '"é"', "last-modified": "März"})
    page = await web.get(site.url("/a"))
    assert (page.etag, page.last_modified) == (None, None)


async def test_a_page_we_know_is_not_sent_again(site: Site, web: WebClient) -> None:
    def page(head: str) -> bytes:
        known = header(head, "if-none-match") == '"1"' and header(head, "if-modified-since") == "x"
        return answer(status="304 Not Modified") if known else answer(b"new")

    site.pages["/a"] = page
    assert not (await web.get(site.url("/a"))).not_modified
    assert (await web.get(site.url("/a"), etag='"1"', last_modified="x")).not_modified


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        ("404 Not Found", PageRefusedError, "answered 404. Check the address"),
        ("410 Gone", PageRefusedError, "answered 410"),
        ("401 Unauthorized", PageRefusedError, "not open to everybody"),
        ("403 Forbidden", PageRefusedError, "not open to everybody"),
        ("418 I'm a teapot", PageRefusedError, "answered 418"),
        ("429 Too Many Requests", TryLaterError, "answered 429"),
        ("500 Internal Server Error", TryLaterError, "answered 500"),
        ("503 Service Unavailable", TryLaterError, "Try it again later"),
    ],
)
async def test_a_status_is_a_refusal_or_a_pause(
    site: Site, web: WebClient, status: str, error: type[Exception], hint: str
) -> None:
    site.pages["/a"] = answer(status=status)
    with pytest.raises(error, match=hint):
        await web.get(site.url("/a"))


@pytest.mark.parametrize(
    ("given", "seconds", "remark"),
    [
        ("120", 120, "seconds"),
        ("999999999", 3600, "at most an hour"),
        ("Sun, 22 Nov 2020 10:00:00 GMT", 0, "a date gone by"),
        ("Fri, 31 Dec 2100 10:00:00 GMT", 3600, "a date to come"),
        ("soon", 0, "nonsense"),
        ("", 0, "nothing"),
    ],
)
async def test_a_site_says_how_long_to_wait(
    site: Site, web: WebClient, given: str, seconds: float, remark: str
) -> None:
    site.pages["/a"] = answer(status="503 Busy", headers={"retry-after": given})
    with pytest.raises(TryLaterError) as caught:
        await web.get(site.url("/a"))
    assert caught.value.wait_seconds == seconds, remark


async def test_a_redirect_within_the_site_is_followed(site: Site, web: WebClient) -> None:
    site.pages |= {"/a": redirect("/b?c"), "/b?c": answer(b"there")}
    page = await web.get(site.url("/a"))
    assert (page.content, page.url) == (b"there", site.url("/b?c"))


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ("http://169.254.169.254/latest/meta-data/", "not fetched"),
        ("http://2130706433/", "not fetched"),
        ("file:///etc/passwd", "not fetched"),
        ("http://user@127.0.0.1/", "not fetched"),
        ("https://elsewhere.example/", "another site, elsewhere.example"),
        ("/a", "again and again"),
        ("", "again and again"),
    ],
)
async def test_a_redirect_elsewhere_is_refused(
    site: Site, web: WebClient, location: str, hint: str
) -> None:
    site.pages["/a"] = redirect(location)
    with pytest.raises(PageRefusedError, match=hint):
        await web.get(site.url("/a"))


async def test_a_page_is_redirected_five_times_at_most(site: Site, web: WebClient) -> None:
    site.pages = {f"/{number}": redirect(f"/{number + 1}") for number in range(9)}
    with pytest.raises(PageRefusedError, match="again and again"):
        await web.get(site.url("/0"))
    assert site.paths == ["/0", "/1", "/2", "/3", "/4", "/5"]


async def test_a_page_over_the_limit_is_not_read_to_its_end(site: Site, web: WebClient) -> None:
    site.pages["/a"] = answer(bytes(2**20))
    with pytest.raises(PageRefusedError, match=r"larger than 0\.5 MiB"):
        await web.get(site.url("/a"), maximum=2**19)


async def test_a_gzip_bomb_is_counted_unpacked(site: Site, web: WebClient) -> None:
    packed = gzip.compress(bytes(64 * 2**20), 9)
    assert len(packed) < 2**17
    site.pages["/a"] = answer(packed, headers={"content-encoding": "gzip"})
    with pytest.raises(PageRefusedError, match="larger than"):
        await web.get(site.url("/a"))


async def test_a_packed_page_is_unpacked(site: Site, web: WebClient) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    site.pages["/a"] = answer(packed, headers={"content-encoding": "gzip"})
    assert (await web.get(site.url("/a"))).content == b"one two"


@pytest.mark.parametrize(
    ("page", "error", "remark"),
    [
        (answer(b"x" * 9, headers={"content-encoding": "gzip"}), TryLaterError, "no gzip"),
        (
            answer(gzip.compress(b"x" * 99)[:-9], headers={"content-encoding": "gzip"}),
            TryLaterError,
            "cut short",
        ),
        (answer(b"x", headers={"content-encoding": "gzip, gzip"}), PageRefusedError, "twice"),
        (answer(b"x", headers={"content-encoding": "br"}), PageRefusedError, "unasked"),
        (answer(b"x", headers={"content-length": "9"}), TryLaterError, "a body cut short"),
        (b"no HTTP at all\r\n\r\n", TryLaterError, "another protocol"),
        (b"", TryLaterError, "hung up"),
    ],
)
async def test_a_broken_answer_is_an_error_with_a_name(
    site: Site, web: WebClient, page: bytes, error: type[Exception], remark: str
) -> None:
    site.pages["/a"] = page
    with pytest.raises(error):
        pytest.fail(f"{remark}: {await web.get(site.url('/a'))}")


async def test_a_site_that_stalls_is_left(site: Site) -> None:
    allowed = frozenset({site.authority})
    web = WebClient(public_url="http://localhost", allowed=allowed, idle_seconds=0.05)
    with pytest.raises(TryLaterError, match="too long"):
        await web.get(site.url("/stalls"))
    await web.close()


async def test_a_site_that_drips_is_left(site: Site) -> None:
    allowed = frozenset({site.authority})
    web = WebClient(
        public_url="http://localhost", allowed=allowed, idle_seconds=5, total_seconds=0.2
    )
    with pytest.raises(TryLaterError, match="too long"):
        await web.get(site.url("/drips"))
    await web.close()


async def test_a_site_that_is_down_is_tried_later(site: Site, web: WebClient) -> None:
    await site.stop()
    with pytest.raises(TryLaterError, match="could not be reached"):
        await web.get(site.url())


async def test_no_proxy_of_the_environment_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.pages["/a"] = answer(b"direct")
    web = WebClient(public_url="http://localhost", allowed=frozenset({site.authority}))
    assert (await web.get(site.url("/a"))).content == b"direct"
    await web.close()


async def test_no_cookie_is_kept(site: Site, web: WebClient) -> None:
    site.pages["/a"] = answer(b"x", headers={"set-cookie": "a=b"})
    await web.get(site.url("/a"))
    await web.get(site.url("/a"))
    assert header(site.requests[1], "cookie") is None


def _always(*found: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        del host, port
        return list(found)

    return resolve


@pytest.mark.parametrize(
    ("host", "remark"),
    [
        ("localhost", "a name of this machine"),
        ("127.0.0.1", "loopback"),
        ("2130706433", "decimal"),
        ("0x7f000001", "hexadecimal"),
        ("017700000001", "octal"),
        ("127.1", "short"),
        ("0", "zero"),
        ("[::1]", "loopback"),
        ("[::ffff:127.0.0.1]", "mapped"),
        ("[64:ff9b::7f00:1]", "NAT64"),
        ("cdn.discordapp.com@127.0.0.1", "a trusted name as user name"),
        ("127.0.0.1\\@example.org", "a backslash"),
    ],
)
async def test_nothing_inward_is_reached(
    site: Site, monkeypatch: pytest.MonkeyPatch, host: str, remark: str
) -> None:
    # The listener's port passes for the web's own, so that the address alone decides.
    monkeypatch.setitem(addresses.DEFAULT_PORTS, "http", site.port)
    web = WebClient(public_url="http://localhost")
    with pytest.raises(AddressRefusedError):
        await web.get(f"http://{host}:{site.port}/")
    await web.close()
    assert site.connections == 0, remark


@pytest.mark.parametrize(
    ("found", "remark"),
    [
        (["127.0.0.1"], "a public name for this machine"),
        (["93.184.215.14", "127.0.0.1"], "one inward address among public ones"),
        (["::ffff:127.0.0.1"], "mapped"),
        (["169.254.169.254"], "the metadata service"),
    ],
)
async def test_a_name_that_leads_inward_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch, found: list[str], remark: str
) -> None:
    monkeypatch.setitem(addresses.DEFAULT_PORTS, "http", site.port)
    web = WebClient(public_url="http://localhost", resolve=_always(*found))
    with pytest.raises(AddressRefusedError):
        await web.get(f"http://rebound.example:{site.port}/")
    await web.close()
    assert site.connections == 0, remark


ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Line(httpcore.AsyncMockBackend):
    """Records where connections go instead of opening them."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        super().__init__([])
        self.stream = stream
        self.reached: list[str] = []

    async def connect_tcp(
        self, host: str, *args: object, **named: object
    ) -> httpcore.AsyncNetworkStream:
        del args, named
        self.reached.append(host)
        return self.stream


async def test_a_name_is_resolved_once_and_that_very_address_reached() -> None:
    turns = iter((["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]))

    async def rebind(host: str, port: int) -> list[str]:
        del host, port
        return next(turns)

    backend = PinnedBackend(resolve=rebind, allowed=frozenset())
    line = Line(httpcore.AsyncMockStream([ANSWER]))
    backend._plain = line  # type: ignore[assignment]
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        await pool.request("GET", "http://rebound.example/", headers={"connection": "close"})
        assert line.reached == ["93.184.215.14"]
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        with pytest.raises(AddressRefusedError):
            await pool.request("GET", "http://rebound.example/")
    assert line.reached == ["93.184.215.14"]


class Secured(httpcore.AsyncMockStream):
    """Records the name that a certificate has to be for."""

    asked_for: str | None = None

    async def start_tls(
        self,
        ssl_context: object,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        del ssl_context, timeout
        self.asked_for = server_hostname
        return self


async def test_a_certificate_has_to_be_for_the_name_and_not_the_number() -> None:
    stream = Secured([ANSWER])
    backend = PinnedBackend(resolve=_always("93.184.215.14"), allowed=frozenset())
    line = Line(stream)
    backend._plain = line  # type: ignore[assignment]
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        await pool.request("GET", "https://docs.example/")
    assert (line.reached, stream.asked_for) == (["93.184.215.14"], "docs.example")


@pytest.mark.parametrize(
    ("number", "error"),
    [(socket.EAI_NONAME, NoSuchSiteError), (socket.EAI_AGAIN, TryLaterError)],
)
async def test_a_name_that_does_not_exist_differs_from_a_resolver_in_trouble(
    number: int, error: type[Exception]
) -> None:
    async def fail(host: str, port: int) -> list[str]:
        raise socket.gaierror(number, f"{host}:{port}")

    web = WebClient(public_url="http://localhost", resolve=fail)
    with pytest.raises(error):
        await web.get("http://nowhere.example/")
    await web.close()
