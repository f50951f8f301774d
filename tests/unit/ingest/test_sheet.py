import io
import zipfile
from collections.abc import Mapping, Sequence

import pytest

from functions.ingest.parsers.elements import Element, Page, RefusedError
from functions.ingest.parsers.sheet import read

SCHEMAS = "http://schemas.openxmlformats.org"
OFFICE = f"{SCHEMAS}/officeDocument/2006/relationships"
NAMESPACES = f'xmlns="{SCHEMAS}/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
# Numbered from 0: general, date, date and time, time, hours beyond a day, percent, and our own.
OWN = {
    200: "[$€-2] #,##0.00;[Red]-[$€-2] #,##0.00",
    201: "#,##0.00 &quot;EUR&quot;",
    202: "$#,##0",
    203: "0.00%",
    204: "#,##0.00",
    205: "0&quot;%&quot;",
    206: "0.0\\%",
}
STYLES = "".join(f'<xf numFmtId="{form}"/>' for form in (0, 14, 22, 20, 46, 9, *OWN))
FORMATS = "".join(f'<numFmt numFmtId="{at}" formatCode="{code}"/>' for at, code in OWN.items())

Row = Sequence[str | float | None]


def relations(*rows: tuple[str, str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="{identifier}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for identifier, kind, target in rows
    )
    return f'<Relationships xmlns="{SCHEMAS}/package/2006/relationships">{lines}</Relationships>'


def workbook(
    sheets: Mapping[str, str], *, hidden: Sequence[str] = (), title: str = "", shared: str = ""
) -> bytes:
    """A workbook; each sheet's name with its `sheetData`."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="s{number}" '
        f'state="{"hidden" if name in hidden else "visible"}"/>'
        for number, name in enumerate(sheets, start=1)
    )
    parts = [
        (f"s{number}", "worksheet", f"sheet{number}.xml") for number in range(1, 1 + len(sheets))
    ]
    parts += [("st", "styles", "styles.xml"), ("ss", "sharedStrings", "sharedStrings.xml")]
    entries = {
        "_rels/.rels": relations(
            ("d", "officeDocument", "xl/workbook.xml"),
            ("c", "metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/core.xml": (
            f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></c>'
        ),
        "xl/workbook.xml": f"<workbook {NAMESPACES}><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(*parts),
        "xl/styles.xml": (
            f"<styleSheet {NAMESPACES}><numFmts>{FORMATS}</numFmts><cellXfs>{STYLES}</cellXfs>"
            "</styleSheet>"
        ),
        "xl/sharedStrings.xml": f"<sst {NAMESPACES}>{shared}</sst>",
        "xl/media/image1.xml": "<!DOCTYPE x>",  # a part that is not read
    }
    for number, content in enumerate(sheets.values(), start=1):
        data = f"<sheetData>{content}</sheetData>" if content.startswith("<row") else content
        entries[f"xl/sheet{number}.xml"] = f"<worksheet {NAMESPACES}>{data}</worksheet>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def grid(*rows: Row) -> str:
    """The `sheetData` of rows, from A1 on; None is an empty cell."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = (
            cell(f"{chr(ord('A') + column)}{number}", value)
            for column, value in enumerate(row)
            if value is not None
        )
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f"<sheetData>{''.join(lines)}</sheetData>"


def cell(address: str, value: str | float, *, style: int = 0) -> str:
    if isinstance(value, str):
        return f'<c r="{address}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{address}" s="{style}"><v>{value}</v></c>'


def elements_of(document: bytes) -> list[Element]:
    return [element for page in read(document) for element in page.elements]


def texts(*rows: Row) -> list[str]:
    return [element.text for element in elements_of(workbook({"Sheet1": grid(*rows)}))]


def test_each_sheet_stands_under_its_name_and_is_one_step() -> None:
    one, two = grid(["a", "b"]), grid(["c", "d"])

    assert list(read(workbook({"Bosses": one, "Loot": two}, title="Raids"))) == [
        Page([Element("title", "Raids")], 0, 2),
        Page([Element("heading", "Bosses", level=2)], 1, 2),
        Page([Element("table", "a | b")], 1, 2),
        Page([], 1, 2),
        Page([Element("heading", "Loot", level=2)], 2, 2),
        Page([Element("table", "c | d")], 2, 2),
        Page([], 2, 2),
    ]


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        ("Sheet1", []),  # a program's name for the only sheet
        ("Tabelle 1", []),  # in another language
        ("Bosses", ["Bosses"]),  # somebody's name
        ("2026", ["2026"]),  # likewise
    ],
)
def test_only_a_name_that_somebody_gave_is_a_heading(name: str, headings: list[str]) -> None:
    found = elements_of(workbook({name: grid(["a", "b"])}))

    assert [element.text for element in found if element.kind == "heading"] == headings


