"""Pages, sitemaps and lists from a site that is really there, on this machine."""

import base64
import gzip
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from db.session import Database
from functions.ingest import pages
from functions.ingest.main import build
from functions.runtime.clients import Clients
from functions.runtime.events import DOCUMENT_UPLOADED
from functions.runtime.settings import Settings
from tests.integration.ingest.conftest import GUIDE, SECRET, Desk, Library, Stubborn
from tests.unit.runtime.web.conftest import Site, answer, header

ADD_PAGE = (
    "WITH document AS (INSERT INTO documents (guild_id, title, source_name, source_url, origin)"
    " VALUES (:guild, :url, :url, :url, 'url') ON CONFLICT (guild_id, source_name)"
    " DO UPDATE SET updated_at = now() RETURNING id) INSERT INTO document_versions (guild_id,"
    " document_id, number, fetch_url, size_bytes) SELECT :guild, id, (SELECT count(*) + 1"
    " FROM document_versions WHERE document_id = document.id), :url, 0 FROM document RETURNING id"
)
LISTED = "SELECT source_name, title FROM documents WHERE listed_by IS NOT NULL ORDER BY source_name"
HTML = b"""<!doctype html><html><head><title>Opening hours</title></head><body><main>
<h1>Opening hours</h1><p>The reading room opens at nine and closes at six every day.</p>
</main></body></html>"""


class Readers(Library):
    """A guild's library whose pages come from a site."""

    site: Site
    clients: Clients

    async def add_page(self, path: str) -> UUID:
        added = await self.rows(ADD_PAGE, guild=self.guild_id, url=self.site.url(path))
        version: UUID = added[0].id
        return version

    async def read(self, path: str) -> UUID:
        version = await self.add_page(path)
        assert await self.tell(version) == 204
        return version

    async def read_waiting(self) -> None:
        """Read everything that is waiting, as the sweep would have it done."""
        for row in await self.rows("SELECT id FROM document_versions WHERE status = 'received'"):
            await self.tell(row.id)

    async def listed(self) -> list[str]:
        base = len(self.site.url(""))
        return [row.source_name[base:] for row in await self.rows(LISTED)]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def readers(
    database: Database, guild_id: int, embedder: Stubborn, desk: Desk, site: Site
) -> AsyncIterator[Readers]:
    settings = Settings(
        environment="development",
        secret_key=base64.b64encode(SECRET).decode(),
        web_allow=f"{site.authority},localhost:{site.port}",
    )
    clients = Clients(settings, name="ingest", database=database, embedder=embedder)
    vars(clients)["discord"] = desk
    transport = httpx.ASGITransport(build(clients))
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as caller:
        readers = Readers(database, guild_id, caller)
        readers.site, readers.clients = site, clients
        yield readers
    await clients.web.close()


def _sitemap(
    site: Site, *paths: str, changed: str = "", kind: tuple[str, str] = ("urlset", "url")
) -> bytes:
    root, entry = kind
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    entries = "".join(f"<{entry}><loc>{site.url(path)}</loc>{when}</{entry}>" for path in paths)
    words = f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return f"{words}{entries}</{root}>".encode()


def _guide(word: str) -> bytes:
    return answer(GUIDE.replace(b"brass", word.encode()))


async def test_a_page_becomes_a_document(readers: Readers, site: Site) -> None:
    site.pages["/hours.html"] = answer(
        HTML, headers={"content-type": "text/html", "etag": '"1"', "last-modified": "yesterday"}
    )
    version = await readers.read("/hours.html")
    row = await readers.status(version)
    assert row.status == "ready", row.status_reason
    document = (await readers.rows("SELECT * FROM documents"))[0]
    assert (document.title, document.source_url) == ("Opening hours", site.url("/hours.html"))
    assert (document.etag, document.last_modified) == ('"1"', "yesterday")
    assert document.checked_at is not None


async def test_a_page_not_modified_is_no_work(readers: Readers, site: Site) -> None:
    def page(head: str) -> bytes:
        known = header(head, "if-none-match") == '"1"'
        body = answer(GUIDE, headers={"etag": '"1"'})
        return answer(status="304 Not Modified") if known else body

    site.pages["/a"] = page
    first = await readers.read("/a")
    checked = (await readers.rows("SELECT checked_at FROM documents"))[0].checked_at
    await readers.read("/a")
    document = (await readers.rows("SELECT current_version_id, checked_at FROM documents"))[0]
    assert document.current_version_id == first
    assert document.checked_at > checked
    assert [row.id for row in await readers.rows("SELECT id FROM document_versions")] == [first]


