import asyncio
from hashlib import sha256
from typing import Any

import pytest

from functions.runtime.discord.signing import MANAGE_GUILD, Upload

DOCUMENTS = """
    SELECT documents.*, versions.id AS version_id, versions.number, versions.content,
      versions.content_hash, versions.fetch_url
    FROM document_versions versions JOIN documents ON documents.id = versions.document_id
    WHERE versions.guild_id = $1 ORDER BY documents.source_name, versions.number
"""


def file(name: str = "trace.log", kind: str = "text/plain") -> Upload:
    url = f"https://cdn.discordapp.com/attachments/1/2/{name}?ex=1"
    return Upload(name=name, size=9, url=url, content_type=kind)


def called(world: Any, guild_id: int, text: str, *files: Upload, **other: Any) -> Any:
    other = {"permissions": MANAGE_GUILD, "channel_id": 5, "message_id": "77", **other}
    return world.on_message(text, files, guild_id=guild_id, **other)


async def test_a_message_is_kept_at_once_and_its_files_are_documents_of_their_own(
    world: Any, guild_id: int
) -> None:
    text = "# How to reset\n\nTurn the key."

    answer = await world.post(called(world, guild_id, text, file(), file("b.pdf")))

    message, other, trace = await world.rows(DOCUMENTS, guild_id)
    [interaction] = await world.rows("SELECT * FROM interactions WHERE guild_id = $1", guild_id)
    link = f"https://discord.com/channels/{guild_id}/5/77"
    assert answer == {"type": 5, "data": {"flags": 64}}
    assert (message["source_name"], message["content"]) == ("message 77.md", text.encode())
    assert message["content_hash"] == sha256(text.encode()).digest()
    assert (message["title"], message["given_title"]) == ("How to reset", "How to reset")
    assert [other["source_name"], trace["source_name"]] == [
        "message 77/b.pdf",
        "message 77/trace.log",
    ]
    assert (trace["title"], trace["given_title"]) == ("trace.log", None)
    assert trace["fetch_url"] == file().url
    assert {row["source_url"] for row in (message, other, trace)} == {link}
    assert interaction["version_id"] == message["version_id"]
    assert {event["ce-subject"] for event in world.events} == {
        str(row["version_id"]) for row in (message, other, trace)
    }


async def test_a_message_without_text_is_its_files(world: Any, guild_id: int) -> None:
    await world.post(called(world, guild_id, "  ", file(), file()))

    first, second = await world.rows(DOCUMENTS, guild_id)
    [interaction] = await world.rows("SELECT * FROM interactions WHERE guild_id = $1", guild_id)
    assert {first["source_name"], second["source_name"]} == {
        "message 77/2/trace.log",
        "message 77/trace.log",
    }
    assert interaction["version_id"] in {first["version_id"], second["version_id"]}


async def test_a_message_added_again_is_a_new_version_and_never_another_documents(
    world: Any, guild_id: int
) -> None:
    await world.post(called(world, guild_id, "One.", message_id="78"))
    await world.post(called(world, guild_id, "One."))
    await world.post(called(world, guild_id, "Two."))

    rows = await world.rows(DOCUMENTS, guild_id)
    assert [(row["source_name"], row["number"]) for row in rows] == [
        ("message 77.md", 1),
        ("message 77.md", 2),
        ("message 78.md", 1),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("> **Note:** read this\nand that", "Note:** read this"),
        ("a\u202eb  \u200bc", "ab c"),
        ("x" * 90, "x" * 79 + "…"),
        ("***", "Message by simulated member, "),
    ],
)
async def test_a_message_is_called_by_its_first_line(
    world: Any, guild_id: int, text: str, title: str
) -> None:
    await world.post(called(world, guild_id, text))

    [row] = await world.rows(DOCUMENTS, guild_id)
    assert row["title"].startswith(title)


async def test_a_message_delivered_six_times_is_one(world: Any, guild_id: int) -> None:
    command = called(world, guild_id, "Text.", file())

    answers = await asyncio.gather(*(world.post(command) for _ in range(6)))

    assert answers == [{"type": 5, "data": {"flags": 64}}] * 6
    assert len(await world.rows(DOCUMENTS, guild_id)) == 2
    assert len(world.events) == 2


@pytest.mark.parametrize(
    ("text", "files", "permissions", "word", "remark"),
    [
        ("", [], MANAGE_GUILD, "nothing to read", "an empty message"),
        ("\0", [file("a.png", "image/png")], MANAGE_GUILD, "Pictures", "a picture alone"),
        ("Text.", [file()], 0, "manage this server", "a member"),
    ],
)
async def test_a_message_that_may_not_be_added_leaves_no_row(
    world: Any, guild_id: int, text: str, files: Any, permissions: int, word: str, remark: str
) -> None:
    answer = await world.post(called(world, guild_id, text, *files, permissions=permissions))

    assert (answer["type"], answer["data"]["flags"]) == (4, 64), remark
    assert word in answer["data"]["content"], remark
    assert await world.rows(DOCUMENTS, guild_id) == []
