"""Search on AWS Lambda, on an event of an HTTP API, in a process of its own as there."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.embedder.twin import HashEmbedder

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PROGRAM = """
import json, sys
from functions.search.lambda_handler import handler
print(json.dumps([handler(event, None) for event in json.load(sys.stdin)]))
"""


def event_of(body: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((HERE / "search_event.json").read_text(encoding="utf-8"))
    return {**event, "body": json.dumps(body)}


async def call(database_url: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    models = os.environ.get("LORE_MODELS", str(ROOT / ".lore" / "models"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "LORE_DATABASE_URL": database_url,
            "LORE_MODELS": models,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(events).encode())
    assert process.returncode == 0
    answers: list[dict[str, Any]] = json.loads(output)
    return answers


async def test_two_events_in_a_warm_process_are_both_answered(
    app_url: str, knowledge: Any, model: EmbeddingModel, guild_id: int
) -> None:
    if isinstance(model, HashEmbedder):
        pytest.skip("the handler loads the real embedding model, which is not installed")
    await knowledge.add(guild_id, "town.txt", ["The museum opens at nine."])
    event = event_of({"guild_id": guild_id, "query": "museum"})
    answers = await call(app_url, event, event)
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    assert json.loads(answers[1]["body"])["passages"][0]["title"] == "town.txt"


async def test_a_bad_request_is_a_400_there_too(app_url: str) -> None:
    (answer,) = await call(app_url, event_of({"guild_id": 1}))
    assert answer["statusCode"] == 400
    assert "message" in json.loads(answer["body"])["error"]