async def test_the_same_bytes_are_no_work(readers: Readers, site: Site) -> None:
    site.pages["/a"] = answer(GUIDE)
    first = await readers.read("/a")
    await readers.read("/a")
    assert site.paths.count("/a") == 2
    assert [row.id for row in await readers.rows("SELECT id FROM document_versions")] == [first]


async def test_a_changed_page_replaces_the_old_one(readers: Readers, site: Site) -> None:
    site.pages["/a"] = answer(GUIDE)
    await readers.read("/a")
    site.pages["/a"] = _guide("silver")
    second = await readers.read("/a")
    assert [row.version_id for row in await readers.rows("SELECT DISTINCT version_id FROM chunks")]
    assert (await readers.rows("SELECT current_version_id FROM documents"))[0][0] == second
    site.pages["/a"] = _guide("golden")
    third = await readers.read("/a")
    kept = await readers.rows("SELECT id FROM document_versions ORDER BY number")
    assert [row.id for row in kept] == [second, third], "older states do not pile up"


async def test_a_page_that_broke_and_is_well_again_hides_nothing(
    readers: Readers, site: Site
) -> None:
    tag = {"etag": '"1"'}
    site.pages["/a"] = answer(GUIDE, headers=tag)
    first = await readers.read("/a")
    site.pages["/a"] = answer(b"\x89PNG\r\n\x1a\n" + bytes(60), headers={"etag": '"2"'})
    broken = await readers.read("/a")
    assert (await readers.status(broken)).status == "failed"
    site.pages["/a"] = answer(GUIDE, headers=tag)
    await readers.read("/a")
    assert header(site.requests[-1], "if-none-match") is None, "its tag spoke of other bytes"
    assert [row.id for row in await readers.rows("SELECT id FROM document_versions")] == [first]


async def test_who_adds_the_same_file_again_hears_that_it_is_ready(
    readers: Readers, desk: Desk
) -> None:
    first = await readers.add(GUIDE)
    await readers.tell(first)
    second = await readers.add_in_discord(GUIDE)
    assert await readers.tell(second) == 204
    assert "is ready" in desk.told[-1]
    assert [row.id for row in await readers.rows("SELECT id FROM document_versions")] == [first]
    assert await readers.rows("SELECT 1 FROM interactions WHERE delivered_at IS NOT NULL")


async def test_the_same_file_under_another_name_adds_nothing(readers: Readers) -> None:
    await readers.tell(await readers.add(GUIDE))
    copy = await readers.add(GUIDE, "copy.md")
    assert await readers.tell(copy) == 204
    row = await readers.status(copy)
    assert row.status == "failed"
    assert row.status_reason == (
        "This is the same file as “Lantern guide”, which is in the library already."
        " Nothing was added."
    )


async def test_a_document_that_becomes_like_another_is_processed(readers: Readers) -> None:
    await readers.tell(await readers.add(GUIDE))
    await readers.tell(await readers.add(GUIDE.replace(b"brass", b"silver"), "other.md"))
    version = await readers.add(GUIDE, "other.md")
    await readers.tell(version)
    assert (await readers.status(version)).status == "ready"


@pytest.mark.parametrize(
    ("status", "hint"),
    [("404 Not Found", "answered 404. Check the address"), ("403 Forbidden", "not open")],
)
async def test_a_page_that_is_not_there_fails_at_once(
    readers: Readers, site: Site, status: str, hint: str
) -> None:
    site.pages["/a"] = answer(status=status)
    row = await readers.status(await readers.read("/a"))
    assert row.status == "failed"
    assert hint in row.status_reason


async def test_a_site_in_trouble_is_left_to_the_sweep_and_given_up_in_the_end(
    readers: Readers, site: Site
) -> None:
    site.pages["/a"] = answer(status="503 Busy", headers={"retry-after": "900"})
    version = await readers.read("/a")
    waiting = await readers.rows(
        "SELECT status, attempts, next_attempt_at - now() AS wait FROM document_versions"
    )
    assert (waiting[0].status, waiting[0].attempts) == ("processing", 1)
    assert timedelta(seconds=890) < waiting[0].wait <= timedelta(seconds=900)
    for _ in range(4):
        assert await readers.tell(version) == 204
    row = await readers.status(version)
    assert (row.status, row.attempts) == ("dead", 5)
    assert "answered 503" in row.status_reason


async def test_an_inner_address_fails_with_a_sentence(readers: Readers, site: Site) -> None:
    inner = site.url("/a").replace("127.0.0.1", "127.0.0.2")
    added = await readers.rows(ADD_PAGE, guild=readers.guild_id, url=inner)
    await readers.tell(added[0].id)
    row = await readers.status(added[0].id)
    assert row.status == "failed"
    assert "ports" in row.status_reason
    assert site.requests == []


