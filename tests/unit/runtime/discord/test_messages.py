import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from functions.runtime.discord.messages import (
    FOLLOW,
    Citation,
    answer_message,
    failure_message,
    progress_message,
    refusal_message,
)
from functions.runtime.discord.text import cut, defuse, length

GUIDE = Citation(
    number=1, title="API guide", location="guide.md › Keys", url="https://docs.example.org/api"
)
HOSTILE = "@everyone <@123> <@&9> <#4> </kb add:5> <:smile:6> <a:wave:7> <t:1700000000:R> ＠here"
MESSAGES = [
    answer_message("Rotate the key [1].", [GUIDE], kind="model"),
    answer_message("Rotate the key [1].", [GUIDE], kind="model", question_id=UUID(int=7)),
    answer_message("word " * 2000, [GUIDE] * 40, kind="extractive", notice="Old. " * 100),
    answer_message("", [], kind="model"),
    answer_message(HOSTILE, [Citation(number=1, title=HOSTILE, location=HOSTILE)], kind="model"),
    refusal_message("This is not in the documents of this server.", [GUIDE]),
    failure_message("The file is damaged. Save it again and upload it once more."),
    failure_message(None),
    progress_message("guide.md", stage="embedding", done=1, total=3),
    progress_message("guide.md", stage="something new"),
]


@pytest.mark.parametrize("payload", MESSAGES)
@pytest.mark.parametrize("name", ["webhook-message-edit", "webhook-message-create"])
def test_every_message_is_one_that_discord_takes(
    shared: Path, payload: dict[str, Any], name: str
) -> None:
    schema = json.loads((shared / f"schemas/discord/strict/{name}.schema.json").read_text())

    Draft202012Validator(schema).validate(payload)


@pytest.mark.parametrize("payload", MESSAGES)
def test_every_message_pings_nobody_and_fits(payload: dict[str, Any]) -> None:
    assert payload["allowed_mentions"] == {"parse": []}
    assert length(payload["content"]) <= 1900
    assert payload["content"].strip()
    assert payload["content"].count("```") % 2 == 0


def test_an_answer_can_be_continued_by_a_button() -> None:
    payload = answer_message("Rotate the key [1].", [GUIDE], kind="model", question_id=UUID(int=7))

    [[button]] = [row["components"] for row in payload["components"]]

    assert button["custom_id"] == f"{FOLLOW}{UUID(int=7)}"


def test_an_answer_stands_over_its_sources() -> None:
    sources = [GUIDE, Citation(number=2, title="Notes", location="notes.txt")]

    content = answer_message("Rotate the key [1][2].", sources, kind="model")["content"]

    assert content == (
        "Rotate the key [1][2].\n\n"
        "-# [1] [API guide](<https://docs.example.org/api>) — guide.md › Keys\n"
        "-# [2] Notes — notes.txt"
    )


def test_quoted_passages_are_marked_as_such() -> None:
    quoted = answer_message("Words.", kind="extractive")["content"]
    written = answer_message("Words.", kind="model")["content"]

    assert "no language model" in quoted
    assert written == "Words."


@pytest.mark.parametrize(
    ("title", "url", "line"),
    [
        ("Guide", "javascript:alert(1)", "-# [1] Guide"),
        ("Guide", "https://", "-# [1] Guide"),
        ("Guide", "//docs.example.org", "-# [1] Guide"),
        ("Guide", "http://[::1", "-# [1] Guide"),
        ("Guide", "https://x.org/" + "a" * 500, "-# [1] Guide"),
        ("Guide", "https://x.org/a b>(c)", "-# [1] [Guide](<https://x.org/a%20b%3E%28c%29>)"),
        ("user_guide_v2.md", "https://x.org/a?b=c&d=%20",
         "-# [1] [user_guide_v2.md](<https://x.org/a?b=c&d=%20>)"),
        ("a](https://evil.test)", "https://x.org", "-# [1] [ahttps:\u200b//evil.test](<https://x.org>)"),
        ("a](https://evil.test)", None, "-# [1] a\\]\\(https:\u200b//evil.test\\)"),
        ("**bold**\n# title", None, "-# [1] \\*\\*bold\\*\\* \\# title"),
        ("", None, "-# [1] Untitled"),
    ],
)  # fmt: skip
def test_a_source_is_a_link_only_where_that_is_safe(title: str, url: str | None, line: str) -> None:
    payload = answer_message("x", [Citation(number=1, title=title, url=url)], kind="model")

    assert payload["content"] == f"x\n\n{line}"


def test_sources_without_room_are_counted() -> None:
    sources = [Citation(number=n, title=f"Document {n} " + "x" * 80) for n in range(1, 31)]

    content = answer_message("Words.", sources, kind="model")["content"]

    shown = content.count("-# [")
    assert 1 < shown < 30
    assert content.endswith(f"-# … and {30 - shown} more sources")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@everyone", "@\u200beveryone"),
        ("@HERE", "@\u200bHERE"),
        ("＠everyone", "＠\u200beveryone"),
        ("<@1> <@!1> <@&1> <#1>", "<\u200b@1> <\u200b@!1> <\u200b@&1> <\u200b#1>"),
        ("</kb add:12>", "<\u200b/kb add:12>"),
        ("<t:1:R> <:a:1>", "<\u200bt:1:R> <\u200b:a:1>"),
        ("<a:b:2> <id:guide>", "<\u200ba:b:2> <\u200bid:guide>"),
        ("a@b.org <div></div> x < 3 <https://x.org>", "a@b.org <div></div> x < 3 <https://x.org>"),
    ],
)  # fmt: skip
def test_mentions_are_defused_and_nothing_else(text: str, expected: str) -> None:
    assert defuse(text) == expected


@pytest.mark.parametrize(
    ("text", "maximum", "expected", "remark"),
    [
        ("One. Two.", 9, "One. Two.", "what fits stays"),
        ("One two three. Four five six.", 24, "One two three. …", "a sentence with its mark"),
        ("One is so [1]. Two is not so.", 24, "One is so [1]. …", "its number inside"),
        ("One is so. [1] Two is not.", 24, "One is so. [1] …", "its number behind"),
        ("一二三四五六。七八九十", 10, "一二三四 …", "no blanks: cut anywhere"),
        ("Short. " + "x" * 50 + " y", 40, "Short. " + "x" * 27 + " …", "no whole sentence"),
        ("aaa bbb ccc ddd eee fff", 20, "aaa bbb ccc …", "a word"),
        ("```py\nx = 1", 40, "```py\nx = 1\n```", "an open fence is closed"),
        ("```\n" + "y = 1\n" * 9, 40, "```\n" + "y = 1\n" * 5 + "```\n…", "and where it is cut"),
    ],
)  # fmt: skip
def test_a_text_is_cut_where_it_hurts_least(
    text: str, maximum: int, expected: str, remark: str
) -> None:
    assert cut(text, maximum=maximum) == expected, remark
    assert length(cut(text, maximum=maximum)) <= maximum


@pytest.mark.parametrize("piece", ["👍", "e\u0301", "👩\u200d🚀", "ab ", "字"])
@pytest.mark.parametrize("maximum", range(40, 56))
def test_a_cut_never_splits_a_character_or_outgrows_its_room(piece: str, maximum: int) -> None:
    result = cut(piece * 60, maximum=maximum)

    assert length(result) <= maximum
    result.encode()
    assert not result.removesuffix(" …").endswith("e")
