import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.discord.splitting import MAXIMUM_CONTENT, split_message
from functions.runtime.discord.text import length

SENTENCE = "The ferry leaves the harbour every hour on weekdays [1]. "


def test_a_short_text_is_one_message() -> None:
    assert split_message("Hello.\n\nWorld.") == ["Hello.\n\nWorld."]


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_text_is_one_empty_message(text: str) -> None:
    assert split_message(text) == [""]


@pytest.mark.parametrize(
    ("text", "expected", "remark"),
    [
        ("one two.\n\nthree four.", ["one two.", "three four."], "a paragraph"),
        ("- one two\n- three four", ["- one two", "- three four"], "a list's item"),
        ("One two. Three four five.", ["One two.", "Three four five."], "a sentence"),
        ("Ein Satz. [1] Noch einer.", ["Ein Satz. [1]", "Noch einer."], "a number stays behind it"),
        (
            "今天一直下雨。明天是晴天。后天可能会有风。",
            ["今天一直下雨。明天是晴天。", "后天可能会有风。"],
            "no spaces",
        ),
        ("one two three four five", ["one two three", "four five"], "a word"),
        ("a" * 21, ["a" * 16, "a" * 5], "nothing at all"),
        ("See this **two words**.", ["See this", "**two words**."], "bold"),
        ("Do see [it](<http://a>)", ["Do see", "[it](<http://a>)"], "a link"),
        ("> one two three four five", ["> one two three", "> four five"], "a quotation"),
        ("```py\na = 1\nb = 2\n```", ["```py\na = 1\n```", "```py\nb = 2\n```"], "code"),
    ],
)
def test_it_is_cut_where_it_hurts_least(text: str, expected: list[str], remark: str) -> None:
    assert split_message(text, maximum=20) == expected, remark


def test_a_list_in_a_long_answer_keeps_its_items() -> None:
    items = [f"- item {n}: " + "word " * 12 for n in range(60)]
    parts = split_message("\n".join(items))
    assert len(parts) > 1
    assert all(part.startswith("- item ") for part in parts)
    assert [line.strip() for part in parts for line in part.splitlines()] == [
        item.strip() for item in items
    ]


def test_code_is_closed_and_opened_again_with_its_language_and_indentation() -> None:
    lines = [f"    line_{n} = {n}" for n in range(300)]
    parts = split_message("Run this:\n```python\n" + "\n".join(lines) + "\n```\nDone.")
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all(part.startswith("```python\n    line_") for part in parts[1:-1])
    assert parts[-1].endswith("Done.")
    shown = [line for part in parts for line in part.splitlines() if "line_" in line]
    assert shown == lines


def test_code_that_fits_into_the_next_message_is_not_cut() -> None:
    code = "```\n" + "x = 1\n" * 100 + "```"
    parts = split_message(SENTENCE * 26 + "\n\n" + code)
    assert parts[-1] == code


PIECES = st.sampled_from(
    ["word ", "Satz ends. ", "\n", "\n\n", "- item ", "```", "```py\n", "**bold**", "`code` ",
     "[t](<https://lore.example/1>) ", "今天下雨。", "👩‍👩‍👧", "é", "> ", "https://lore.example/2 ",
     "x" * 70, "[1] "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=200), st.sampled_from([60, 200, MAXIMUM_CONTENT]))
def test_whatever_is_split_is_short_balanced_and_whole(pieces: list[str], maximum: int) -> None:
    text = "".join(pieces)
    text += "\n```" if text.count("```") % 2 else ""
    parts = split_message(text, maximum=maximum)
    assert all(length(part) <= maximum for part in parts)
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all(part.strip() for part in parts) or not text.strip()
    said = re.sub(r"```|py|\s|>", "", text)
    assert re.sub(r"```|py|\s|>", "", "".join(parts)) == said
    assert all(part.count("](<") == part.count(">)") for part in parts)
