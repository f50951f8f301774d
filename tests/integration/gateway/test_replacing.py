"""Which document a file belongs to: one that is there, or a new one."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from db.session import Database
from tests.integration.gateway.conftest import Broker, Person


async def _set(database: Database, guild_id: int, assignment: str, *, document: str) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text(f"UPDATE documents SET {assignment} WHERE id = :id"),  # noqa: S608
            {"id": UUID(document)},
        )


async def _end(database: Database, guild_id: int, version: str, *, status: str) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text("UPDATE document_versions SET status = :status WHERE id = :id"),
            {"status": status, "id": UUID(version)},
        )


async def _library(database: Database, guild_id: int) -> list[tuple[Any, ...]]:
    async with database.guild(guild_id) as session:
        rows = await session.execute(
            text(
                "SELECT documents.title, source_name, given_title, count(*) FROM documents"
                " JOIN document_versions ON document_id = documents.id"
                " GROUP BY documents.id ORDER BY source_name"
            )
        )
    return [tuple(row) for row in rows]


async def test_the_same_bytes_under_another_name_are_the_document_that_holds_them(
    moderator: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    first = (await moderator.upload(guild_id, b"words", name="rules.md")).json()
    for status in ("received", "processing", "ready"):
        await _end(database, guild_id, first["versionId"], status=status)
        again = await moderator.upload(guild_id, b"words", name="copy.md", title="Copy")
        assert (again.status_code, again.json()) == (200, first | {"status": status})
    assert again.json()["title"] == "rules.md"
    assert len(broker.events) == 1
    assert await _library(database, guild_id) == [("rules.md", "rules.md", None, 1)]


async def test_bytes_that_could_not_be_read_or_were_replaced_are_no_reason_to_refuse_a_copy(
    moderator: Person, guild_id: int, database: Database
) -> None:
    failed = (await moderator.upload(guild_id, b"bad", name="a.md")).json()
    await _end(database, guild_id, failed["versionId"], status="failed")
    old = (await moderator.upload(guild_id, b"old", name="b.md")).json()
    await _end(database, guild_id, old["versionId"], status="ready")
    await moderator.upload(guild_id, b"new", name="b.md")
    for content in (b"bad", b"old"):
        copy = await moderator.upload(guild_id, content, name=f"{content.decode()}.md")
        assert copy.status_code == 202


async def test_another_guilds_bytes_are_not_known_here(
    moderator: Person, stranger: Person, guild_id: int
) -> None:
    theirs = (await stranger.data("{viewer{guilds{id}}}"))["viewer"]["guilds"][0]["id"]
    assert (await stranger.upload(int(theirs), b"words")).status_code == 202
    assert (await moderator.upload(guild_id, b"words")).status_code == 202


async def test_ten_names_for_the_same_bytes_at_once_are_one_document(
    moderator: Person, guild_id: int, broker: Broker
) -> None:
    answers = await asyncio.gather(
        *(moderator.upload(guild_id, b"words", name=f"{number}.md") for number in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [202]
    assert len({answer.json()["documentId"] for answer in answers}) == 1
    assert len(broker.events) == 1


async def test_a_file_given_the_title_of_a_document_is_a_new_version_of_it(
    moderator: Person, guild_id: int, database: Database
) -> None:
    first = (await moderator.upload(guild_id, b"2025", name="2025.md", title="Rules")).json()
    second = (await moderator.upload(guild_id, b"2026", name="2026.md", title=" RULES ")).json()
    assert second["documentId"] == first["documentId"]
    assert await _library(database, guild_id) == [("RULES", "2026.md", "RULES", 2)]


async def test_a_title_found_in_the_text_counts_and_a_given_one_goes_before_it(
    moderator: Person, guild_id: int, database: Database
) -> None:
    found = (await moderator.upload(guild_id, b"a", name="a.md")).json()["documentId"]
    await _set(database, guild_id, "title = 'Rules'", document=found)
    replaced = (await moderator.upload(guild_id, b"b", name="b.md", title="rules")).json()
    assert replaced["documentId"] == found
    other = (await moderator.upload(guild_id, b"c", name="c.md")).json()["documentId"]
    await _set(database, guild_id, "title = 'Rules'", document=other)
    replaced = (await moderator.upload(guild_id, b"d", name="d.md", title="Rules")).json()
    assert replaced["documentId"] == found


async def test_a_page_of_the_web_is_not_replaced_by_a_file_of_its_title(
    moderator: Person, guild_id: int, database: Database
) -> None:
    page = (await moderator.upload(guild_id, b"a", name="a.html", title="Rules")).json()
    await _set(database, guild_id, "origin = 'url'", document=page["documentId"])
    file = (await moderator.upload(guild_id, b"b", name="b.md", title="Rules")).json()
    assert file["documentId"] != page["documentId"]
    refused = await moderator.upload(guild_id, b"c", replaces=page["documentId"])
    assert refused.status_code == 400
    assert "fetched from the web" in refused.json()["error"]["message"]


async def test_a_replacement_takes_the_place_and_the_name_of_the_new_file(
    moderator: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    old = (await moderator.upload(guild_id, b"old", name="handbook 2025.pdf")).json()
    await moderator.upload(guild_id, b"else", name="handbook.md")
    new = await moderator.upload(guild_id, b"new", name="handbook.md", replaces=old["documentId"])
    assert new.status_code == 202
    assert new.json()["documentId"] == old["documentId"]
    assert [row[1:] for row in await _library(database, guild_id)] == [
        ("handbook (2).md", None, 2),
        ("handbook.md", None, 1),
    ]
    assert len(broker.events) == 3


async def test_a_replacement_by_what_another_document_holds_is_made(
    moderator: Person, guild_id: int
) -> None:
    old = (await moderator.upload(guild_id, b"old", name="a.md")).json()
    await moderator.upload(guild_id, b"new", name="b.md")
    new = await moderator.upload(guild_id, b"new", name="c.md", replaces=old["documentId"])
    assert (new.status_code, new.json()["documentId"]) == (202, old["documentId"])


@pytest.mark.parametrize("which", ["nobody's", "another guild's", "no id"])
async def test_what_is_not_in_the_library_cannot_be_replaced(
    moderator: Person, stranger: Person, guild_id: int, which: str
) -> None:
    theirs = (await stranger.data("{viewer{guilds{id}}}"))["viewer"]["guilds"][0]["id"]
    foreign = (await stranger.upload(int(theirs), b"words")).json()["documentId"]
    replaced = {"nobody's": str(uuid4()), "another guild's": foreign, "no id": "1 OR 1=1"}[which]
    answer = await moderator.upload(guild_id, b"other words", replaces=replaced)
    assert answer.status_code == 404
    assert "to replace is not in the library" in answer.json()["error"]["message"]


async def test_a_title_too_long_to_be_one_is_refused(moderator: Person, guild_id: int) -> None:
    answer = await moderator.upload(guild_id, b"words", title="x" * 201)
    assert answer.status_code == 400
    assert "200 characters" in answer.json()["error"]["message"]
