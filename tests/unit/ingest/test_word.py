import io
import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from functions.ingest.parsers.elements import Element, RefusedError
from functions.ingest.parsers.word import read

SCHEMAS = "http://schemas.openxmlformats.org"
NAMESPACES = (
    f'xmlns:w="{SCHEMAS}/wordprocessingml/2006/main" '
    f'xmlns:r="{SCHEMAS}/officeDocument/2006/relationships" '
    f'xmlns:mc="{SCHEMAS}/markup-compatibility/2006" '
    f'xmlns:m="{SCHEMAS}/officeDocument/2006/math"'
)
PICTURE = f'xmlns:wp="{SCHEMAS}/drawingml/2006/wordprocessingDrawing"'
OFFICE = f"{SCHEMAS}/officeDocument/2006/relationships"

STYLES = """
<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="Mine"><w:name w:val="Mein Kapitel"/><w:basedOn w:val="berschrift2"/></w:style>
<w:style w:styleId="berschrift2"><w:name w:val="Heading 2"/><w:basedOn w:val="Round"/></w:style>
<w:style w:styleId="Round"><w:name w:val="a"/><w:basedOn w:val="About"/></w:style>
<w:style w:styleId="About"><w:name w:val="b"/><w:basedOn w:val="Round"/></w:style>
<w:style w:styleId="Outlined"><w:name w:val="x"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:styleId="Flat"><w:name w:val="TOC Heading"/><w:basedOn w:val="berschrift1"/>
  <w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="Secret"><w:name w:val="s"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:styleId="Items"><w:name w:val="List Bullet"/>
  <w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Source"><w:name w:val="HTML Preformatted"/></w:style>
"""


