import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.parsers.markdown import elements

README = """---
title: The handbook
tags: [a, b]
---
<!-- badges: generated -->
[![build](https://ci.example/badge.svg)](https://ci.example)

# Lanterns

A *small* game with `code` and **bold** words,
wrapped over two lines. See [the wiki](https://wiki.example/start) or <https://lanterns.example>.

Install
-------

1. Fetch it:

   ```sh
   make run
   ```
2. Play.
   - alone
   - together

| command | does |
|---------|------|
| `/ask`  | answers |
| `/kb`   | stores |

> Be kind.
> Always.

```python
# not a heading
print("hello")
```

***

<details><summary>More</summary>

Hidden text<br>and more<!-- not this -->.

</details>
"""


def test_a_readme_is_read_by_its_structure() -> None:
    found = [(element.kind, element.text) for element in elements(README)]

    assert found == [
        ("title", "The handbook"),
        ("paragraph", "build"),
        ("heading", "Lanterns"),
        (
            "paragraph",
            """A small game with code and bold words,
wrapped over two lines. See the wiki (https://wiki.example/start) or https://lanterns.example.""",
        ),
        ("heading", "Install"),
        ("list", "1. Fetch it:\n   make run\n2. Play.\n   - alone\n   - together"),
        ("table", "command | does\n/ask | answers\n/kb | stores"),
        ("quote", "Be kind.\nAlways."),
        ("code", '# not a heading\nprint("hello")'),
        ("paragraph", "More"),
        ("paragraph", "Hidden text\nand more."),
    ]


def test_headings_know_their_level_and_tables_their_header() -> None:
    found = list(elements("# One\n\n### Three\n\na | b\n--|--\n1 | 2\n"))

    assert [(element.level, element.header) for element in found] == [
        (1, None),
        (3, None),
        (0, "a | b"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("---\nOnce upon a time.\n---\n", ["Once upon a time."]),  # prose between two rules
        ("+++\ntitle = 'Rules'\n+++\nBe kind.", ["Rules", "Be kind."]),  # TOML
        ("<h1 align='center'>Lanterns</h1>\n", ["Lanterns"]),  # common in readmes
        ("<script>alert(1)</script>\n", []),  # never shown, never read
        ("[//]: # (a comment)\n", []),  # the other kind of comment
        ("[mail](mailto:a@b.example)", ["mail (a@b.example)"]),  # an address is an answer
        ("[x](other.md)", ["x"]),  # a path within the source is none
        ("![a map](map.png)", ["a map"]),  # an image's description
        ("a &amp; b &lt;c&gt;", ["a & b <c>"]),  # entities resolved
        ("", []),  # nothing
        ("> " * 60 + "deep", ["deep"]),  # nesting loses nothing
    ],
)
def test_markup_is_resolved(source: str, expected: list[str]) -> None:
    assert [element.text for element in elements(source)] == expected


@given(st.text(st.sampled_from("# -*`>|[](){}<!&;:\n1ab\t\\~_")))
def test_no_text_is_too_odd(source: str) -> None:
    assert all(element.text.strip() for element in elements(source))


def test_the_cells_of_a_table_in_html_stay_apart() -> None:
    source = (
        "<table>\n<tr>\n<th>Plan</th>\n<th>Monthly</th>\n</tr>\n"
        "<tr><td>Gold</td><td>9.99</td></tr>\n</table>\n"
    )
    assert [element.text for element in elements(source)] == ["Plan | Monthly\nGold | 9.99"]
    empty = "<table><tr><th></th><th>Gold</th></tr><tr><td>Price</td><td>5</td></tr></table>\n"
    assert [element.text for element in elements(empty)] == ["| Gold\nPrice | 5"]


def test_lines_of_html_stay_lines_outside_of_tables() -> None:
    source = "<pre>\nMon 10-12\nTue closed\n</pre>\n"
    assert [element.text for element in elements(source)] == ["Mon 10-12\nTue closed"]


def test_what_was_struck_out_is_marked() -> None:
    assert [element.text for element in elements("Gold costs ~~$12~~ $9.99.\n")] == [
        "Gold costs ~~$12~~ $9.99."
    ]
