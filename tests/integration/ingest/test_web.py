"""Pages from a site that is really there, on this machine."""

from datetime import timedelta

import pytest

from tests.integration.ingest.conftest import ADD_PAGE, GUIDE, Desk, Readers
from tests.unit.runtime.web.conftest import Site, answer, header

HTML = b"""<!doctype html><html><head><title>Opening hours</title></head><body><main>
<h1>Opening hours</h1><p>The reading room opens at nine and closes at six every day.</p>
</main></body></html>"""


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
