import io
import zipfile
from collections.abc import Sequence

import pytest

from functions.ingest.parsers.elements import Element, Page, RefusedError
from functions.ingest.parsers.slides import read

SCHEMAS = "http://schemas.openxmlformats.org"
OFFICE = f"{SCHEMAS}/officeDocument/2006/relationships"
NAMESPACES = (
    f'xmlns:p="{SCHEMAS}/presentationml/2006/main" xmlns:a="{SCHEMAS}/drawingml/2006/main" '
    f'xmlns:r="{OFFICE}" xmlns:dgm="{SCHEMAS}/drawingml/2006/diagram"'
)
SITE = ("site", "hyperlink", "https://example.org/raids")


def relations(*rows: tuple[str, str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="{identifier}" Type="{OFFICE}/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if "://" in target else "/>")
        for identifier, kind, target in rows
    )
    return f'<Relationships xmlns="{SCHEMAS}/package/2006/relationships">{lines}</Relationships>'


def deck(*slides: str, order: Sequence[int] = (), notes: str = "", diagram: str = "") -> bytes:
    """A presentation; the file's names are the reverse of the order shown."""
    order = order or range(len(slides))
    listed = "".join(f'<p:sldId r:id="s{number}"/>' for number in order)
    entries = {
        "_rels/.rels": relations(("d", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": (
            f"<p:presentation {NAMESPACES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
        ),
        "ppt/_rels/presentation.xml.rels": relations(
            *((f"s{number}", "slide", f"slides/{9 - number}.xml") for number in range(len(slides)))
        ),
        "ppt/notes.xml": f"<p:notes {NAMESPACES}>{tree(notes)}</p:notes>",
        "ppt/diagram.xml": f"<dgm:dataModel {NAMESPACES}>{diagram}</dgm:dataModel>",
    }
    for number, content in enumerate(slides):
        entries[f"ppt/slides/{9 - number}.xml"] = content
        entries[f"ppt/slides/_rels/{9 - number}.xml.rels"] = relations(
            SITE, ("n", "notesSlide", "../notes.xml"), ("g", "diagramData", "../diagram.xml")
        )
    return zipped(entries)


def zipped(entries: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tree(shapes: str) -> str:
    return f"<p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shapes}</p:spTree></p:cSld>"


def slide(*shapes: str, attributes: str = "") -> str:
    return f"<p:sld {NAMESPACES} {attributes}>{tree(''.join(shapes))}</p:sld>"


def shape(*paragraphs: str, place: str = "", hidden: str = "0") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr hidden="{hidden}"/><p:cNvSpPr/><p:nvPr>{place}</p:nvPr>'
        f"</p:nvSpPr><p:txBody>{''.join(paragraphs)}</p:txBody></p:sp>"
    )


def line(content: str, properties: str = "") -> str:
    runs = content if content.startswith("<") else f"<a:r><a:t>{content}</a:t></a:r>"
    return f"<a:p>{properties}{runs}</a:p>"


def title(content: str) -> str:
    return shape(line(content), place='<p:ph type="title"/>')


def frame(content: str) -> str:
    properties = "<p:nvGraphicFramePr><p:cNvPr/></p:nvGraphicFramePr>"
    return (
        f"<p:graphicFrame>{properties}<a:graphic><a:graphicData>{content}</a:graphicData>"
        "</a:graphic></p:graphicFrame>"
    )


BODY = '<p:ph idx="1"/>'


def pages(document: bytes) -> list[Page]:
    return list(read(document))


def seen(*shapes: str, notes: str = "", diagram: str = "") -> list[tuple[str, str]]:
    """The kinds and texts of a slide titled "T", its title aside."""
    (page,) = pages(deck(slide(title("T"), *shapes), notes=notes, diagram=diagram))
    return [(element.kind, element.text) for element in page.elements[2:]]


def test_slides_come_in_the_order_shown_each_as_its_page() -> None:
    document = deck(
        slide(title("one")), slide(title("two")), slide(title("three")), order=[2, 0, 1]
    )

    assert pages(document) == [
        Page([Element("title", "three"), Element("heading", "three", 1, 1)], 1, 3),
        Page([Element("heading", "one", 1, 2)], 2, 3),
        Page([Element("heading", "two", 1, 3)], 3, 3),
    ]


def test_a_hidden_slide_keeps_its_number_and_is_told_of() -> None:
    document = deck(slide(title("a")), slide(title("b"), attributes='show="0"'))

    assert pages(document)[1:] == [
        Page([Element("paragraph", "", page=2)], 2, 2),
        Page([], 2, 2, notices=("Hidden slides were left out: 2.",)),
    ]


def test_a_slide_without_a_title_does_not_belong_to_the_one_before() -> None:
    document = deck(slide(title("Loot")), slide(shape(line("text"))))

    assert pages(document)[1].elements[0] == Element("heading", "Slide 2", 1, 2)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (shape(line("a"), line("b"), place=BODY), [("list", "- a\n- b")]),  # places have bullets
        (shape(line("a"), place=BODY), [("paragraph", "a")]),  # one line is no list
        (
            shape(line("a"), line("b", '<a:pPr lvl="1"/>'), place=BODY),
            [("list", "- a\n  - b")],
        ),  # levels
        (
            shape(line("a", "<a:pPr><a:buNone/></a:pPr>"), line("b"), line("c"), place=BODY),
            [("paragraph", "a"), ("list", "- b\n- c")],
        ),  # bullets declined
        (shape(line("a"), line("b")), [("paragraph", "a"), ("paragraph", "b")]),  # a text box
        (
            shape(*[line(sign, "<a:pPr><a:buAutoNum/></a:pPr>") for sign in "ab"]),
            [("list", "1. a\n2. b")],
        ),  # numbers
        (
            shape(
                line("a", '<a:pPr><a:buAutoNum startAt="4"/></a:pPr>'),
                line("x", '<a:pPr lvl="1"><a:buChar char="-"/></a:pPr>'),
                line("b", '<a:pPr><a:buAutoNum startAt="4"/></a:pPr>'),
            ),
            [("list", "4. a\n  - x\n5. b")],
        ),  # numbers go on after what is inside
        (shape(line("7"), place='<p:ph type="sldNum"/>'), []),  # a slide number
        (shape(line("ours"), place='<p:ph type="ftr"/>'), []),  # a footer
        (
            '<p:pic><p:nvPicPr><p:cNvPr descr="A map"/></p:nvPicPr></p:pic>',
            [("paragraph", "A map")],
        ),  # a picture that somebody described
        (shape(line("x"), hidden="1"), []),  # a hidden shape
        (
            f"<p:grpSp><p:nvGrpSpPr/><p:grpSpPr/>{shape(line('in'))}{shape(line('side'))}</p:grpSp>",
            [("paragraph", "in"), ("paragraph", "side")],
        ),  # a group
        (
            shape(line("<a:r><a:t>a</a:t></a:r><a:br/><a:r><a:t>so\u00adft</a:t></a:r>")),
            [("paragraph", "a\nsoft")],
        ),  # a line break
        (
            shape(line('<a:r><a:rPr><a:hlinkClick r:id="site"/></a:rPr><a:t>here</a:t></a:r>')),
            [("paragraph", "here (https://example.org/raids)")],
        ),  # a link
    ],
)
def test_a_shape_says_what_is_seen(content: str, expected: list[tuple[str, str]]) -> None:
    assert seen(content) == expected


