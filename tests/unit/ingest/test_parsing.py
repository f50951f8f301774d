import io
import zlib
from collections.abc import Callable, Sequence

import pytest
from pypdf import PdfReader, PdfWriter

from functions.ingest.parser_process import ParserLimits
from functions.ingest.parsing import parse
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import ParsedDocument
from tests.unit.ingest.hostile_pdfs import page_of, stream

MakePdf = Callable[[Sequence[str]], bytes]

GUIDE = b"""# Guide

Welcome.

## Rules

Be kind.

### Exceptions

None&#8238;.

## Contact
"""


def assert_spans_hold(parsed: ParsedDocument) -> None:
    end = 0
    for block in parsed.blocks:
        assert parsed.text[block.start : block.end] == block.text
        assert not parsed.text[end : block.start].strip()
        end = block.end
    assert end == len(parsed.text)


async def test_markdown_keeps_its_headings_and_gives_the_title() -> None:
    parsed = await parse(GUIDE, name="guide.md")

    assert (parsed.media_type, parsed.title, parsed.pages) == ("text/markdown", "Guide", None)
    assert [(block.text, block.heading_path) for block in parsed.blocks] == [
        ("Guide", ()),
        ("Welcome.", ()),
        ("Rules", ("Rules",)),
        ("Be kind.", ("Rules",)),
        ("Exceptions", ("Rules", "Exceptions")),
        ("None.", ("Rules", "Exceptions")),  # the entity of a bidi override is cleaned too
        ("Contact", ("Contact",)),
    ]
    assert_spans_hold(parsed)


@pytest.mark.parametrize(
    ("document", "name", "title"),
    [
        (b"# One\n\ntext\n\n# Two\n", "a.md", "One"),  # the first of several
        (b"## Deeper\n", "a.md", "a.md"),  # none of the first level
        (b"---\ntitle: Front\n---\ntext\n", "a.md", "Front"),  # front matter instead
        (b"# not Markdown\n", "a.txt", "a.txt"),  # a text's name
        (b"text", "evil\x00\xe2name\n.txt", "evilâname .txt"),  # names are cleaned
        (b"text", "", "Untitled"),  # no name at all
    ],
)
async def test_a_document_is_named(document: bytes, name: str, title: str) -> None:
    parsed = await parse(document, name=name)

    assert parsed.title == title


async def test_several_first_level_headings_stay_in_the_path() -> None:
    parsed = await parse(b"# One\n\ntext\n\n# Two\n\nmore\n", name="a.md")

    assert [block.heading_path for block in parsed.blocks] == [
        ("One",), ("One",), ("Two",), ("Two",)
    ]  # fmt: skip


async def test_plain_text_is_cut_at_blank_lines() -> None:
    parsed = await parse(b"one\r\nstill one\r\n \t\r\n\r\n  two\r\n", name="a.txt")

    assert [block.text for block in parsed.blocks] == ["one\nstill one", "  two"]
    assert_spans_hold(parsed)


@pytest.mark.parametrize("blank", [b" \n\t", "\ufeff\u200b".encode(), b"<!-- only this -->"])
async def test_a_document_without_text_is_refused(blank: bytes) -> None:
    with pytest.raises(UnreadableDocumentError, match="holds no text"):
        await parse(blank, name="a.md")


async def test_another_encoding_is_told() -> None:
    parsed = await parse("café".encode("cp1252"), name="a.txt")

    assert parsed.text == "café"
    assert "not UTF-8" in parsed.notices[0]


async def test_markdown_beyond_its_limits_is_read_as_text() -> None:
    parsed = await parse(GUIDE * 50, name="a.md", limits=ParserLimits(answer=1000))

    assert parsed.media_type == "text/plain"
    assert "# Guide" in parsed.text
    assert "read as plain text" in parsed.notices[0]


async def test_a_pdf_keeps_its_pages_and_tells_its_progress(make_pdf: MakePdf) -> None:
    told: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        told.append((done, total))

    pages = ["First page.\nThe exam-\nple goes on and on.", "", "Contents . . . . . . 7"]
    parsed = await parse(make_pdf(pages), name="rules.pdf", progress=progress)

    assert (parsed.media_type, parsed.title, parsed.pages) == ("application/pdf", "rules.pdf", 3)
    assert [(block.text, block.page) for block in parsed.blocks] == [
        ("First page.", 1),
        ("The example goes on and on.", 1),
        ("Contents … 7", 3),
    ]
    assert told[-1] == (3, 3)
    assert parsed.notices == ("These pages hold no text; they may be empty or scanned images: 2.",)
    assert_spans_hold(parsed)


