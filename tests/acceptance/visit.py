"""A person at the dashboard, in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.laptop import Laptop


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


@contextmanager
def signed_in(browser: Browser, laptop: Laptop) -> Iterator[Visit]:
    """Visit a laptop as its developer; what the page should not have done fails at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page(), laptop)
    visit.open("/")
    visit.page.get_by_role("button", name="Continue as developer").click()
    expect(visit.page.get_by_role("link", name="Documents", exact=True)).to_be_visible()
    yield visit
    context.close()
    assert visit.trespasses == []
