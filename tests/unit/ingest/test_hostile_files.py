"""Files that were made to harm: each ends as a readable document or a named refusal."""

import asyncio
import json
import os
import pickle
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.chunking import chunk
from functions.ingest.parser_process import ParserLimits
from functions.ingest.parsing import parse
from functions.ingest.refusals import Reason, UnreadableDocumentError
from functions.ingest.schemas import ParsedDocument
from tests.unit.ingest.books import book_of
from tests.unit.ingest.hostile_pdfs import BUILDERS, character_map_named

# Tight, so that a file that would loop for ever does not hold up the tests.
TIGHT = ParserLimits(processor=3, wall=20)
Children = list[asyncio.subprocess.Process]


@pytest.fixture(autouse=True)
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    """Every process started during the test."""
    started: Children = []
    start = asyncio.create_subprocess_exec

    async def spy(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    return started


async def outcome_of(document: bytes, name: str) -> ParsedDocument | UnreadableDocumentError:
    try:
        return await parse(document, name=name, limits=TIGHT)
    except UnreadableDocumentError as refusal:
        return refusal


def assert_gone(children: Children) -> None:
    for child in children:
        assert child.returncode is not None
        with pytest.raises(ProcessLookupError):
            os.killpg(child.pid, 0)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
async def test_a_hostile_pdf_ends_and_leaves_no_process(
    build: Callable[[], bytes], children: Children
) -> None:
    outcome = await outcome_of(build(), "a.pdf")

    if isinstance(outcome, ParsedDocument):
        assert len(outcome.text) < 4 << 20
    else:
        assert outcome.reason in {"damaged", "empty", "no_text", "too_large", "too_slow"}
    assert len(children) == 1
    assert_gone(children)


CANARY = "canary-7f3a"


@pytest.fixture
def canary(tmp_path: Path) -> str:
    """The address of a file whose content must never be read."""
    path = tmp_path / "canary.txt"
    path.write_text(CANARY)
    return path.as_uri()


ENTITY = '<!DOCTYPE html [<!ENTITY x SYSTEM "ADDRESS">]>'
DOCUMENT_TYPE = '<!DOCTYPE html SYSTEM "ADDRESS">'
PARAMETER = '<!DOCTYPE html [<!ENTITY % x SYSTEM "ADDRESS"> %x;]>'
XHTML = '<?xml version="1.0"?>{}<html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'


@pytest.mark.parametrize(
    "page",
    [
        XHTML.format(ENTITY, "<p>&x; seen</p>"),  # an entity that is a file
        XHTML.format(DOCUMENT_TYPE, "<p>seen</p>"),  # an external document type
        XHTML.format(PARAMETER, "<p>seen</p>"),  # a parameter entity
        XHTML.format("", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="ADDRESS"'
                         ' parse="text"/><p>seen</p>'),
        XHTML.format('<?xml-stylesheet href="ADDRESS" type="text/xsl"?>', "<p>seen</p>"),
        ENTITY + "<html><p>&x; seen</p></html>",  # to an HTML parser
        '<html><object data="ADDRESS"/><link rel="import" href="ADDRESS"/><p>seen</p></html>',
        '<html><img src="ADDRESS"/><embed src="ADDRESS"/><p>seen</p></html>',
    ],
)  # fmt: skip
async def test_a_page_or_book_reads_no_other_file(page: str, canary: str) -> None:
    hostile = page.replace("ADDRESS", canary)

    for document, name in ((hostile.encode(), "a.html"), (_book(hostile), "a.epub")):
        outcome = await outcome_of(document, name)

        assert isinstance(outcome, ParsedDocument)
        assert "seen" in outcome.text
        assert CANARY not in outcome.text


def _book(page: str) -> bytes:
    return book_of(["<p>first</p>"], extra={"OEBPS/text/part 0.xhtml": page})


async def test_entities_that_multiply_stay_as_small_as_they_are(children: Children) -> None:
    entities = "".join(
        f"<!ENTITY a{number} '{f'&a{number - 1};' * 10}'>" for number in range(1, 12)
    )
    laughs = f"<!DOCTYPE html [<!ENTITY a0 'ha'>{entities}]>"

    for inner in ("<p>&a11; seen</p>", '<p title="&a11;">seen</p>'):
        outcome = await outcome_of(XHTML.format(laughs, inner).encode(), "a.html")

        assert isinstance(outcome, UnreadableDocumentError) or len(outcome.text) < 10_000
    assert_gone(children)


async def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    marker, trap = tmp_path / "loaded", tmp_path / "map.pickle"
    trap.write_bytes(pickle.dumps(_Trap(str(marker))))
    name = str(trap.with_suffix("")).replace("/", "#2F").encode()

    outcomes = [
        await outcome_of(trap.read_bytes(), "a.pdf"),
        await outcome_of(trap.read_bytes(), "a.csv"),
        await outcome_of(character_map_named(name), "a.pdf"),
    ]

    assert isinstance(outcomes[0], UnreadableDocumentError)
    assert not marker.exists()


class _Trap:
    """Unpickled, it creates a file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (self._path,)


PERSIAN = "می\u200cخواهم"  # joined differently without its joiner
FAMILY = "👩\u200d👩\u200d👧"  # three people without their joiners


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv", "a.json", "a.py"])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("among many other words be\x00fore", "before"),  # NUL
        ("be\u202efore\u2066", "before"),  # reading direction
        ("be\u200bfo\u2060re", "before"),  # zero width
        ("be\U000e0041\U000e0042fore", "before"),  # tag characters
        (f"{PERSIAN} {FAMILY}", f"{PERSIAN} {FAMILY}"),  # joiners that shape what is seen
    ],
)
async def test_dirty_text_is_cleaned_in_every_format(name: str, text: str, kept: str) -> None:
    outcome = await outcome_of(DRESSED[name](text).encode("utf-8", "surrogatepass"), name)

    assert isinstance(outcome, ParsedDocument)
    assert kept in outcome.text
    assert_clean(outcome.text)


DRESSED: dict[str, Callable[[str], str]] = {
    "a.txt": "text {}".format,
    "a.md": lambda text: f"# Title\n\n- {text}\n",
    "a.html": lambda text: f"<!doctype html><title>x</title><ul><li>{text}</ul>",
    "a.csv": lambda text: f"name,value\n{text},one\n{text},two\n",
    "a.json": lambda text: json.dumps({"key": text}, ensure_ascii="\x00" in text),
    "a.py": lambda text: f"def f():\n    return '{text}'\n",
}


def assert_clean(text: str) -> None:
    unwanted = {
        character for character in text
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn"}
    } - set("\n\t\u200c\u200d")  # fmt: skip
    assert not unwanted


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (b'{"a": "x\\ud800y"}', "a.json"),  # a lone surrogate, escaped
        (b"<!doctype html><p>x&#xd800;y", "a.html"),
        (b"text \xff\xfe more \xc3\x28 " + "ü".encode() * 40, "a.txt"),  # invalid UTF-8
        (b"<!doctype html><p>x\xff\xc3\x28y", "a.html"),
        (b"a,b\n\xff,\xc3\x28\n" + "ü,ö\n".encode() * 40, "a.csv"),
        (b"word " * 4_000_000, "a.txt"),  # one line of 20 MB
        (b"x" * 20_000_000, "a.py"),  # one word of it
        (b"# x\n\n" + b"word " * 4_000_000, "a.md"),
        (b"a," * 10_000_000, "a.csv"),
        (b'{"a": "' + b"x" * 20_000_000 + b'"}', "a.json"),
        (b"<!doctype html><p>text", "a.json"),  # content is not what the name says
        (b"plain text", "a.epub"),
        (b"plain text", "a.docx"),
        (b'{"a": 1}', "a.html"),
        (b"a: plain, text", "a.json"),
        (b"[" * 100_000, "a.json"),
    ],
)
async def test_dirty_files_are_readable_all_the_same(document: bytes, name: str) -> None:
    outcome = await outcome_of(document, name)

    assert isinstance(outcome, ParsedDocument)
    assert_clean(outcome.text[:1_000_000])


@pytest.mark.parametrize(
    ("document", "name", "reason"),
    [
        (b"", "a.html", "empty"),
        (b"\n \t", "a.csv", "empty"),
        (b"<!doctype html>", "a.html", "no_text"),
        (b"<!doctype html><p>" + b"word " * 4_000_000, "a.html", "too_large"),
        (b"<!doctype html>" + b"<div>" * 5000 + b"x", "a.html", "too_large"),
        (b"PK\x03\x04" + b"x" * 1000, "a.docx", "unsupported"),
        (book_of(["<p>x</p>"])[:300], "a.epub", "damaged"),
        (b"\xff\xd8\xff\xe0", "a.md", "unsupported"),  # an image that calls itself Markdown
    ],
)
async def test_what_cannot_be_read_is_named(
    document: bytes, name: str, reason: Reason, children: Children
) -> None:
    outcome = await outcome_of(document, name)

    assert isinstance(outcome, UnreadableDocumentError)
    assert outcome.reason == reason
    assert_gone(children)


SECTION = "word and more of it. " * 40


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (f"{SECTION}\n\n{SECTION}", "a.txt"),
        (f"# One\n\n{SECTION}\n\n| a | b |\n|---|---|\n" + "| x | y |\n" * 200, "a.md"),
        ("<!doctype html><h1>One</h1><ul>" + f"<li>{SECTION}" * 9 + "</ul><table><tr><th>A<th>B"
         + "<tr><td>x<td>y" * 200 + "</table>", "a.html"),
        ("name,value\n" + "x,y\n" * 300, "a.csv"),
        ('[{"name": "x", "text": "' + SECTION * 3 + '"}, {"a": [1, {"b": 2}]}]', "a.json"),
        ("def f():\n" + "    call()\n" * 900 + "\n\ndef g():\n    pass\n", "a.py"),
        (book_of([f"<h1>One</h1><p>{SECTION * 3}</p>", "<pre>a\n b</pre>"]), "a.epub"),
    ],
)  # fmt: skip
async def test_a_passage_is_the_text_at_its_place(document: str | bytes, name: str) -> None:
    parsed = await parse(document if isinstance(document, bytes) else document.encode(), name=name)

    passages = chunk(parsed, count_tokens=lambda text: len(text.split()) + 2)

    assert len(passages) > 1
    for block in parsed.blocks:
        assert parsed.text[block.start : block.end] == block.text
    for passage in passages:
        place = parsed.text[passage.start : passage.end]
        header, _, rest = passage.text.partition("\n")
        assert passage.text == place or (
            rest == place and header in {b.header for b in parsed.blocks}
        )
    end = 0
    for passage in passages:
        assert not parsed.text[end : max(end, passage.start)].strip()
        end = passage.end
