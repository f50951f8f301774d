import pytest

from functions.ingest.parsers.source import read
from functions.ingest.parsing import parse

PYTHON = '''"""A module."""

import os


@cached
def first():
    one = 1

    return one


# speaks of the class
class Second:
    pass
'''
BRACES = """#include <x>

int main() {
  one();

  two();

}

static int other;
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PYTHON, [
            ('"""A module."""', None),
            ("import os", None),
            ("@cached\ndef first():\n    one = 1\n\n    return one", "def first():"),
            ("# speaks of the class\nclass Second:\n    pass", "class Second:"),
        ]),
        (BRACES, [
            ("#include <x>", None),
            ("int main() {\n  one();\n\n  two();\n\n}", "int main() {"),
            ("static int other;", None),
        ]),
    ],
)  # fmt: skip
def test_code_is_parted_between_definitions(
    source: str, expected: list[tuple[str, str | None]]
) -> None:
    (page,) = read(source.encode())

    assert [(element.text, element.header) for element in page.elements] == expected
    assert {element.kind for element in page.elements} == {"code"}


async def test_code_is_named_by_its_path() -> None:
    parsed = await parse(PYTHON.encode(), name="src/first.py")

    assert (parsed.media_type, parsed.title) == ("text/x-source", "src/first.py")
    assert "    one = 1\n\n    return one" in parsed.text