async def test_a_page_closed_to_robots_is_not_asked_for(readers: Readers, site: Site) -> None:
    site.pages |= {
        "/robots.txt": answer(b"User-agent: *\nDisallow: /private\n"),
        "/private/a": answer(GUIDE),
    }
    row = await readers.status(await readers.read("/private/a"))
    assert row.status == "failed"
    assert "robots.txt" in row.status_reason
    assert site.paths == ["/robots.txt"]


async def test_a_page_in_another_encoding_is_read_as_its_site_says(
    readers: Readers, site: Site
) -> None:
    site.pages["/a.txt"] = answer(
        "Часы работы: с девяти до шести.".encode("windows-1251"),
        headers={"content-type": "text/plain; charset=windows-1251"},
    )
    await readers.read("/a.txt")
    chunks = await readers.rows("SELECT text FROM chunks")
    assert "Часы работы" in chunks[0].text


async def test_a_sitemap_becomes_a_document_for_each_page(readers: Readers, site: Site) -> None:
    site.pages |= {
        "/robots.txt": answer(b"User-agent: *\nDisallow: /private\n"),
        "/sitemap.xml": answer(_sitemap(site, "/a.md", "/b.md", "/private/c", "/a.md#again")),
        "/a.md": _guide("copper"),
        "/b.md": _guide("golden"),
    }
    version = await readers.read("/sitemap.xml")
    row = await readers.status(version)
    assert (row.status, row.passages) == ("ready", 0)
    assert row.status_reason == (
        "Lists 2 pages; each is a document of its own."
        " 1 more are closed to programs (robots.txt) and were left out."
    )
    assert await readers.listed() == ["/a.md", "/b.md"]
    await readers.read_waiting()
    assert [row.title for row in await readers.rows(LISTED)] == ["Lantern guide"] * 2
    assert await readers.rows("SELECT 1 FROM postings WHERE term LIKE 'copper%'")
    types = await readers.rows("SELECT media_type FROM document_versions WHERE passages = 0")
    assert [row.media_type for row in types] == ["application/sitemap+xml"]


async def test_pages_come_one_after_the_other_as_the_site_wants(
    readers: Readers, site: Site
) -> None:
    site.pages |= {
        "/robots.txt": answer(b"User-agent: *\nCrawl-delay: 7\n"),
        "/sitemap.xml": answer(_sitemap(site, "/a", "/b", "/c")),
    }
    await readers.read("/sitemap.xml")
    turns = await readers.rows(
        "SELECT next_attempt_at FROM document_versions WHERE status = 'received'"
        " ORDER BY next_attempt_at"
    )
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(turns)]
    assert [round(gap.total_seconds()) for gap in gaps] == [7, 7]


async def test_a_refreshed_sitemap_adds_deletes_and_refreshes(readers: Readers, site: Site) -> None:
    site.pages |= {
        "/sitemap.xml": answer(_sitemap(site, "/a", "/b", "/c", changed="2020-01-01")),
        "/a": _guide("copper"),
        "/b": _guide("golden"),
        "/c": _guide("silver"),
    }
    await readers.read("/sitemap.xml")
    await readers.read_waiting()
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    old, new = _sitemap(site, "/a", changed="2020-01-01"), _sitemap(site, "/b", changed=soon)
    entry = new[new.index(b"<url>") : new.index(b"</urlset>")]
    both = old.replace(b"</urlset>", entry + b"<url><loc>%s</loc></url></urlset>")
    site.pages["/sitemap.xml"] = answer(both.replace(b"%s", site.url("/d").encode()))
    await readers.read("/sitemap.xml")
    assert await readers.listed() == ["/a", "/b", "/d"]
    assert not await readers.rows("SELECT 1 FROM postings WHERE term LIKE 'silver%'")
    due = await readers.rows("SELECT source_name FROM documents WHERE next_refresh_at IS NOT NULL")
    assert [row.source_name for row in due] == [site.url("/b")]


async def test_an_unchanged_sitemap_has_pages_looked_at_of_which_it_says_nothing(
    readers: Readers, site: Site
) -> None:
    site.pages |= {"/sitemap.xml": answer(_sitemap(site, "/a")), "/a": answer(GUIDE)}
    await readers.read("/sitemap.xml")
    await readers.read_waiting()
    await readers.read("/sitemap.xml")
    due = await readers.rows("SELECT source_name FROM documents WHERE next_refresh_at IS NOT NULL")
    assert [row.source_name for row in due] == [site.url("/a")]
    assert len(await readers.rows("SELECT 1 FROM document_versions")) == 2


