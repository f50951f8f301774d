import gzip
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from lxml import etree

from functions.ingest.listing import MAXIMUM_ENTRIES, Listing, _sitemap_entries, read_listing

SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="style.xsl"?>
<!-- made by hand -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://docs.example/a?b=1&amp;c=2 </loc><lastmod>2026-11-20</lastmod>
    <image:image><image:loc>https://docs.example/picture.png</image:loc></image:image></url>
  <url><loc>https://docs.example</loc><lastmod>2026-11-20T10:00:00+02:00</lastmod></url>
  <url><loc>https://docs.example/#top</loc></url>
  <url><loc>http://127.0.0.1/admin</loc></url>
  <url></url>
</urlset>"""


def _read(content: bytes, *, lists_text: bool = True) -> Listing:
    listing = read_listing(content, lists_text=lists_text)
    assert listing is not None
    return listing


def test_a_sitemap_names_each_public_page_once_and_when_it_changed() -> None:
    listing = _read(SITEMAP)
    assert [page.address for page in listing.pages] == [
        "https://docs.example/a?b=1&c=2", "https://docs.example/",
    ]  # fmt: skip
    assert [page.changed for page in listing.pages] == [
        # A bare day may mean its last minute.
        datetime(2026, 11, 21, tzinfo=UTC),
        datetime(2026, 11, 20, 8, tzinfo=UTC),
    ]
    assert (listing.media_type, listing.refused) == ("application/sitemap+xml", 1)
    assert not listing.is_index


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (gzip.compress(SITEMAP), "packed"),
        (b"\xef\xbb\xbf" + SITEMAP, "with a mark"),
        (SITEMAP.replace(b' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', b""), "bare"),
        (
            b'<s:urlset xmlns:s="x"><s:url><s:loc>https://docs.example/</s:loc></s:url></s:urlset>',
            "with a prefix",
        ),
        (SITEMAP.replace(b"</urlset>", b"<url><loc>https://"), "cut short"),
    ],
)
def test_a_sitemap_is_known_by_its_content(content: bytes, remark: str) -> None:
    addresses = [page.address for page in _read(content, lists_text=False).pages]
    assert "https://docs.example/" in addresses, remark


def test_a_sitemap_says_whether_it_was_read_to_its_end() -> None:
    assert _read(SITEMAP).whole
    assert not _read(SITEMAP.replace(b"</urlset>", b"<url><loc>https://")).whole


@pytest.mark.parametrize(
    ("when", "remark"),
    [
        ("9999-12-31", "the last day there is goes on for no day more"),
        ("0001-01-01T00:00:00+01:00", "before the first moment there is"),
        ("yesterday", "no date"),
    ],
)
def test_a_date_beyond_the_calendar_says_nothing(when: str, remark: str) -> None:
    entry = f"<url><loc>https://docs.example/</loc><lastmod>{when}</lastmod></url>"
    [page] = _read(f"<urlset>{entry}</urlset>".encode()).pages
    assert page.changed is None, remark


def test_an_index_is_told_from_a_sitemap() -> None:
    index = b"<sitemapindex><sitemap><loc>https://docs.example/1.xml</loc></sitemap></sitemapindex>"
    listing = _read(index)
    assert listing.is_index
    assert [page.address for page in listing.pages] == ["https://docs.example/1.xml"]


@pytest.mark.parametrize(
    ("text", "pages", "remark"),
    [
        (b"https://a.example/1\nhttps://b.example/2\n", 2, "a list"),
        (b"\xef\xbb\xbf# ours\r\nHTTPS://a.example/1\r\n\r\nhttps://b.example/2", 2, "a comment"),
        (b"https://a.example/1\nhttps://a.example/1\nhttp://10.0.0.1/", 1, "twice, and inwards"),
    ],
)
def test_a_text_of_addresses_is_a_list(text: bytes, pages: int, remark: str) -> None:
    listing = _read(text)
    assert len(listing.pages) == pages, remark
    assert listing.media_type == "text/uri-list"


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (b"https://a.example/1", "one address is a note"),
        (b"See https://a.example/1\nhttps://a.example/2", "prose"),
        (b"https://a.example/1 and more\nhttps://a.example/2", "more than an address"),
        (b"# nothing\n#but comments", "comments"),
        (b"\xff\xfeh\x00t\x00", "another encoding"),
        (b"", "nothing"),
        (b"<html><body><urlset></urlset></body></html>", "a page that speaks of sitemaps"),
        (b"<rss><channel/></rss>", "a feed"),
        (b"\x1f\x8bno gzip", "damaged"),
        (gzip.compress(b"plain text"), "packed text"),
    ],
)
def test_anything_else_is_an_ordinary_document(content: bytes, remark: str) -> None:
    assert read_listing(content, lists_text=True) is None, remark


def test_a_text_lists_pages_only_where_that_was_meant() -> None:
    text = b"https://a.example/1\nhttps://b.example/2\n"
    assert read_listing(text, lists_text=False) is None


BOMB = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


TYPED = {
    "a file of this machine": b'<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "a billion laughs": b'<!DOCTYPE urlset [<!ENTITY l0 "lol">' + BOMB + b'<!ENTITY x "&l9;">]>',
    "rules from elsewhere": b'<!DOCTYPE urlset SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("remark", TYPED)
def test_a_document_type_makes_no_sitemap_and_the_parser_would_not_follow_it(remark: str) -> None:
    content = TYPED[remark] + b"<urlset><url><loc>https://a.example/&x;</loc></url></urlset>"
    assert read_listing(content, lists_text=True) is None
    read: set[str] = set()
    with suppress(etree.XMLSyntaxError):
        read.update(entry.address for entry in _sitemap_entries(content))
    assert read <= {"https://a.example/"}


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (b"<urlset>" + b"<url>" * 100_000, "deeply nested"),
        (b"<?a?>" * 3000 + b"<!-->" * 30 + b"<urlse", "a beginning with many readings"),
        (
            gzip.compress(b"<urlset>" + b"<url><loc>https://a.example/</loc></url>" * 10**6),
            "a bomb",
        ),
    ],
)
def test_a_hostile_sitemap_lists_nothing(content: bytes, remark: str) -> None:
    listing = read_listing(content, lists_text=False)
    assert listing is None or not listing.pages, remark


def test_a_sitemap_is_read_as_far_as_the_protocol_goes() -> None:
    entries = b"".join(
        b"<url><loc>https://a.example/%d</loc></url>" % n for n in range(MAXIMUM_ENTRIES + 10)
    )
    assert len(_read(b"<urlset>" + entries + b"</urlset>").pages) == MAXIMUM_ENTRIES
