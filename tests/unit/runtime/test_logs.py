import json
import logging

from functions.runtime.logs import JsonFormatter, redact, request_id


def _line(message: str, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord({
        "name": "test", "levelname": "INFO", "levelno": 20, "msg": message, **extra,
    })  # fmt: skip
    line: dict[str, object] = json.loads(JsonFormatter().format(record))
    return line


def test_a_line_is_one_json_object_with_its_fields() -> None:
    marker = request_id.set("r-1")
    line = _line("done", version="7")
    request_id.reset(marker)
    assert line["message"] == "done"
    assert (line["level"], line["version"], line["request_id"]) == ("INFO", "7", "r-1")


def test_interaction_tokens_in_paths_are_blanked() -> None:
    path = "PATCH /webhooks/123/aW50ZXJhY3Rpb24/messages/@original"
    assert redact(path) == "PATCH /webhooks/123/[redacted]/messages/@original"


def test_passwords_and_bearer_tokens_are_blanked() -> None:
    assert "hunter2" not in redact("postgresql://lore_app:hunter2@host/db")
    assert "abc.def" not in redact("Authorization: Bearer abc.def")
    assert "abc.def" not in redact("Authorization: Bot abc.def")


def test_fields_that_hold_what_people_wrote_are_blanked_by_name() -> None:
    line = _line("asked", question="my secret question", token="t0ken")
    assert (line["question"], line["token"]) == ("[redacted]", "[redacted]")
