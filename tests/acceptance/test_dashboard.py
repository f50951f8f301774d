"""The dashboard as a person meets it, in a real browser against the real system."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.laptop import Laptop

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = """# Lantern <img src=x onerror=alert(1)>

Turn the <script>alert(1)</script> brass lantern key twice. ![x](http://evil.example/x.png)
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


class Visit:
    """A page, and everything it did that it should not have done."""

    def __init__(self, page: Page, laptop: Laptop) -> None:
        self.page = page
        self.url = laptop.url
        self.trespasses: list[str] = []
        page.on("dialog", lambda dialog: self._dialog(dialog.message))
        page.on("request", lambda request: self._request(request.url))
        page.on("pageerror", lambda error: self.trespasses.append(f"error {error}"))
        page.on("console", lambda message: self._console(message.text))

    def _dialog(self, text: str) -> None:
        self.trespasses.append(f"dialog {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.trespasses.append(f"request {url}")

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.trespasses.append(f"policy {text}")

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def ask(self, question: str) -> None:
        box = self.page.get_by_role("textbox").first
        box.fill(question)
        box.press("Enter")


@pytest.fixture
def visit(browser: Browser, laptop: Laptop) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page(), laptop)
    visit.open("/")
    visit.page.get_by_role("button", name="Continue as developer").click()
    expect(visit.page.get_by_role("link", name="Documents", exact=True)).to_be_visible()
    yield visit
    context.close()
    assert visit.trespasses == []


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


def test_the_overview_counts_what_is_there(visit: Visit, laptop: Laptop) -> None:
    visit.open("/")
    ready = laptop.statistics()["readyDocuments"]
    expect(visit.page.get_by_text(f"{ready} documents").first).to_be_visible()
    laptop.lore("ask", "What is the sweep?")
    expect(visit.page.get_by_text("What is the sweep?").first).to_be_visible(timeout=15_000)
