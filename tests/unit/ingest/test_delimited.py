import pytest

from functions.ingest.parsers.delimited import read
from functions.ingest.parsers.elements import RefusedError


def text_of(table: str) -> str:
    return "\n".join(element.text for page in read(table.encode()) for element in page.elements)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("Item,Price\nSword,3\nBow,4\n", "Item: Sword; Price: 3\nItem: Bow; Price: 4"),
        ("Item;Price\nSword;3,50\n", "Item: Sword; Price: 3,50"),  # commas are decimals here
        ("Item\tPrice\nSword\t3\n", "Item: Sword; Price: 3"),
        ("Item|Price\nSword|3\n", "Item: Sword; Price: 3"),
        ("sep=;\nItem;Price\nSword;3\n", "Item: Sword; Price: 3"),  # Excel says it
        ('Item,Note\nSword,"sharp, new\nand ""big"""\n', 'Item: Sword; Note: sharp, new and "big"'),
        ("Item,Price\nSword,\n,\n", "Item: Sword"),  # what is empty says nothing
        ("Item,Price\nSword,3,extra\n" + "Bow,4\n" * 9, "Item: Sword; Price: 3; extra\n" + (
            "\n".join(["Item: Bow; Price: 4"] * 9))),  # a cell without a name is kept
        ("1,2\n3,4\n", "1 | 2\n3 | 4"),  # numbers are no names
        ("a,a\nb,c\n", "a | a\nb | c"),  # nor is what comes twice
        (",x,y\n0,1,2\n", "0; x: 1; y: 2"),  # row numbers have no name
        ("Item,2023,2024\nSword,3,4\n", "Item: Sword; 2023: 3; 2024: 4"),  # years are names
        ("Item,Price\n", "Item | Price"),  # nothing but names
    ],
)  # fmt: skip
def test_every_row_names_its_values(table: str, expected: str) -> None:
    assert text_of(table) == expected


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