def level(depth: int, form: str, pattern: str, start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


NUMBERING = f"""
<w:abstractNum w:abstractNumId="0">{level(0, "decimal", "%1.")}{level(1, "decimal", "%1.%2")}
{level(2, "lowerRoman", "(%3)")}</w:abstractNum>
<w:abstractNum w:abstractNumId="1">{level(0, "bullet", "•")}{level(1, "bullet", "o")}
</w:abstractNum>
<w:abstractNum w:abstractNumId="2">{level(0, "upperLetter", "%1)", start=26)}</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="4"><w:abstractNumId w:val="0"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>
"""


def relations(rows: Sequence[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="{identifier}" Type="{OFFICE}/{kind}" Target="{target}"'
        + (' TargetMode="External"' if "://" in target or target.startswith("mailto:") else "")
        + "/>"
        for identifier, kind, target in rows
    )
    return f'<Relationships xmlns="{SCHEMAS}/package/2006/relationships">{lines}</Relationships>'


def word(body: str, *, parts: Mapping[str, str] | None = None, raw: str | bytes = "") -> bytes:
    """A Word document; `parts` are further parts' contents by file name."""
    parts = {"styles": STYLES, "numbering": NUMBERING, **(parts or {})}
    links = [
        ("site", "hyperlink", "https://example.org/raids"),
        ("mail", "hyperlink", "mailto:loot@example.org"),
        ("script", "hyperlink", "javascript:alert(1)"),
        ("file", "image", "file:///proc/self/environ"),
    ]
    own = [(name, name, f"{name}.xml") for name in parts if name != "core"]
    document = raw or f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
    core = [("c", "metadata/core-properties", "docProps/core.xml")] if "core" in parts else []
    notes = [("site", "hyperlink", "https://conduct.example/")]
    entries: dict[str, str | bytes] = {
        "word/_rels/footnotes.xml.rels": relations(notes),
        "_rels/.rels": relations([("d", "officeDocument", "word/document.xml"), *core]),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": relations([*own, *links]),
    } | {
        "docProps/core.xml"
        if name == "core"
        else f"word/{name}.xml": f"<w:{name} {NAMESPACES}>{content}</w:{name}>"
        for name, content in parts.items()
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def text(content: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{content}</w:t></w:r>'


def paragraph(content: str, *, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    runs = content if content.startswith("<") else text(content)
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def item(content: str, *, number: int, depth: int = 0, style: str = "") -> str:
    place = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(content, style=style, properties=place)


def table(*rows: Sequence[str]) -> str:
    lines = (
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def elements_of(document: bytes) -> list[Element]:
    return [element for page in read(document) for element in page.elements]


def seen(body: str, *, parts: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """The kinds and texts of a document's elements, its title aside."""
    elements = elements_of(word(body, parts=parts))
    return [(element.kind, element.text) for element in elements if element.kind != "title"]


@pytest.mark.parametrize(
    ("style", "properties", "depth"),
    [
        ("berschrift1", "", 1),  # the identifier is translated, the name is not
        ("Mine", "", 2),  # one's own style, based on a heading
        ("Outlined", "", 3),  # by outline level
        ("Titel", "", 1),  # the document's title
        ("", '<w:outlineLvl w:val="3"/>', 4),  # set on the paragraph itself
        ("berschrift1", '<w:outlineLvl w:val="1"/>', 2),  # the paragraph knows better
        ("Flat", "", 0),  # looks like a heading, says it is none
        ("Round", "", 0),  # a style based on itself
        ("Unknown", "", 0),  # a style that is not defined
    ],
)
def test_a_heading_is_known_by_its_style_or_outline(
    style: str, properties: str, depth: int
) -> None:
    document = word(paragraph("Loot", style=style, properties=properties))
    found = [element for element in elements_of(document) if element.kind != "title"]

    assert [(element.kind, element.level) for element in found] == [
        ("heading" if depth else "paragraph", depth)
    ]


@pytest.mark.parametrize(
    ("body", "text_seen"),
    [
        (text("a") + "<w:r><w:tab/></w:r>" + text("b"), "a\tb"),
        (text("a") + "<w:r><w:br/></w:r>" + text("b"), "a\nb"),
        (text("non") + "<w:r><w:noBreakHyphen/></w:r>" + text("stop"), "non\u2011stop"),
        (text("soft") + "<w:r><w:softHyphen/></w:r>" + text("ly\u00ad"), "softly"),
        (text("old ") + f"<w:ins>{text('new')}</w:ins>", "old new"),  # an insertion is kept
        (text("a") + "<w:del><w:r><w:delText>b</w:delText></w:r></w:del>", "a"),  # a deletion not
        (f"<w:moveFrom>{text('a')}</w:moveFrom><w:moveTo>{text('b')}</w:moveTo>", "b"),
        (text("a") + "<w:r><w:rPr><w:vanish/></w:rPr><w:t>b</w:t></w:r>", "a"),  # hidden
        ("<w:r><w:rPr><w:strike/></w:rPr><w:t>12</w:t></w:r>" * 2, "~~1212~~"),  # struck out
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>b</w:t></w:r>', "b"),  # not hidden
        (text("a") + '<w:r><w:rPr><w:rStyle w:val="Secret"/></w:rPr><w:t>b</w:t></w:r>', "a"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r>" + text("7"), "7"),  # a field's result
        (f"<w:fldSimple>{text('7')}</w:fldSimple>", "7"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{text('a')}</w:sdtContent></w:sdt>", "a"),
        (f'<w:r><w:drawing><wp:docPr {PICTURE} descr="A map"/></w:drawing></w:r>', "A map"),
        (
            text("a") + f'<wp:docPr {PICTURE} descr="A box. Description automatically generated"/>',
            "a",
        ),  # no guesses
        ("<m:oMath><m:r><m:t>x+1</m:t></m:r></m:oMath>", "x+1"),  # a formula
        (f'<w:hyperlink r:id="site">{text("here")}</w:hyperlink>', "here (https://example.org/raids)"),
        (f'<w:hyperlink r:id="mail">{text("mail us")}</w:hyperlink>', "mail us (loot@example.org)"),
        (f'<w:hyperlink r:id="script">{text("here")}</w:hyperlink>', "here"),  # no script
        (f'<w:hyperlink r:id="absent">{text("here")}</w:hyperlink>', "here"),
    ],
)  # fmt: skip
def test_a_paragraph_says_what_the_reader_sees(body: str, text_seen: str) -> None:
    assert seen(f"<w:p>{body}</w:p>") == [("paragraph", text_seen)]


@pytest.mark.parametrize("style", ["Secret", "Verzeichnis1"])
def test_hidden_text_and_tables_of_contents_are_left_out(style: str) -> None:
    assert seen(paragraph("a") + paragraph("b ..... 7", style=style)) == [("paragraph", "a")]


def test_a_list_is_one_element_with_the_numbers_that_are_shown() -> None:
    body = (
        item("Prepare", number=1)
        + item("Food", number=1, depth=1)
        + item("Flasks", number=1, depth=1)
        + item("Two of each", number=1, depth=2)
        + item("Pull", number=1)
        + item("Adds", number=1, depth=1)
        + item("Again", number=4)
    )

    assert seen(body) == [
        (
            "list",
            """1. Prepare
  1.1 Food
  1.2 Flasks
    (i) Two of each
2. Pull
  2.1 Adds
7. Again""",
        )
    ]


def test_bullets_come_from_the_style_and_letters_go_on_after_z() -> None:
    body = paragraph("one", style="Items") + item("two", number=3) + item("three", number=3)

    assert seen(body) == [("list", "- one\nZ) two\nAA) three")]


def test_a_heading_keeps_its_number() -> None:
    assert seen(item("Scope", number=1, style="berschrift1")) == [("heading", "1. Scope")]


def test_lines_of_code_stay_together() -> None:
    body = paragraph("if a:", style="Source") + paragraph("    b()", style="Source")

    assert seen(body) == [("code", "if a:\n    b()")]


def test_a_table_repeats_merged_cells_and_names_its_header() -> None:
    merged = table(["Boss", "Drop"], ["Ragnaros", "Sulfuras"], ["", "Eye"]).replace(
        f"<w:tc>{paragraph('')}</w:tc>", f"<w:tc><w:tcPr><w:vMerge/></w:tcPr>{paragraph('')}</w:tc>"
    )
    element = elements_of(word(merged))[0]

    assert element.text == "Boss | Drop\nRagnaros | Sulfuras\nRagnaros | Eye"
    assert element.header == "Boss | Drop"


def test_a_table_inside_a_table_follows_it() -> None:
    inner = table(["x", "y"], ["1", "2"])
    outer = table(["a", "b"], ["c", "d"]).replace(
        f"<w:tc>{paragraph('d')}</w:tc>", f"<w:tc>{paragraph('d')}{inner}</w:tc>"
    )

    assert seen(outer) == [("table", "a | b\nc | d"), ("table", "x | y\n1 | 2")]


def test_a_frame_drawn_as_a_table_is_no_table() -> None:
    frame = f"<w:tbl><w:tr><w:tc>{paragraph('Note', style='berschrift1')}</w:tc></w:tr></w:tbl>"

    assert seen(frame) == [("heading", "Note")]


def test_a_text_box_follows_its_paragraph_and_is_told_once() -> None:
    box = f"<w:txbxContent>{paragraph('boxed')}</w:txbxContent>"
    both = (
        "<w:r><mc:AlternateContent>"
        f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )

    assert seen(f"<w:p>{both}{text('around')}</w:p>") == [
        ("paragraph", "around"),
        ("paragraph", "boxed"),
    ]


def test_a_footnote_follows_its_paragraph_and_is_told_once() -> None:
    reference = '<w:r><w:footnoteReference w:id="5"/></w:r>'
    notes = (
        '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        f'<w:footnote w:id="5"><w:p>{text("since 2004")}{reference}</w:p></w:footnote>'
    )

    assert seen(
        f"<w:p>{text('Loot')}{reference}{text(' rules')}{reference}</w:p>" + paragraph("next"),
        parts={"footnotes": notes},
    ) == [("paragraph", "Loot[1] rules"), ("paragraph", "[1] since 2004"), ("paragraph", "next")]


def test_a_link_of_a_footnote_is_the_footnotes_own() -> None:
    def link(words: str) -> str:
        return f'<w:hyperlink r:id="site">{text(words)}</w:hyperlink>'

    reference = '<w:r><w:footnoteReference w:id="5"/></w:r>'
    notes = f'<w:footnote w:id="5"><w:p>{text("see ")}{link("conduct")}</w:p></w:footnote>'
    assert seen(
        f"<w:p>{text('Rules')}{reference}</w:p><w:p>{link('here')}</w:p>",
        parts={"footnotes": notes},
    ) == [
        ("paragraph", "Rules[1]"),
        ("paragraph", "[1] see conduct (https://conduct.example/)"),
        ("paragraph", "here (https://example.org/raids)"),
    ]


def test_comments_and_deleted_rows_are_left_out() -> None:
    rows = table(["a", "b"], ["gone", "gone"], ["c", "d"]).replace(
        f"<w:tr><w:tc>{paragraph('gone')}", f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph('x')}"
    )
    comments = f'<w:comment w:id="1">{paragraph("psst")}</w:comment>'

    assert seen(rows, parts={"comments": comments}) == [("table", "a | b\nc | d")]


CORE = '<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{}</dc:title>'
STYLED = paragraph("The Title", style="Titel")
HEADED = paragraph("A Heading", style="berschrift1")


@pytest.mark.parametrize(
    ("core", "body", "title"),
    [
        ("In properties", STYLED + HEADED, "In properties"),
        ("Microsoft Word - Document1", HEADED + STYLED, "The Title"),  # a program's placeholder
        ("", HEADED + paragraph("text"), "A Heading"),
        ("", paragraph("text"), None),
    ],
)
def test_the_title_is_the_best_that_is_known(core: str, body: str, title: str | None) -> None:
    elements = elements_of(word(body, parts={"core": CORE.format(core)}))
    titles = [element.text for element in elements if element.kind == "title"]

    assert titles == ([] if title is None else [title])


def test_a_strict_file_reads_like_any_other() -> None:
    body = f"<w:document {NAMESPACES}><w:body>{paragraph('strict')}</w:body></w:document>"
    strict = body.replace(
        f"{SCHEMAS}/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main"
    )

    assert [element.text for element in elements_of(word("", raw=strict))] == ["strict"]


ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///proc/self/environ">]>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    + "]>"
)  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        f"{ENTITY}<w:document {NAMESPACES}><w:body>&a;</w:body></w:document>",  # reads a file
        f"{LAUGHS}<w:document {NAMESPACES}><w:body>&i;</w:body></w:document>",  # multiplies
        f'<!DOCTYPE x SYSTEM "http://169.254.169.254/"><w:document {NAMESPACES}/>',  # calls
        f"<w:document {NAMESPACES}/>",  # no body
    ],
)
def test_a_part_that_declares_or_lacks_is_refused(raw: str) -> None:
    with pytest.raises(RefusedError, match="damaged"):
        elements_of(word("", raw=raw))


@pytest.mark.parametrize(
    "body",
    [
        paragraph("a" * 10_000_001),  # more than the XML reader holds in one text
        f"{'<w:ins>' * 300}{'</w:ins>' * 300}",  # nested beyond its depth
    ],
)
def test_a_part_beyond_the_readers_limits_is_too_large(body: str) -> None:
    with pytest.raises(RefusedError, match="too_large"):
        elements_of(word(body))


def test_a_long_lineage_of_styles_ends() -> None:
    count = 3000
    styles = "".join(
        f'<w:style w:styleId="s{number}"><w:basedOn w:val="s{number + 1}"/></w:style>'
        for number in range(count)
    )
    body = "".join(paragraph("a", style=f"s{number}") for number in range(count))

    assert len(seen(body, parts={"styles": styles})) == count


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "cp037"])
def test_no_encoding_hides_a_declaration(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{ENTITY}<w:document {NAMESPACES}/>'

    with pytest.raises(RefusedError, match="damaged"):
        elements_of(word("", raw=declared.encode(encoding)))
