from uuid import uuid4

import pytest

from functions.ingest.fetching import _as_utf_8, document_name
from functions.ingest.schemas import VersionAtWork

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("content", "content_type", "kept", "remark"),
    [
        (b"caf\xe9", "text/html; charset=ISO-8859-1", MARK + "café".encode(), "Western"),
        (b"\x93a\x94", "text/plain;charset=iso-8859-1", MARK + "“a”".encode(), "as browsers do"),
        (b"\x82\xa0", "text/html; charset=Shift_JIS", MARK + "あ".encode(), "Japanese"),
        (b"\xc4\xe0", 'text/html; charset="windows-1251"', MARK + "Да".encode(), "quoted"),
        ("é".encode(), "text/html; charset=utf-8", "é".encode(), "UTF-8 stays"),
        (MARK + "é".encode(), "text/html; charset=latin1", MARK + "é".encode(), "a mark decides"),
        (b"\x81\xff", "text/html; charset=shift_jis", b"\x81\xff", "what the bytes contradict"),
        (b"caf\xe9", "application/pdf; charset=iso-8859-1", b"caf\xe9", "no text"),
        (b"caf\xe9", "text/html", b"caf\xe9", "nothing said"),
        (b"caf\xe9", "", b"caf\xe9", "no header"),
        (b"abc-", "text/plain; charset=punycode", b"abc-", "not an encoding of the web"),
        (b"6162", "text/plain; charset=hex", b"6162", "no encoding of text"),
        (b"a", "text/plain; charset=iso-8859-99", b"a", "unknown"),
    ],
)
def test_a_text_is_kept_as_its_site_says_it_is_to_be_read(
    content: bytes, content_type: str, kept: bytes, remark: str
) -> None:
    assert _as_utf_8(content, content_type) == kept, remark


@pytest.mark.parametrize(
    ("source", "is_page", "name"),
    [
        ("rules/house.md", False, "rules/house.md"),
        ("https://docs.example/guide/start.html?page=2", True, "start.html"),
        ("https://docs.example/caf%C3%A9/", True, "café"),
        ("https://docs.example/", True, "docs.example"),
    ],
)
def test_a_page_is_named_by_its_end(source: str, is_page: bool, name: str) -> None:  # noqa: FBT001
    version = VersionAtWork(
        document_id=uuid4(),
        number=1,
        source_name=source,
        title=source,
        size_bytes=0,
        content=None,
        fetch_url=None,
        is_page=is_page,
    )
    assert document_name(version) == name