def test_a_hidden_sheet_is_left_out_and_told_of() -> None:
    document = workbook({"A": grid(["a"]), "Secret": grid(["whispered"])}, hidden=["Secret"])
    pages = list(read(document))

    assert pages[0].notices == ("Hidden sheets were left out: “Secret”.",)
    assert "whispered" not in str(pages)


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [
        (3.0, 0, "3"),  # a whole number has no point
        (0.30000000000000004, 0, "0.3"),  # no rounding errors
        (-2.5, 0, "-2.5"),
        (1e300, 0, "1e+300"),
        (45000, 1, "2023-03-15"),
        (45000.5, 2, "2023-03-15 12:00"),
        (45000, 2, "2023-03-15"),  # midnight is the day
        (0.5, 3, "12:00"),
        (1.5, 4, "36:00:00"),  # a duration beyond a day
        ("a &amp;\n b", 0, "a & b"),  # one line
        (0.15, 5, "15 %"),
        (0.07, 9, "7 %"),  # no rounding errors
        (9.99, 6, "€9.99"),
        (49, 7, "49 EUR"),
        (1200, 8, "$1200"),
        (9.5, 10, "9.5"),  # a format that says nothing more
        (15, 11, "15 %"),  # a sign that is only written beside it
        (2.5, 12, "2.5 %"),
        (-1200, 8, "-$1200"),
    ],
)
def test_a_cell_shows_what_is_seen(value: str | float, style: int, shown: str) -> None:
    row = f'<row r="1">{cell("A1", value, style=style)}</row>'

    assert elements_of(workbook({"Sheet1": row}))[0].text == shown


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('<c r="A1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A1" t="str"><f>A2</f><v>kept</v></c>', "kept"),  # a formula's last result
        ('<c r="A1" t="s"><v>0</v></c>', "shared"),
    ],
)
def test_a_cell_of_any_type_is_read(content: str, shown: str) -> None:
    document = workbook({"Sheet1": f'<row r="1">{content}</row>'}, shared="<si><t>shared</t></si>")

    assert [element.text for element in elements_of(document)] == [shown]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["a", "b"], [1, 2]], ["a | b\n1 | 2"]),
        ([[], [], [None, None, "a", None, "b"]], ["a | b"]),  # empty rows and columns are trimmed
        ([["a", "b"], [], [None, "c", "d"]], ["a | b", "c | d"]),  # two tables
        (  # below a blank line the columns are the same
            [["Item", "Monthly", "Yearly"], ["Role", 5, 50], [], ["Boost", None, 30]],
            ["Item | Monthly | Yearly\nRole | 5 | 50", "Boost |  | 30"],
        ),
        ([["Bosses"], ["of 2004"], ["a", "b"]], ["Bosses\nof 2004", "a | b"]),  # a caption
        ([["one"], ["two"]], ["one\ntwo"]),  # a column of lines
        ([["a", "b", "c"], ["d", None, None], [None, "e"]], ["a | b | c\nd\n | e"]),  # gaps
    ],
)
def test_rows_become_tables_and_lines(rows: list[Row], expected: list[str]) -> None:
    assert texts(*rows) == expected


def test_a_cell_that_spans_rows_is_told_in_each() -> None:
    rows = grid(["Boss", "Item"], ["Ragnaros", "Eye"], [None, "Hand"], ["Onyxia", "Bag"])
    merged = f'{rows}<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    (found,) = elements_of(workbook({"Sheet1": merged}))
    assert found.text == "Boss | Item\nRagnaros | Eye\nRagnaros | Hand\nOnyxia | Bag"


def test_a_sheet_may_begin_further_down() -> None:
    rows = (
        f'<row r="3">{cell("B3", "Share")}{cell("C3", 0.15)}</row>'
        f'<row r="4">{cell("B4", "Boss")}{cell("C4", 0.2, style=5)}</row>'
        f'<row r="5">{cell("C5", 0.3, style=5)}</row>'
    )
    merged = f'<sheetData>{rows}</sheetData><mergeCells><mergeCell ref="B4:B5"/></mergeCells>'
    (found,) = elements_of(workbook({"Sheet1": merged}))
    assert found.text == "Share | 0.15\nBoss | 20 %\nBoss | 30 %"


def test_a_title_over_several_rows_is_told_once() -> None:
    rows = grid(["Price list"], [], [], ["Plan", "Price"], ["Gold", 9])
    merged = f'{rows}<mergeCells><mergeCell ref="A1:B3"/></mergeCells>'
    found = elements_of(workbook({"Sheet1": merged}))
    assert [element.text for element in found] == ["Price list", "Plan | Price\nGold | 9"]


def test_each_sheet_has_its_own_formats() -> None:
    plain = f'<row r="1">{cell("A1", 0.5)}</row>'
    share = f'<row r="1">{cell("A1", 0.5, style=5)}</row>'
    found = elements_of(workbook({"A": plain, "B": share}))
    assert [element.text for element in found if element.kind != "heading"] == ["0.5", "50 %"]


def test_a_long_table_repeats_its_header() -> None:
    found = elements_of(workbook({"Sheet1": grid(["n", "m"], *[[n, n] for n in range(2500)])}))

    assert [element.header for element in found] == ["n | m"] * 3
    assert [element.text.split("\n")[:2] for element in found] == [
        ["n | m", "0 | 0"],
        ["n | m", "1000 | 1000"],
        ["n | m", "2000 | 2000"],
    ]


def test_a_claimed_size_and_styled_emptiness_reserve_nothing() -> None:
    data = (
        '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" s="1"/><c r="XFC1048576" s="1"></c></row></sheetData>'
    )

    assert [element.text for element in elements_of(workbook({"Sheet1": data}))] == ["1"]


def far_apart(first: str, last: str) -> bytes:
    cells = f"<row>{cell(first, 1)}</row><row>{cell(last, 2)}</row>"
    return workbook({"Sheet1": cells})


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (far_apart("A1", "XFD1048576"), "too_large"),  # 17 thousand million places
        (far_apart("$a$1", "$xfd$1048576"), "too_large"),  # the same, written otherwise
        (far_apart("A1", "A99999999999"), "too_large"),  # beyond any sheet
        (workbook({"Sheet1": f"<row>{cell('A1', 1) * 2_000_001}</row>"}), "too_large"),  # too many
        (workbook({"Sheet1": "<!DOCTYPE x><sheetData/>"}), "damaged"),  # declares
        (workbook({"Sheet1": grid(["a"])})[:-30], "damaged"),  # cut off
        (workbook({"Sheet1": "<sheetData><row/>"}), "damaged"),  # cut off between rows
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),  # with a password
    ],
)
def test_what_a_workbook_must_not_be_is_refused(document: bytes, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        list(read(document))