async def test_an_index_lists_sitemaps_and_these_their_pages(readers: Readers, site: Site) -> None:
    site.pages |= {
        "/index.xml": answer(
            _sitemap(site, "/1.xml", "/2.xml.gz", kind=("sitemapindex", "sitemap"))
        ),
        "/1.xml": answer(_sitemap(site, "/a", "/b")),
        "/2.xml.gz": answer(gzip.compress(_sitemap(site, "/b", "/c"))),
    }
    version = await readers.read("/index.xml")
    assert "Lists 2 sitemaps" in (await readers.status(version)).status_reason
    await readers.read_waiting()
    assert await readers.listed() == ["/1.xml", "/2.xml.gz", "/a", "/b", "/c"]
    await readers.rows("DELETE FROM documents WHERE listed_by IS NULL RETURNING 1")
    assert await readers.rows("SELECT 1 FROM documents") == []


async def test_an_index_within_an_index_is_not_followed(readers: Readers, site: Site) -> None:
    index = ("sitemapindex", "sitemap")
    site.pages |= {
        "/0.xml": answer(_sitemap(site, "/1.xml", kind=index)),
        "/1.xml": answer(_sitemap(site, "/2.xml", kind=index)),
    }
    await readers.read("/0.xml")
    await readers.read_waiting()
    failed = await readers.rows("SELECT status_reason FROM document_versions WHERE number = 1")
    assert any("not followed" in (row.status_reason or "") for row in failed)
    assert await readers.listed() == ["/1.xml"]


async def test_a_list_brings_so_many_pages_and_no_more(
    readers: Readers, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAXIMUM_PAGES", 5)
    index = ("sitemapindex", "sitemap")
    site.pages |= {
        "/index.xml": answer(_sitemap(site, "/1.xml", "/2.xml", kind=index)),
        "/1.xml": answer(_sitemap(site, "/a", "/b")),
        "/2.xml": answer(_sitemap(site, "/c", "/d", "/e")),
    }
    await readers.read("/index.xml")
    await readers.read_waiting()
    assert await readers.listed() == ["/1.xml", "/2.xml", "/a", "/b", "/c"]
    reasons = await readers.rows("SELECT status_reason FROM document_versions WHERE text <> ''")
    assert any("2 more were here already or exceed" in row.status_reason for row in reasons)


async def test_a_sitemap_speaks_for_its_own_site_only(readers: Readers, site: Site) -> None:
    others = _sitemap(site, "/a").replace(
        b"</urlset>", b"<url><loc>https://other.example/x</loc></url></urlset>"
    )
    site.pages["/sitemap.xml"] = answer(others)
    version = await readers.read("/sitemap.xml")
    assert await readers.listed() == ["/a"]
    assert "1 more lead to other sites" in (await readers.status(version)).status_reason


async def test_a_site_is_the_same_in_any_spelling(readers: Readers, site: Site) -> None:
    ours = _sitemap(site, "/a").replace(b"127.0.0.1", b"localhost")
    site.pages["/sitemap.xml"] = answer(ours)
    loud = f"http://LOCALHOST:{site.port}/sitemap.xml"
    added = await readers.rows(ADD_PAGE, guild=readers.guild_id, url=loud)
    await readers.tell(added[0].id)
    assert [row.source_name for row in await readers.rows(LISTED)] == [
        f"http://localhost:{site.port}/a"
    ]


async def test_a_page_somebody_added_stays_theirs(readers: Readers, site: Site) -> None:
    site.pages |= {
        "/a": answer(GUIDE),
        "/sitemap.xml": answer(_sitemap(site, "/a", "/b")),
    }
    await readers.read("/a")
    await readers.read("/sitemap.xml")
    assert await readers.listed() == ["/b"]
    site.pages["/sitemap.xml"] = answer(_sitemap(site, "/c"))
    await readers.read("/sitemap.xml")
    assert await readers.rows("SELECT 1 FROM documents WHERE source_name LIKE '%/a'")
    assert await readers.listed() == ["/c"]


async def test_one_page_under_two_addresses_is_one_document(readers: Readers, site: Site) -> None:
    site.pages |= {
        "/sitemap.xml": answer(_sitemap(site, "/a", "/a?print")),
        "/a": answer(GUIDE),
        "/a?print": answer(GUIDE),
    }
    await readers.read("/sitemap.xml")
    await readers.read_waiting()
    assert len(await readers.listed()) == 1


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (b"<urlset></urlset>", "no page at all: nothing is deleted for that"),
        (b"<urlset><url><loc>file:///etc/passwd</loc></url></urlset>", "no web address"),
        (b"<urlset><url><loc>http://10.0.0.1/</loc></url></urlset>", "an inner address"),
    ],
)
async def test_a_sitemap_without_pages_deletes_none(
    readers: Readers, site: Site, content: bytes, remark: str
) -> None:
    site.pages["/sitemap.xml"] = answer(_sitemap(site, "/a"))
    await readers.read("/sitemap.xml")
    site.pages["/sitemap.xml"] = answer(content)
    version = await readers.read("/sitemap.xml")
    assert (await readers.status(version)).status == "failed", remark
    assert await readers.listed() == ["/a"]


