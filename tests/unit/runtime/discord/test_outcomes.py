import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from functions.runtime.discord.languages import language_name
from functions.runtime.discord.messages import (
    RETRY,
    SAME_FILE,
    Outcome,
    outcome_message,
    progress_message,
)
from functions.runtime.discord.text import length

VERSION = UUID(int=7)
READY = Outcome(
    version_id=VERSION, title="guide.pdf", status="ready", pages=3, passages=12, language="de",
    rank=1,
)  # fmt: skip
FAILED = Outcome(version_id=VERSION, title="a.pdf", status="failed", reason="It is encrypted.")
OPEN = Outcome(version_id=VERSION, title="b.md", status="processing")
MANY = [FAILED, READY, *[Outcome(version_id=VERSION, title="x" * 90, status="dead")] * 9]
SAME = Outcome(version_id=VERSION, title="c.md", status="failed", reason=f"{SAME_FILE} “X”.")


def content(*outcomes: Outcome) -> str:
    words: str = outcome_message(outcomes)["content"]
    return words


@pytest.mark.parametrize(
    ("payload", "remark"),
    [
        (outcome_message([READY]), "one that is ready"),
        (outcome_message([FAILED]), "one that failed"),
        (outcome_message([READY, OPEN, FAILED]), "one still at work"),
        (outcome_message(MANY), "more than there is room for"),
        (outcome_message([Outcome(version_id=VERSION, title="", status="dead", reason="x" * 9000)]),
         "a reason without end"),
        (progress_message("guide.md", stage="parsing", done=3, total=7), "progress"),
    ],
)  # fmt: skip
def test_every_outcome_is_a_message_that_discord_takes(
    shared: Path, payload: dict[str, Any], remark: str
) -> None:
    schema = shared / "schemas/discord/strict/webhook-message-edit.schema.json"

    Draft202012Validator(json.loads(schema.read_text())).validate(payload)
    assert payload["allowed_mentions"] == {"parse": []}, remark
    assert 0 < length(payload["content"]) <= 1900, remark


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (READY, "is ready: 3 pages, 12 passages, German, found by its own words at rank 1."),
        (Outcome(version_id=VERSION, title="n", status="ready", passages=1), "ready: 1 passage."),
        (Outcome(version_id=VERSION, title="n", status="ready", reason="Lists 120 pages."),
         "**n** is ready.\n-# Lists 120 pages."),
        (FAILED, "❌ **a.pdf**: It is encrypted."),
        (SAME, "ℹ️ **c.md**: This is the same file"),
        (Outcome(version_id=VERSION, title="n", status="dead"), "went wrong on our side"),
        (Outcome(version_id=VERSION, title="n", status="failed",
                 reason=f"{SAME_FILE} “[x](https://evil.test)”."), "“\\[x\\]\\(https:\u200b//"),
        (Outcome(version_id=VERSION, title="n", status="failed", reason="@everyone"),
         "@\u200beveryone"),
    ],
)  # fmt: skip
def test_an_outcome_says_what_was_read_or_why_not(outcome: Outcome, words: str) -> None:
    assert words in content(outcome)


def test_documents_that_came_together_are_told_together() -> None:
    assert content(READY, FAILED).splitlines()[0] == "❌ 1 of 2 documents ready."
    assert content(READY, OPEN).startswith("⏳ 1 of 2")
    assert content(READY, READY).startswith("✅ 2 of 2")


@pytest.mark.parametrize(
    ("outcomes", "buttons", "remark"),
    [
        ([READY], 0, "nothing failed"),
        ([FAILED], 1, "it failed"),
        ([SAME], 0, "there is nothing to try"),
        ([FAILED, OPEN], 0, "not over yet"),
        (MANY, 5, "as many as fit in a row"),
    ],
)
def test_only_what_may_end_otherwise_has_a_button(
    outcomes: list[Outcome], buttons: int, remark: str
) -> None:
    rows = outcome_message(outcomes)["components"]

    found = [button for row in rows for button in row["components"]]
    assert len(found) == buttons, remark
    assert all(button["custom_id"] == f"{RETRY}{VERSION}" for button in found)


@pytest.mark.parametrize(
    ("stage", "done", "total", "words"),
    [
        ("received", 0, 0, "received"),
        ("parsing", 3, 7, "parsing page 3 of 7\n`████░░░░░░` 42 %"),
        ("embedding", 12, 12, "embedding passage 12 of 12\n`██████████` 100 %"),
        ("embedding", 13, 12, "embedding passage 12 of 12\n`██████████` 100 %"),
        ("checking", 0, 0, "checking that it can be found"),
    ],
)
def test_progress_names_its_stage_and_draws_a_bar(
    stage: str, done: int, total: int, words: str
) -> None:
    payload = progress_message("guide.md", stage=stage, done=done, total=total)

    assert payload["content"].endswith(words)
    assert payload["components"] == []


@pytest.mark.parametrize(
    ("code", "name"), [("de", "German"), ("zh", "Chinese"), ("xx", "xx"), (None, None)]
)
def test_a_language_is_called_by_its_name(code: str | None, name: str | None) -> None:
    assert language_name(code) == name
