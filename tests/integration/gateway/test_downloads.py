"""Documents on their way out of a library."""

import io
import json
import tracemalloc
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from gateway.export import export
from tests.integration.gateway.conftest import Library, Person

MEBIBYTE = 1024 * 1024


async def _get(person: Person, path: str, **headers: str) -> httpx.Response:
    return await person.http.get(path, headers=person.headers | headers)


async def _send(person: Person, guild_id: int, content: bytes, name: str) -> str:
    answer = await person.upload(guild_id, content, name=name)
    document: str = answer.json()["documentId"]
    return document


async def _publish(database: Database, guild_id: int, document: str, **values: Any) -> None:
    columns = "".join(f", {name} = :{name}" for name in values)
    async with database.guild(guild_id) as session:
        await session.execute(
            text(
                f"UPDATE document_versions SET status = 'ready'{columns}"  # noqa: S608
                " WHERE document_id = :id AND status = 'received'"
            ),
            values | {"id": UUID(document)},
        )
        await session.execute(
            text(
                "UPDATE documents SET current_version_id = (SELECT id FROM document_versions"
                " WHERE document_id = :id ORDER BY number DESC LIMIT 1) WHERE id = :id"
            ),
            {"id": UUID(document)},
        )


async def _archive(person: Person, guild_id: int) -> zipfile.ZipFile:
    answer = await _get(person, f"/api/guilds/{guild_id}/export")
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


async def test_the_file_that_answers_comes_back_byte_by_byte_and_is_never_shown(
    moderator: Person, guild_id: int, database: Database
) -> None:
    hostile = b"<script>alert(1)</script>\x00\xff"
    document = await _send(moderator, guild_id, hostile, 'docs/a"b\u202e規則.html')
    await _publish(database, guild_id, document)
    await moderator.upload(guild_id, b"the next one", replaces=document)
    answer = await _get(moderator, f"/api/guilds/{guild_id}/documents/{document}/file")
    assert answer.status_code == 200
    assert answer.content == hostile
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers.get_list("content-security-policy")
    assert answer.headers["cache-control"] == "no-store"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')


async def test_a_file_that_never_answered_can_still_be_had_back(
    moderator: Person, guild_id: int
) -> None:
    document = await _send(moderator, guild_id, b"words", "notes.md")
    answer = await _get(moderator, f"/api/guilds/{guild_id}/documents/{document}/file")
    assert answer.content == b"words"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"notes.md\"; filename*=UTF-8''notes.md"
    )


async def test_the_text_is_what_passages_are_cut_from(
    moderator: Person, member: Person, guild_id: int, database: Database
) -> None:
    document = await _send(moderator, guild_id, b"raw", "notes.md")
    path = f"/api/guilds/{guild_id}/documents/{document}/text"
    assert (await _get(member, path)).status_code == 404
    await _publish(database, guild_id, document, text="Clean. 規則")
    answer = await _get(member, path)
    assert answer.text == "Clean. 規則"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert 'filename="notes.md.txt"' in answer.headers["content-disposition"]


async def test_originals_are_for_moderators_and_nothing_is_for_strangers(
    anonymous: Person, stranger: Person, member: Person, moderator: Person, library: Library
) -> None:
    document = await _send(moderator, library.guild_id, b"words", "notes.md")
    root = f"/api/guilds/{library.guild_id}"
    for path in (f"documents/{document}/file", f"documents/{document}/text", "export"):
        for person, status in ((anonymous, 401), (stranger, 404)):
            assert (await _get(person, f"{root}/{path}")).status_code == status
    for path in (f"documents/{document}/file", "export"):
        assert (await _get(member, f"{root}/{path}")).status_code == 403
    theirs = (await stranger.data("{viewer{guilds{id}}}"))["viewer"]["guilds"][0]["id"]
    elsewhere = await _get(stranger, f"/api/guilds/{theirs}/documents/{document}/file")
    assert elsewhere.status_code == 404


@pytest.mark.parametrize("document", [str(UUID(int=4)), "none", "..%2f..%2fetc%2fpasswd"])
@pytest.mark.parametrize("what", ["file", "text"])
async def test_what_is_not_there_cannot_be_had(
    moderator: Person, guild_id: int, document: str, what: str
) -> None:
    answer = await _get(moderator, f"/api/guilds/{guild_id}/documents/{document}/{what}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("site", "status"),
    [
        pytest.param("same-origin", 200, id="our own page"),
        pytest.param("none", 200, id="the address bar"),
        pytest.param("cross-site", 403, id="a foreign page"),
        pytest.param("same-site", 403, id="a neighbour's page"),
    ],
)
async def test_a_link_on_a_foreign_page_saves_nothing(
    moderator: Person, guild_id: int, site: str, status: int
) -> None:
    document = await _send(moderator, guild_id, b"words", "notes.md")
    answer = await moderator.http.get(
        f"/api/guilds/{guild_id}/documents/{document}/file",
        headers={"cookie": f"lore_session={moderator.token}", "sec-fetch-site": site},
    )
    assert answer.status_code == status


async def test_the_library_is_exported_whole_with_a_list_of_what_it_holds(
    moderator: Person, guild_id: int, database: Database
) -> None:
    large = bytes(range(256)) * 4 * 1024
    for name, content in (
        ("docs/Rules.md", b"one"),
        ("docs/rules.md", b"two"),
        ("規則.pdf", large),
        ("docs", b"a file where others need a folder"),
    ):
        await _send(moderator, guild_id, content, name)
    await moderator.data(
        'mutation($g:ID!){addAddress(guildId:$g,url:"https://example.org/a?b"){id}}',
        g=str(guild_id),
    )
    archive = await _archive(moderator, guild_id)
    listed = {one["sourceName"]: one for one in json.loads(archive.read("documents.json"))}
    assert len(listed) == 5
    assert listed["https://example.org/a?b"]["file"] is None
    files = {name: one["file"] for name, one in listed.items() if one["file"]}
    assert sorted(archive.namelist()) == sorted([*files.values(), "documents.json"])
    assert len({path.lower() for path in files.values()}) == 4
    assert archive.read(files["docs/Rules.md"]) == b"one"
    assert archive.read(files["docs/rules.md"]) == b"two"
    assert archive.read(files["規則.pdf"]) == large
    assert files["規則.pdf"] == "documents/規則.pdf"


async def test_an_empty_library_is_an_archive_too(moderator: Person, guild_id: int) -> None:
    archive = await _archive(moderator, guild_id)
    assert archive.namelist() == ["documents.json"]
    assert json.loads(archive.read("documents.json")) == []


async def test_an_export_holds_one_document_at_a_time(
    moderator: Person, guild_id: int, database: Database
) -> None:
    for number in range(12):
        await _send(moderator, guild_id, bytes([number]) * 4 * MEBIBYTE, f"{number}.pdf")
    tracemalloc.start()
    size = 0
    async for piece in export(database, guild_id):
        size += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 * MEBIBYTE, "48 MiB are exported"
    assert size < 49 * MEBIBYTE


async def test_an_export_nobody_waits_for_ends_quietly(
    moderator: Person, guild_id: int, database: Database
) -> None:
    await _send(moderator, guild_id, bytes(MEBIBYTE), "large.pdf")
    pieces = export(database, guild_id)
    await anext(pieces)
    await pieces.aclose()


async def test_exports_are_bounded(
    production: httpx.AsyncClient, moderator: Person, guild_id: int
) -> None:
    codes = [
        (await production.get(f"/api/guilds/{guild_id}/export", headers=moderator.headers))
        for _ in range(7)
    ]
    assert [answer.status_code for answer in codes] == [200] * 6 + [429]