@pytest.mark.parametrize("mark", ['"1"', ""])
async def test_pages_that_were_alike_for_a_day_come_back(
    readers: Readers, site: Site, mark: str
) -> None:
    def sitemap(head: str) -> bytes:
        known = mark and header(head, "if-none-match") == mark
        whole = answer(_sitemap(site, "/a", "/b", "/c"), headers={"etag": mark} if mark else None)
        return answer(status="304 Not Modified") if known else whole

    paths = ("/a", "/b", "/c")
    site.pages |= {"/sitemap.xml": sitemap} | {path: _guide("maintenance") for path in paths}
    await readers.read("/sitemap.xml")
    await readers.read_waiting()
    assert len(await readers.listed()) == 1
    site.pages |= {path: _guide(word) for path, word in zip(paths, ("a", "b", "c"), strict=True)}
    await readers.read("/sitemap.xml")
    await readers.read_waiting()
    assert await readers.listed() == ["/a", "/b", "/c"]


async def test_a_sitemap_that_breaks_off_deletes_no_page(readers: Readers, site: Site) -> None:
    site.pages["/sitemap.xml"] = answer(_sitemap(site, "/a", "/b"))
    await readers.read("/sitemap.xml")
    site.pages["/sitemap.xml"] = answer(_sitemap(site, "/a", "/c").removesuffix(b"</urlset>"))
    row = await readers.status(await readers.read("/sitemap.xml"))
    assert await readers.listed() == ["/a", "/b", "/c"]
    assert row.status == "ready"
    assert "no page was deleted" in row.status_reason


@pytest.mark.parametrize(
    ("name", "listed", "remark"),
    [
        ("pages.urls", ["/a", "/b"], "a list by its name"),
        ("pages.txt", ["/a", "/b"], "a text of nothing but addresses"),
        ("pages.md", [], "notes that happen to be links"),
    ],
)
async def test_a_text_of_addresses_lists_pages(
    readers: Readers, site: Site, name: str, listed: list[str], remark: str
) -> None:
    lines = f"# ours\r\n{site.url('/a')}\r\n\r\n{site.url('/b')}\r\n"
    version = await readers.add(lines.encode(), name)
    await readers.tell(version)
    assert (await readers.status(version)).status == "ready", remark
    assert await readers.listed() == listed, remark


async def test_a_list_is_read_once_however_many_events_tell_of_it(
    readers: Readers, site: Site
) -> None:
    site.pages["/sitemap.xml"] = answer(_sitemap(site, "/a", "/b"))
    version = await readers.read("/sitemap.xml")
    assert await readers.tell(version) == 204
    rows: list[Any] = await readers.rows("SELECT 1 FROM document_versions")
    assert len(rows) == 3


class Sink:
    """Takes the place of the way to the broker."""

    def __init__(self) -> None:
        self.told: list[UUID] = []

    async def publish(self, kind: str, *, row_id: UUID, name: str) -> bool:
        assert (kind, name) == (DOCUMENT_UPLOADED, "version_id")
        self.told.append(row_id)
        return True


async def test_the_first_pages_are_woken_at_once_and_the_rest_by_the_sweep(
    readers: Readers, site: Site
) -> None:
    site.pages["/sitemap.xml"] = answer(_sitemap(site, *(f"/{n}" for n in range(30))))
    sink = Sink()
    settings = msgspec.structs.replace(readers.clients.settings, event_sink="http://broker/")
    readers.clients.settings = settings
    vars(readers.clients)["events"] = sink
    await readers.read("/sitemap.xml")
    turns = await readers.rows(
        "SELECT id FROM document_versions WHERE status = 'received' ORDER BY next_attempt_at"
    )
    assert len(turns) == 30
    assert sink.told == [row.id for row in turns][:20]
