"""A sitemap, from its address to an answer that cites a page, and on to that page's change."""

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.acceptance.laptop import Laptop

QUESTION = "How much does a yearly card cost?"
WAIT_SECONDS = 90
FEES = (
    "<!doctype html><html><head><title>Fees</title></head><body><main><h1>Fees</h1>"
    "<p>A yearly card costs {price} euros; students pay half.</p></main></body></html>"
)


class Site(ThreadingHTTPServer):
    """Serves what is in `pages`, with tags, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.authority = f"127.0.0.1:{self.server_address[1]}"
        self.pages: dict[str, str] = {}
        self.visits: list[tuple[str, int]] = []


class Visit(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        content = self.server.pages.get(self.path, "").encode()
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        known = self.headers.get("if-none-match") == tag
        status = 304 if known else 200 if content else 404
        self.server.visits.append((self.path, status))
        self.send_response(status)
        self.send_header("etag", tag)
        self.send_header("content-length", "0" if known else str(len(content)))
        self.end_headers()
        self.wfile.write(b"" if known else content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
        """Stay silent."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site
        site.shutdown()


def _until_answered(laptop: Laptop, words: str) -> dict[str, str]:
    """Ask until the answer holds these words; return its first citation."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        answered = laptop.lore_json("ask", QUESTION, check=False)
        if words in (answered["answer"] or ""):
            citation: dict[str, str] = answered["citations"][0]
            return citation
        if time.monotonic() > deadline:
            pytest.fail(f"never answered {words!r}: {answered}")
        time.sleep(1)


def test_a_sitemap_is_read_cited_and_kept_up_to_date(new_laptop: Laptop, site: Site) -> None:
    home = f"http://{site.authority}"
    names = ("fees", "private", "hours")
    entries = "".join(f"<url><loc>{home}/{name}.html</loc></url>" for name in names)
    site.pages = {
        "/robots.txt": "User-agent: *\nDisallow: /private\n",
        "/sitemap.xml": f"<urlset>{entries}</urlset>",
        "/fees.html": FEES.format(price="twelve"),
        "/private.html": FEES.format(price="no"),
        "/hours.html": "<!doctype html><html><body><p>We open at nine.</p></body></html>",
    }
    new_laptop.environment["LORE_WEB_ALLOW"] = site.authority
    new_laptop.start()
    new_laptop.wait_for("Lorekeeper is up.")
    added = new_laptop.lore_json("ingest", f"{home}/sitemap.xml")
    assert added["files"][0]["status"] == "ready"
    assert "Lists 2 pages" in added["files"][0]["reason"]
    citation = _until_answered(new_laptop, "twelve euros")
    assert (citation["title"], citation["url"]) == ("Fees", f"{home}/fees.html")

    site.pages["/fees.html"] = FEES.format(price="fourteen")
    new_laptop.lore_json("ingest", f"{home}/sitemap.xml")
    _until_answered(new_laptop, "fourteen euros")
    assert ("/sitemap.xml", 304) in site.visits
    assert "/private.html" not in {path for path, _ in site.visits}


def test_an_inner_address_is_refused_with_a_sentence(laptop: Laptop, site: Site) -> None:
    inward = f"http://{site.authority}/"
    added = laptop.lore_json("ingest", inward, "http://localhost/", check=False)
    assert [file["status"] for file in added["files"]] == ["failed", "failed"]
    assert "usual ports" in added["files"][0]["reason"]
    assert "not on the public web" in added["files"][1]["reason"]
    assert site.visits == []
