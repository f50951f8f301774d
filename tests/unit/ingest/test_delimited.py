import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.parsers.delimited import read
from functions.ingest.parsers.elements import RefusedError


def text_of(table: str) -> str:
    return "\n".join(element.text for page in read(table.encode()) for element in page.elements)


@pytest.mark.parametrize(
    ("table", "header", "records"),
    [
        ("Item,Price\nSword,3\nBow,4\n", "Item | Price", [
            "Item: Sword; Price: 3", "Item: Bow; Price: 4"]),
        ("Item;Price\nSword;3,50\n", "Item | Price", ["Item: Sword; Price: 3,50"]),  # decimals
        ("Item\tPrice\nSword\t3\n", "Item | Price", ["Item: Sword; Price: 3"]),
        ("Item|Price\nSword|3\n", "Item | Price", ["Item: Sword; Price: 3"]),
        ("sep=;\nItem;Price\nSword;3\n", "Item | Price", ["Item: Sword; Price: 3"]),  # by Excel
        ('Item,Note\nSword,"sharp, new\nand ""big"""\n', "Item | Note", [
            'Item: Sword; Note: sharp, new and "big"']),
        ("Item,Price\nSword,\n,\n", "Item | Price", ["Item: Sword"]),  # empty says nothing
        ("Item,Price\nSword,3,extra\n" + "Bow,4\n" * 9, "Item | Price", [
            "Item: Sword; Price: 3; extra", *["Item: Bow; Price: 4"] * 9]),  # without a name
        ("1,2\n3,4\n", None, ["1 | 2", "3 | 4"]),  # numbers are no names
        ("a,a\nb,c\n", None, ["a | a", "b | c"]),  # nor is what comes twice
        (",x,y\n0,1,2\n", " | x | y", ["0; x: 1; y: 2"]),  # row numbers have no name
        ("Item,2023,2024\nSword,3,4\n", "Item | 2023 | 2024", [  # years are names
            "Item: Sword; 2023: 3; 2024: 4"]),
        ("Item,Price\n", None, ["Item | Price"]),  # nothing but names
        ("Item,Price,,\nSword,3,,\n", "Item | Price", ["Item: Sword; Price: 3"]),  # as Excel does
        ("Plan;;\nBob;Berlin;\nTim;Rome;\n", None, [
            "Plan | ", "Bob | Berlin", "Tim | Rome"]),  # one name, and no caption
        ("Loot 2026,\nItem,Price\nBow,4\n", "Loot 2026", ["Item | Price",
            "Item: Bow; Price: 4"]),  # a caption
    ],
)  # fmt: skip
def test_every_row_names_its_values(table: str, header: str | None, records: list[str]) -> None:
    assert text_of(table).split("\n") == [*([header] if header else []), *records]


def test_names_that_come_twice_stand_above_their_rows() -> None:
    rows = "\n".join(f"Plan {number},1,2,10,20" for number in range(450))
    pages = list(read(f"Plan,EUR,USD,EUR,USD\n{rows}\n".encode()))
    found = [element for page in pages for element in page.elements]
    assert len(found) == 3
    assert {element.header for element in found} == {"Plan | EUR | USD | EUR | USD"}
    assert {element.text.split("\n")[0] for element in found} == {"Plan | EUR | USD | EUR | USD"}
    assert sum(element.text.count("Plan ") for element in found) == 450 + 3


CELLS = st.text('abcxyz019 ,;|"\n', max_size=8)


@given(
    st.integers(2, 6).flatmap(
        lambda columns: st.lists(
            st.lists(CELLS, min_size=columns, max_size=columns), min_size=1, max_size=8
        )
    ),
    st.sampled_from(",;\t|"),
)
def test_no_cell_is_lost(rows: list[list[str]], delimiter: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        rows
    )
    try:
        text = text_of(file.getvalue())
    except RefusedError:
        # Nothing is lost where it is read as plain text instead.
        return

    for cell in (cell for row in rows for cell in row):
        # Signs may part columns where another delimiter parts them as regularly.
        for word in re.findall(r"\w+", cell):
            assert word in text


@pytest.mark.parametrize(
    "table",
    [
        "one column\nonly\n",
        "a sentence, with a comma\nand one without\nand another\n",
        ",".join("x" * 600) + "\n",  # more columns than any table has
        'a,b\n1,"' + "x,y\n" * 400_000,  # a quote that never ends
    ],
)
def test_what_has_no_columns_is_no_table(table: str) -> None:
    with pytest.raises(RefusedError):
        text_of(table)
