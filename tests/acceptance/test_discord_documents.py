"""Documents from Discord, through the whole system: pages, messages, failures tried again."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.acceptance.laptop import Laptop


@pytest.fixture
def validator(shared: Path) -> jsonschema.Draft202012Validator:
    file = shared / "schemas" / "discord" / "strict" / "webhook-message-edit.schema.json"
    return jsonschema.Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))


def simulate(laptop: Laptop, *arguments: str) -> dict[str, Any]:
    run = laptop.lore("simulate", *arguments, "--json", check=False)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def test_a_message_is_kept_with_its_files_and_cited_by_its_link(
    laptop: Laptop, tmp_path: Path, validator: jsonschema.Draft202012Validator
) -> None:
    (tmp_path / "plan.txt").write_text("The ferry to Brandholm leaves at seven.", "utf-8")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    text = "# The brass telescope\n\nClean the brass telescope with vinegar on Fridays."

    files = [word for name in ("plan.txt", "bad.pdf") for word in ("--file", str(tmp_path / name))]
    told = simulate(laptop, "message", text, *files)

    assert told["answer"].startswith("❌ 2 of 3 documents ready.")
    assert "**The brass telescope** is ready" in told["answer"]
    assert "**bad.pdf**: This PDF is damaged" in told["answer"]
    for payload in told["messages"]:
        validator.validate(payload)
    answered = laptop.lore_json("ask", "How do I clean the brass telescope?")
    assert "vinegar" in answered["answer"]
    assert answered["citations"][0]["url"].startswith("https://discord.com/channels/")


def test_a_message_added_twice_is_there_once(laptop: Laptop, tmp_path: Path) -> None:
    page = tmp_path / "lamp.md"
    page.write_text("# Lamp\n\nThe lamp in the hall is lit at dusk.", "utf-8")

    first = simulate(laptop, "kb", "add", str(page))
    again = simulate(laptop, "kb", "add", str(page))

    assert (first["status"], again["status"]) == ("ready", "ready")
    [copy] = laptop.lore_json("ingest", str(page))["files"]
    assert copy["known_as"] == "Lamp"


def test_a_failure_is_tried_again_in_its_message(
    laptop: Laptop, tmp_path: Path, validator: jsonschema.Draft202012Validator
) -> None:
    (tmp_path / "worse.pdf").write_bytes(b"%PDF-1.4 broken again")

    told = simulate(laptop, "kb", "add", str(tmp_path / "worse.pdf"), "--retry")

    failed = [payload for payload in told["messages"] if "damaged" in payload["content"]]
    assert [len(payload["components"]) for payload in failed] == [1, 1]
    for payload in told["messages"]:
        validator.validate(payload)


def test_an_address_that_leads_nowhere_public_is_refused_by_name(laptop: Laptop) -> None:
    told = simulate(laptop, "kb", "add", "--url", "http://127.0.0.1:1/admin")

    assert told["status"] == "failed"
    assert "❌ **http" in told["answer"]


def test_the_library_comes_back_as_it_was_added(laptop: Laptop, tmp_path: Path) -> None:
    page = tmp_path / "quay.md"
    page.write_text("# Quay\n\nThe quay is swept on Mondays.", "utf-8")
    laptop.lore_json("ingest", str(page), "--title", "The quay")

    saved = laptop.lore_json("export", str(tmp_path / "out"))

    contents = [file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert saved["files"] == len(contents)
    assert page.read_bytes() in contents
