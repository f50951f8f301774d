"""From a signed slash command to a cited answer, as a person meets it."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.local.home import Home
from functions.local.simulator import SIMULATED_APPLICATION, simulator_signer
from functions.runtime.discord.signing import Caller, Signer, slash_command
from tests.acceptance.laptop import Laptop

QUESTION = "How do I add a document?"
REPORT = {"status", "answer", "kind", "citations", "timings_ms"}


def test_a_question_on_the_command_line_is_answered_with_citations(laptop: Laptop) -> None:
    answered = laptop.lore_json("ask", QUESTION)
    assert set(answered) == REPORT
    assert answered["status"] == "answered"
    assert "[1]" in answered["answer"]
    assert answered["citations"][0]["title"] == "Adding documents"
    assert "docs/adding-documents.md" in answered["citations"][0]["location"]
    assert answered["citations"][0]["url"].startswith(laptop.url)


def test_the_same_answer_reads_well_on_a_terminal(laptop: Laptop) -> None:
    printed = laptop.lore("ask", QUESTION).stdout
    assert "[1]" in printed
    assert "Adding documents" in printed


def test_what_the_documents_do_not_hold_is_refused(laptop: Laptop) -> None:
    answered = laptop.lore_json("ask", "Who won the football world cup in 1974?")
    assert answered["status"] == "refused"
    assert answered["answer"]


def test_a_simulated_member_sees_a_cited_answer(laptop: Laptop) -> None:
    answered = laptop.lore_json("simulate", "ask", QUESTION)
    assert set(answered) == REPORT | {"acknowledged_ms", "messages"}
    assert answered["status"] == "answered"
    shown = answered["messages"][-1]
    assert "Adding documents" in shown["content"]
    assert shown["allowed_mentions"] == {"parse": []}


def test_every_payload_discord_got_satisfies_its_schema(laptop: Laptop, shared: Path) -> None:
    import jsonschema  # noqa: PLC0415

    file = shared / "schemas" / "discord" / "strict" / "webhook-message-edit.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))
    answered = laptop.lore_json("simulate", "ask", "What does a citation show?")
    assert answered["messages"]
    for payload in answered["messages"]:
        validator.validate(payload)


def test_a_moderator_adds_a_document_in_discord(laptop: Laptop, tmp_path: Path) -> None:
    page = tmp_path / "lantern.md"
    page.write_text("# Lantern\n\nTurn the brass key twice to light the lantern.\n", "utf-8")
    added = laptop.lore_json("simulate", "kb", "add", str(page))
    assert (added["status"], "1 passage" in added["answer"]) == ("ready", True)
    answered = laptop.lore_json("ask", "How do I light the lantern?")
    assert "brass key" in answered["answer"]


def test_files_that_cannot_be_read_fail_by_name_and_leave_the_others(
    laptop: Laptop, tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_text("The harbour opens at six in the morning.", "utf-8")
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04" + bytes(60))
    run = laptop.lore("ingest", str(tmp_path), "--json", check=False)
    files = {Path(file["path"]).name: file for file in json.loads(run.stdout)["files"]}
    assert run.returncode == 1
    assert (files["good.txt"]["status"], files["good.txt"]["chunks"]) == ("ready", 1)
    assert files["bad.zip"]["status"] == "failed"
    assert "Unpack" in files["bad.zip"]["reason"]


@pytest.mark.parametrize(
    "arguments", [["ask"], ["ingest", "/no/such/file"], ["unheard-of"], ["ask", "--nope", "x"]]
)
def test_wrong_usage_exits_with_2(laptop: Laptop, arguments: list[str]) -> None:
    assert laptop.lore(*arguments, check=False).returncode == 2


def test_without_a_running_system_the_command_line_says_so(tmp_path: Path) -> None:
    idle = Laptop(tmp_path)
    run = idle.lore("ask", QUESTION, "--json", check=False)
    assert run.returncode == 1
    assert json.loads(run.stdout)["status"] == "failed"
    assert "make run" in run.stderr


def test_ctrl_c_and_sigterm_stop_cleanly_and_the_data_stays(new_laptop: Laptop) -> None:
    new_laptop.start()
    new_laptop.wait_for("Lorekeeper is up.")
    before = new_laptop.statistics()
    for number in (signal.SIGINT, signal.SIGTERM):
        assert new_laptop.stop(number) == 0
        assert not (new_laptop.home / "postgres" / "postmaster.pid").exists()
        new_laptop.start()
        assert new_laptop.statistics() == before


class Sender:
    """Posts to the webhook as Discord would, or as somebody who only claims to be Discord."""

    def __init__(self, laptop: Laptop) -> None:
        self.signer = simulator_signer(Home(laptop.home))
        self.url = f"http://127.0.0.1:{laptop.port}/interactions"

    def command(self, *, guild_id: int = 1) -> bytes:
        interaction = slash_command(
            "ask",
            {"question": QUESTION},
            application_id=SIMULATED_APPLICATION,
            caller=Caller(guild_id=guild_id),
        )
        return json.dumps(interaction).encode()

    def post(self, raw: bytes, headers: dict[str, str]) -> int:
        sent = httpx.Headers(headers, encoding="latin-1")
        return httpx.post(self.url, content=raw, headers=sent).status_code


def _signed(sender: Sender, raw: bytes, *, age: int = 0) -> dict[str, str]:
    return sender.signer.sign(raw, timestamp=int(time.time()) - age)


def _cases(sender: Sender) -> list[tuple[str, bytes, dict[str, str], set[int]]]:
    raw = sender.command()
    good = _signed(sender, raw)
    stranger = Signer().sign(raw, timestamp=int(time.time()))
    changed = {"x-signature-ed25519": "0" * 128}
    return [
        ("wrong signature", raw, {**good, **changed}, {401}),
        ("signature of another key", raw, stranger, {401}),
        ("signature that is no hex", raw, {**good, "x-signature-ed25519": "zz"}, {401}),
        ("body changed after signing", raw.replace(b"document", b"Document"), good, {401}),
        ("stale timestamp", raw, _signed(sender, raw, age=3600), {401}),
        ("timestamp that is no number", raw, {**good, "x-signature-timestamp": "²"}, {401}),
        ("no signature", raw, {"x-signature-timestamp": "1"}, {401}),
        ("no timestamp", raw, {"x-signature-ed25519": "0" * 128}, {401}),
        ("no headers", raw, {}, {401}),
        ("no JSON", b"not json", _signed(sender, b"not json"), {400}),
        ("no object", b"[]", _signed(sender, b"[]"), {400}),
        ("empty", b"", _signed(sender, b""), {400}),
        ("unknown type", b'{"type": 99}', _signed(sender, b'{"type": 99}'), {400}),
    ]


def test_a_bad_request_to_the_webhook_is_refused_and_writes_no_row(laptop: Laptop) -> None:
    sender = Sender(laptop)
    before = laptop.statistics()
    answers: list[tuple[str, int, set[int]]] = [
        (remark, sender.post(raw, headers), expected)
        for remark, raw, headers, expected in _cases(sender)
    ]
    wrong = [(remark, status) for remark, status, expected in answers if status not in expected]
    assert wrong == []
    assert laptop.statistics() == before


def test_the_same_interaction_sent_often_is_one_question(laptop: Laptop) -> None:
    sender = Sender(laptop)
    raw = sender.command()
    before = laptop.statistics()["questions"]
    headers: Any = _signed(sender, raw)
    assert {sender.post(raw, headers) for _ in range(10)} == {200}
    assert laptop.statistics()["questions"] == before + 1


def test_the_webhooks_cold_start_is_measured_beside_a_bare_program(tmp_path: Path) -> None:
    figures = Laptop(tmp_path).lore_json("bench", "cold-start", "--runs", "1")
    assert figures["discord"]["median_ms"] > 0
    assert figures["ratio"] == pytest.approx(
        figures["discord"]["median_ms"] / figures["bare"]["median_ms"], abs=0.01
    )


def test_a_server_that_asks_can_be_looked_after_from_this_machine(
    laptop: Laptop, tmp_path: Path
) -> None:
    guild = "812345678901234567"
    assert laptop.lore("ask", QUESTION, "--guild", guild, check=False).returncode == 1
    sender = Sender(laptop)
    raw = sender.command(guild_id=int(guild))
    assert sender.post(raw, _signed(sender, raw)) == 200
    page = tmp_path / "harbour.txt"
    page.write_text("The harbour of this server opens at six in the morning.", "utf-8")
    files = laptop.lore_json("ingest", str(page), "--guild", guild)["files"]
    assert [file["status"] for file in files] == ["ready"]
    answered = laptop.lore_json("ask", "When does the harbour open?", "--guild", guild)
    assert "six in the morning" in answered["answer"]
    viewer = laptop.query("query { viewer { guilds { id role } } }")["viewer"]
    assert {"id": guild, "role": "ADMINISTRATOR"} in viewer["guilds"]
