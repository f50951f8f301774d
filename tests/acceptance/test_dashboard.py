"""The dashboard as a person meets it, in a real browser against the real system."""

import http.server
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.laptop import Laptop
from tests.acceptance.visit import Visit, signed_in

pytestmark = pytest.mark.browser
PAGE = b"""<!doctype html><html lang="en"><head><title>Lighthouse keeping</title></head><body>
<main><h1>Lighthouse keeping</h1><p>The keeper winds the clockwork of the lamp every four hours
and trims the wick before the evening watch begins.</p></main></body></html>"""
HOSTILE = """# Lantern <img src=x onerror=alert(1)>

Turn the <script>alert(1)</script> brass lantern key twice. ![x](http://evil.example/x.png)
"""


@pytest.fixture
def visit(browser: Browser, laptop: Laptop) -> Iterator[Visit]:
    with signed_in(browser, laptop) as visit:
        yield visit


def test_an_answer_shows_its_numbered_sources(visit: Visit) -> None:
    visit.open("/ask")
    visit.ask("How do I add a document?")
    source = visit.page.get_by_role("link", name="Adding documents").first
    expect(source).to_be_visible(timeout=30_000)
    source.click()
    expect(visit.page).to_have_url(re.compile(r"/documents/[0-9a-f-]{36}\?passage=\d+"))
    expect(visit.page.get_by_role("heading", name="Adding documents").first).to_be_visible()


def test_a_dropped_file_is_read_and_can_be_asked_about(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "hostile lantern.md"
    file.write_text(HOSTILE, encoding="utf-8")
    visit.open("/documents")
    visit.page.locator("input[type=file]").set_input_files(file)
    row = visit.page.get_by_role("listitem").filter(has_text="hostile lantern.md").first
    expect(row).to_contain_text("Ready", timeout=30_000)
    visit.open("/ask")
    visit.ask("How often do I turn the brass lantern key?")
    expect(visit.page.get_by_text("brass lantern key twice").first).to_be_visible(timeout=30_000)
    assert visit.page.locator("article img, main script").count() == 0


def _add_file(visit: Visit, file: Path) -> None:
    visit.open("/documents")
    visit.page.get_by_label("Documents to add").set_input_files(file)
    row = visit.page.get_by_role("listitem").filter(has_text=file.name).first
    expect(row).to_contain_text("Ready", timeout=30_000)
    row.get_by_role("link").first.click()
    expect(visit.page.get_by_text("Found by its own words: rank 1 of")).to_be_visible()


def _saved(visit: Visit, link: str) -> bytes:
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name=link, exact=True).click()
    return Path(download.value.path()).read_bytes()


def test_a_document_is_replaced_saved_and_deleted_on_its_page(visit: Visit, tmp_path: Path) -> None:
    old, new = tmp_path / "lamp rules.md", tmp_path / "lamp rules 2.md"
    old.write_text("# Lamps\n\nThe harbour lamp burns until midnight.\n", encoding="utf-8")
    new.write_text("# Lamps\n\nThe harbour lamp burns until sunrise.\n", encoding="utf-8")
    _add_file(visit, old)
    expect(visit.page.get_by_text("Markdown", exact=True)).to_be_visible()
    expect(visit.page.get_by_text("English", exact=True)).to_be_visible()
    assert _saved(visit, "Original") == old.read_bytes()
    visit.page.get_by_label("File to replace this document").set_input_files(new)
    expect(visit.page.get_by_text("until sunrise").first).to_be_visible(timeout=30_000)
    expect(visit.page.get_by_text("until midnight")).to_have_count(0)
    assert _saved(visit, "Original") == new.read_bytes()
    assert b"until sunrise" in _saved(visit, "Text")
    visit.page.get_by_role("button", name="Delete").click()
    visit.page.get_by_role("button", name="Delete document").click()
    expect(visit.page).to_have_url(re.compile(r"/documents$"))
    expect(visit.page.get_by_role("link", name="Lamps")).to_have_count(0)


def test_the_same_bytes_are_kept_once_and_the_library_is_saved_whole(
    visit: Visit, tmp_path: Path
) -> None:
    first, copy = tmp_path / "tide table.md", tmp_path / "copy of it.md"
    for file in (first, copy):
        file.write_text("# Tide table\n\nHigh water is at seven.\n", encoding="utf-8")
    _add_file(visit, first)
    visit.open("/documents")
    visit.page.get_by_label("Documents to add").set_input_files(copy)
    expect(visit.page.get_by_text("is in the library already as “Tide table”")).to_be_visible()
    with zipfile.ZipFile(io.BytesIO(_saved(visit, "Download all"))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert archive.read("documents/tide table.md") == first.read_bytes()
    assert "documents/copy of it.md" not in names


@pytest.fixture
def site() -> Iterator[str]:
    """A web site of one page, at an address that only a laptop told of it may read."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OnePage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class OnePage(http.server.BaseHTTPRequestHandler):
    """Answers every address but robots.txt with one page."""

    def do_GET(self) -> None:
        is_page = self.path != "/robots.txt"
        content = PAGE if is_page else b""
        self.send_response(200 if is_page else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own signature
        """Stay silent."""


def test_a_web_address_is_fetched_and_its_rhythm_changed(
    browser: Browser, new_laptop: Laptop, site: str
) -> None:
    new_laptop.environment["LORE_WEB_ALLOW"] = site
    new_laptop.start()
    with signed_in(browser, new_laptop) as visit:
        page = visit.page
        visit.open("/documents")
        page.get_by_role("button", name="Add a web address").click()
        address = page.get_by_label("Address", exact=True)
        address.fill("http://10.0.0.1/")
        page.get_by_role("button", name="Add address").click()
        expect(page.get_by_role("alert")).to_contain_text("not on the public web")
        address.fill(f"http://{site}/lighthouse")
        page.get_by_label("Check again").select_option(label="Every week")
        page.get_by_role("button", name="Add address").click()
        row = page.get_by_role("listitem").filter(has_text="Lighthouse keeping").first
        expect(row).to_contain_text("Ready", timeout=60_000)
        row.get_by_role("link").first.click()
        expect(page.get_by_text("Web page", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile(r"in 7 days|next week"))).to_be_visible()
        page.get_by_label("Check again").select_option(label="Every day")
        expect(page.get_by_text(re.compile(r"in 2[34] hours|tomorrow"))).to_be_visible()
        assert _saved(visit, "Original") == PAGE


def test_the_overview_counts_what_is_there(visit: Visit, laptop: Laptop) -> None:
    visit.open("/")
    ready = laptop.statistics()["readyDocuments"]
    expect(visit.page.get_by_text(f"{ready} documents").first).to_be_visible()
    laptop.lore("ask", "What is the sweep?")
    expect(visit.page.get_by_text("What is the sweep?").first).to_be_visible(timeout=15_000)
