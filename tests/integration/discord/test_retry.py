import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator

from functions.runtime.discord.messages import RETRY
from functions.runtime.discord.signing import MANAGE_GUILD, Upload

VERSIONS = "SELECT * FROM document_versions WHERE guild_id = $1 ORDER BY number"
INTERACTIONS = "SELECT * FROM interactions WHERE guild_id = $1 ORDER BY id"
FILE = Upload(
    name="guide.md", size=9, url="https://cdn.discordapp.com/ephemeral-attachments/1/2/guide.md"
)


@pytest.fixture
async def failed(world: Any, guild_id: int) -> UUID:
    """A version that ended badly after all its attempts."""
    command = world.command("kb add", {"file": FILE}, guild_id=guild_id, permissions=MANAGE_GUILD)
    await world.post(command)
    await world.rows(
        "UPDATE document_versions SET status = 'dead', status_reason = 'Given up.', attempts = 5,"
        " starts = 9 WHERE guild_id = $1",
        guild_id,
    )
    world.events.clear()
    [version] = await world.rows(VERSIONS, guild_id)
    return UUID(str(version["id"]))


def press(world: Any, guild_id: int, version_id: object, **other: Any) -> Any:
    other = {"permissions": MANAGE_GUILD, **other}
    return world.press(f"{RETRY}{version_id}", guild_id=guild_id, **other)


async def test_a_click_reads_it_again_and_reports_into_the_message(
    world: Any, shared: Path, guild_id: int, failed: UUID
) -> None:
    path = shared / "schemas/discord/strict/interaction-callback.schema.json"
    click = press(world, guild_id, failed)

    answer = await world.post(click)

    [version] = await world.rows(VERSIONS, guild_id)
    interactions = await world.rows(INTERACTIONS, guild_id)
    [event] = world.events
    Draft202012Validator(json.loads(path.read_text())).validate(answer)
    assert (answer["type"], answer["data"]["components"]) == (7, [])
    assert answer["data"]["content"].startswith("⏳ **guide.md**")
    assert (version["status"], version["attempts"], version["starts"]) == ("received", 0, 0)
    assert version["status_reason"] is None
    assert int(click["id"]) in {row["id"] for row in interactions}
    assert {row["version_id"] for row in interactions} == {failed}
    # The first event about the row had the row's id; a broker may have kept that.
    assert event["ce-subject"] == str(failed)
    assert event["ce-id"] != str(failed)


async def test_a_click_delivered_six_times_is_one(world: Any, guild_id: int, failed: UUID) -> None:
    click = press(world, guild_id, failed)

    answers = await asyncio.gather(*(world.post(click) for _ in range(6)))

    assert sorted(answer["type"] for answer in answers) == [6, 6, 6, 6, 6, 7]
    assert len(world.events) == 1
    assert len(await world.rows(INTERACTIONS, guild_id)) == 2


async def test_a_version_at_work_is_left_at_work(world: Any, guild_id: int, failed: UUID) -> None:
    await world.rows(
        "UPDATE document_versions SET status = 'processing', attempts = 2 WHERE id = $1", failed
    )

    await world.post(press(world, guild_id, failed))

    [version] = await world.rows(VERSIONS, guild_id)
    assert (version["status"], version["attempts"]) == ("processing", 2)


@pytest.mark.parametrize(
    ("permissions", "version", "word", "remark"),
    [
        (0, None, "manage this server", "a member sees no more than anybody"),
        (MANAGE_GUILD, uuid4(), "deleted meanwhile", "a document that is gone"),
        (MANAGE_GUILD, "nonsense", "no longer works", "no id"),
    ],
)
async def test_a_click_that_does_nothing_says_why(
    world: Any, guild_id: int, failed: UUID, permissions: int, version: Any, word: str, remark: str
) -> None:
    answer = await world.post(press(world, guild_id, version or failed, permissions=permissions))

    [row] = await world.rows(VERSIONS, guild_id)
    assert (answer["type"], answer["data"]["flags"]) == (4, 64), remark
    assert word in answer["data"]["content"], remark
    assert row["status"] == "dead"
    assert world.events == []


async def test_another_servers_document_is_as_good_as_gone(
    world: Any, guild_id: int, failed: UUID
) -> None:
    answer = await world.post(press(world, guild_id + 10**12, failed))

    [row] = await world.rows(VERSIONS, guild_id)
    assert "deleted meanwhile" in answer["data"]["content"]
    assert row["status"] == "dead"


async def test_a_version_that_was_replaced_is_not_read_again(
    world: Any, guild_id: int, failed: UUID
) -> None:
    command = world.command("kb add", {"file": FILE}, guild_id=guild_id, permissions=MANAGE_GUILD)
    await world.post(command)

    answer = await world.post(press(world, guild_id, failed))

    assert "newer version" in answer["data"]["content"]
