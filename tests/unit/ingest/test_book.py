import pytest

from functions.ingest.parsing import parse
from functions.ingest.refusals import UnreadableDocumentError
from tests.unit.ingest.books import book_of


def encryption(algorithm: str) -> dict[str, str]:
    return {
        "META-INF/encryption.xml": (
            '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">'
            f'<EncryptionMethod Algorithm="{algorithm}"/></EncryptedData></encryption>'
        )
    }


async def test_a_book_is_read_in_its_order_under_its_title() -> None:
    chapters = ["<h1>Two</h1><p>b</p>", "<nav><ol><li>Contents</li></ol></nav>", "<h1>One</h1>a"]

    parsed = await parse(book_of(chapters, order=[2, 1, 0]), name="a.zip")

    assert (parsed.media_type, parsed.title) == ("application/epub+zip", "The Book")
    assert parsed.pages is None
    assert [(block.text, block.heading_path) for block in parsed.blocks] == [
        ("One", ("One",)), ("a", ("One",)), ("Two", ("Two",)), ("b", ("Two",))
    ]  # fmt: skip


POINT = (
    '<navPoint><navLabel><text>{1}</text></navLabel><content src="part%20{0}.xhtml"/></navPoint>'
)
LINK = '<a href="part%20{0}.xhtml#top">{1}</a>'
NAMED = ((0, "The\n Start"), (1, "The End"), (2, "Not this"))


@pytest.mark.parametrize(
    "contents",
    [
        "<nav>" + "".join(LINK.format(*named) for named in NAMED) + "</nav>",
        '<?xml version="1.0"?><ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>'
        + "".join(POINT.format(*named) for named in NAMED) + "</navMap></ncx>",
    ],
)  # fmt: skip
async def test_chapters_without_headings_are_named_by_the_contents(contents: str) -> None:
    chapters = ["<p>THE START</p><p>a</p>", "<p>b</p>", "<h2>Own</h2><p>c</p>", contents]

    parsed = await parse(book_of(chapters, order=[0, 1, 2]), name="a.epub")

    assert [(block.kind, block.text) for block in parsed.blocks] == [
        ("heading", "The Start"), ("paragraph", "a"),  # it said its name in a paragraph
        ("heading", "The End"), ("paragraph", "b"),
        ("heading", "Own"), ("paragraph", "c"),
    ]  # fmt: skip


async def test_scrambled_fonts_are_no_protection() -> None:
    extra = encryption("http://www.idpf.org/2008/embedding")

    parsed = await parse(book_of(["<p>open</p>"], extra=extra), name="a.epub")

    assert parsed.text == "open"


async def test_a_damaged_chapter_costs_only_itself() -> None:
    document = book_of(["<p>one</p>", "<p>two</p>"])
    whole = document.replace(b"OEBPS/text/part 1", b"OEBPS/text/gone 1")

    parsed = await parse(whole, name="a.epub")

    assert parsed.text == "one"
    assert parsed.notices == ("These chapters are damaged and could not be read: 2.",)


@pytest.mark.parametrize(
    ("document", "reason", "sentence"),
    [
        (
            book_of(["<p>x</p>"], extra=encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc")),
            "encrypted",
            "protected against copying",
        ),
        (book_of(["<img src='scan.jpg'/>"]), "no_text", "its pages seem to be images"),
        (book_of([]), "damaged", "EPUB book is damaged"),  # nothing to read in order
        (book_of(["<p>x</p>"])[:-200], "damaged", "EPUB book is damaged"),  # cut off
        (book_of(["<p>x</p>"], title="&undeclared;"), "damaged", "EPUB book is damaged"),
        (book_of(["<p>" + "x" * 12_000_000 + "</p>"]), "too_large", "more memory than is allowed"),
    ],
)
async def test_a_book_that_cannot_be_read_says_why(
    document: bytes, reason: str, sentence: str
) -> None:
    with pytest.raises(UnreadableDocumentError, match=sentence) as refusal:
        await parse(document, name="a.epub")

    assert refusal.value.reason == reason