async def test_a_pdf_of_images_asks_for_text_recognition(make_pdf: MakePdf) -> None:
    with pytest.raises(UnreadableDocumentError, match="OCR") as refusal:
        await parse(make_pdf(["", ""]), name="scan.pdf")

    assert refusal.value.reason == "no_text"


def encrypted(document: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


async def test_an_encrypted_pdf_asks_for_its_password_to_be_removed(make_pdf: MakePdf) -> None:
    with pytest.raises(UnreadableDocumentError, match="Remove the password") as refusal:
        await parse(encrypted(make_pdf(["secret"]), "hunter2"), name="a.pdf")

    assert refusal.value.reason == "encrypted"


async def test_a_pdf_that_only_forbids_printing_is_read(make_pdf: MakePdf) -> None:
    parsed = await parse(encrypted(make_pdf(["public"]), ""), name="a.pdf")

    assert parsed.text == "public"


def bomb(make_pdf: MakePdf) -> bytes:
    """Return a PDF of a few kilobytes whose only page unpacks to 126 MB."""
    packer = zlib.compressobj(9)
    text = b"(a) Tj " * 600_000
    once = b"".join(packer.compress(text) for _ in range(30)) + packer.flush()
    content = zlib.compress(once, 9)
    head, _, _ = make_pdf(["x"]).partition(b"5 0 obj")
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    stream = b"5 0 obj\n<< /Length %d %s >>\nstream\n%s\nendstream\nendobj\n"
    trailer = b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"
    return head + stream % (len(content), filters, content) + trailer


@pytest.mark.parametrize(
    "document",
    [
        b"%PDF-1.7\n",  # nothing after the header
        b"%PDF-1.7\n" + bytes(range(256)) * 100,  # noise
        b"%PDF-1.7\n" + b"[" * 100_000 + b"\nstartxref\n9\n%%EOF",  # nested deep
    ],
)
async def test_a_damaged_pdf_is_named_so(document: bytes) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(document, name="a.pdf")

    assert refusal.value.reason == "damaged"


@pytest.mark.parametrize(
    "limits",
    [
        ParserLimits(),  # the parser's own limit on unpacking ends it
        ParserLimits(memory=96 << 20),  # the kernel's limit on memory does
    ],
)
async def test_a_bomb_ends_in_a_reason(make_pdf: MakePdf, limits: ParserLimits) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(bomb(make_pdf), name="bomb.pdf", limits=limits)

    assert refusal.value.reason in {"too_large", "damaged"}


async def test_one_broken_page_costs_only_itself(make_pdf: MakePdf) -> None:
    document = make_pdf(["one", "two"])
    broken = document.replace(b"(one) Tj", b"(one) T!", 1).replace(
        b"/Contents 5 0 R", b"/Contents 1 0 R", 1
    )

    parsed = await parse(broken, name="a.pdf")

    assert [(block.text, block.page) for block in parsed.blocks] == [("two", 2)]
    assert ": 1." in parsed.notices[0]


async def test_what_was_filled_into_a_form_is_read() -> None:
    fields = (
        b"<< /Subtype /Widget /FT /Tx /T (fee) /TU (Monthly fee) /V (9.99 EUR) >>",
        b"<< /Subtype /Widget /Parent 8 0 R >>",
        b"<< /FT /Tx /T (Class) /V (Wizard) /Parent 8 0 R >>",  # its own parent
        b"<< /Subtype /Widget /FT /Btn /T (Agreed) /V /Yes >>",
        b"<< /Subtype /Link /V (nothing) >>",
    )
    document = page_of(
        stream(b"BT /F1 12 Tf 72 700 Td (Agreement) Tj ET"),
        *fields,
        page=b"/Annots [6 0 R 7 0 R 7 0 R 9 0 R 10 0 R]",
        catalog=b"/AcroForm << >>",
    )
    parsed = await parse(document, name="form.pdf")
    assert parsed.text == "Agreement\n\nMonthly fee: 9.99 EUR\nClass: Wizard"


@pytest.mark.parametrize(
    "annotations",
    [b"/Annots null", b"/Annots 99 0 R", b"/Annots [99 0 R 6 0 R]", b"/Annots (none)"],
)
async def test_a_broken_form_costs_no_text(annotations: bytes) -> None:
    document = page_of(
        stream(b"BT /F1 12 Tf 72 700 Td (Agreement) Tj ET"),
        b"<< /Subtype /Widget /FT /Tx /T (fee) /V 98 0 R >>",
        page=annotations,
        catalog=b"/AcroForm << >>",
    )
    assert (await parse(document, name="form.pdf")).text == "Agreement"


async def test_a_thousand_pages_are_read(make_pdf: MakePdf) -> None:
    parsed = await parse(make_pdf([f"Page {number}." for number in range(1000)]), name="a.pdf")

    assert (parsed.pages, len(parsed.blocks)) == (1000, 1000)
