"""Sitemaps and lists of a site that is really there, on this machine."""

import gzip
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from functions.ingest import pages
from functions.runtime.events import DOCUMENT_UPLOADED
from tests.integration.ingest.conftest import ADD_PAGE, GUIDE, LISTED, Readers
from tests.unit.runtime.web.conftest import Site, answer, header


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