def test_a_table_repeats_merged_cells_and_names_its_header() -> None:
    def row(*cells: str) -> str:
        return f"<a:tr>{''.join(cells)}</a:tr>"

    def cell(content: str, attributes: str = "") -> str:
        return f"<a:tc {attributes}><a:txBody>{line(content)}</a:txBody></a:tc>"

    rows = (
        row(cell("Boss"), cell("Drop"))
        + row(cell("Ragnaros", 'rowSpan="2"'), cell("Sulfuras"))
        + row("<a:tc vMerge='1'><a:txBody><a:p/></a:txBody></a:tc>", cell("Eye"))
    )
    document = deck(slide(title("T"), frame(f"<a:tbl>{rows}</a:tbl>")))

    assert pages(document)[0].elements[-1] == Element(
        "table",
        "Boss | Drop\nRagnaros | Sulfuras\nRagnaros | Eye",
        page=1,
        header="Boss | Drop",
    )


def test_a_diagrams_points_are_a_list() -> None:
    points = "".join(f"<dgm:pt><dgm:t>{line(sign)}</dgm:t></dgm:pt>" for sign in "ab")

    assert seen(frame('<dgm:relIds r:dm="g"/>'), diagram=points) == [("list", "- a\n- b")]


def test_notes_follow_the_slide() -> None:
    notes = shape(line("say hello"), place='<p:ph type="body"/>') + shape(
        line("1"), place='<p:ph type="sldNum"/>'
    )

    assert seen(notes=notes) == [("paragraph", "Notes: say hello")]


@pytest.mark.parametrize(
    "broken",
    [
        "<p:sld",  # cut off
        "",  # no bytes
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///proc/self/environ">]>{slide(shape(line("&a;")))}',
    ],
)
def test_a_damaged_slide_costs_no_other(broken: str) -> None:
    document = deck(slide(title("a")), broken, slide(title("c")))

    assert [page.readable for page in pages(document)] == [True, False, True]
    assert pages(document)[1].elements == []


@pytest.mark.parametrize(
    "document",
    [
        deck(),  # no slides
        deck("<p:sld"),  # no slide that can be read
        deck(slide(title("a")), order=[1]),  # a slide that is not there
        zipped({"ppt/slides/slide1.xml": slide(title("a"))}),  # no list of slides
        zipped({}),  # nothing
    ],
)
def test_a_presentation_without_readable_slides_is_damaged(document: bytes) -> None:
    with pytest.raises(RefusedError, match="damaged"):
        pages(document)


def test_a_slide_listed_again_and_again_is_read_once() -> None:
    assert len(pages(deck(slide(title("a")), order=[0] * 5000))) == 1
