"""Files on their way into a library."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.events import DOCUMENT_UPLOADED
from gateway import uploads
from gateway.uploads import LARGEST_FILE
from tests.integration.gateway.conftest import Broker, Person


async def _versions(database: Database, guild_id: int) -> list[tuple[Any, ...]]:
    async with database.guild(guild_id) as session:
        rows = await session.execute(
            text("SELECT number, status, content FROM document_versions ORDER BY number")
        )
    return [tuple(row) for row in rows]


async def _end(database: Database, guild_id: int, version_id: str, status: str) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text("UPDATE document_versions SET status = :status WHERE id = :id"),
            {"status": status, "id": UUID(version_id)},
        )


async def test_a_file_is_stored_whole_before_it_is_told_of(
    moderator: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    answer = await moderator.upload(guild_id, b"# Rules\n", name="docs/rules.md", origin="cli")
    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "received"
    assert broker.told() == [(DOCUMENT_UPLOADED, {"version_id": body["versionId"]})]
    async with database.guild(guild_id) as session:
        row = await session.execute(
            text(
                "SELECT d.id::text, d.title, d.source_name, d.origin, d.uploaded_by, v.id::text,"
                " v.media_type, v.size_bytes, encode(v.content_hash, 'hex') FROM documents d"
                " JOIN document_versions v ON v.document_id = d.id"
            )
        )
    assert tuple(row.one()) == (
        body["documentId"],
        "rules.md",
        "docs/rules.md",
        "cli",
        moderator.user_id,
        body["versionId"],
        "text/markdown",
        8,
        sha256(b"# Rules\n").hexdigest(),
    )


async def test_the_same_bytes_are_never_worked_on_twice(
    moderator: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    first = (await moderator.upload(guild_id, b"words")).json()
    for status in ("received", "processing", "ready"):
        await _end(database, guild_id, first["versionId"], status)
        again = await moderator.upload(guild_id, b"words")
        assert (again.status_code, again.json()) == (200, first | {"status": status})
    assert len(broker.events) == 1
    assert await _versions(database, guild_id) == [(1, "ready", b"words")]


@pytest.mark.parametrize("status", ["failed", "dead"])
async def test_the_same_bytes_are_tried_again_after_a_failure(
    moderator: Person, guild_id: int, database: Database, broker: Broker, status: str
) -> None:
    first = (await moderator.upload(guild_id, b"words")).json()
    await _end(database, guild_id, first["versionId"], status)
    again = await moderator.upload(guild_id, b"words")
    assert again.status_code == 202
    assert again.json()["documentId"] == first["documentId"]
    assert len(broker.events) == 2
    assert [number for number, *_ in await _versions(database, guild_id)] == [1, 2]


async def test_other_bytes_under_the_same_name_are_a_new_version(
    moderator: Person, guild_id: int, database: Database
) -> None:
    first = (await moderator.upload(guild_id, b"words")).json()
    second = (await moderator.upload(guild_id, b"other words")).json()
    assert second["documentId"] == first["documentId"]
    assert [row[0::2] for row in await _versions(database, guild_id)] == [
        (1, b"words"),
        (2, b"other words"),
    ]


async def test_going_back_to_what_is_published_forgets_the_failed_attempt(
    moderator: Person, guild_id: int, database: Database
) -> None:
    good = (await moderator.upload(guild_id, b"good")).json()
    await _end(database, guild_id, good["versionId"], "ready")
    bad = (await moderator.upload(guild_id, b"bad")).json()
    await _end(database, guild_id, bad["versionId"], "failed")
    back = await moderator.upload(guild_id, b"good")
    assert (back.status_code, back.json()) == (200, good | {"status": "ready"})
    assert await _versions(database, guild_id) == [(1, "ready", b"good")]


async def test_ten_uploads_of_one_name_at_once_number_themselves_one_by_one(
    moderator: Person, guild_id: int, database: Database
) -> None:
    answers = await asyncio.gather(
        *(moderator.upload(guild_id, str(number).encode()) for number in range(10))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["documentId"] for answer in answers}) == 1
    numbers = [number for number, *_ in await _versions(database, guild_id)]
    assert numbers == list(range(1, 11))


async def test_one_file_sent_ten_times_at_once_is_one_version(
    moderator: Person, guild_id: int, broker: Broker
) -> None:
    answers = await asyncio.gather(*(moderator.upload(guild_id, b"words") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [202]
    assert len(broker.events) == 1


async def test_only_moderators_add_documents(
    anonymous: Person, stranger: Person, member: Person, guild_id: int, database: Database
) -> None:
    for person, status, code in (
        (anonymous, 401, "unauthenticated"),
        (stranger, 404, "not_found"),
        (member, 403, "forbidden"),
    ):
        answer = await person.upload(guild_id, b"words")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    missing = await stranger.upload(123456789012345678, b"words")
    foreign = await stranger.upload(guild_id, b"words")
    assert missing.json() == foreign.json()
    assert await _versions(database, guild_id) == []


@pytest.mark.parametrize(
    ("content", "name", "origin", "word"),
    [
        pytest.param(b"", "a.md", "upload", "empty", id="no bytes"),
        pytest.param(b"x", "", "upload", "no name", id="no name"),
        pytest.param(b"x", "../..", "upload", "no name", id="a name of dots"),
        pytest.param(b"x", "a" * 300, "upload", "255", id="a long name"),
        pytest.param(b"x", "a.md", "discord", "origin", id="an origin that is not theirs"),
    ],
)
async def test_a_file_that_cannot_be_kept_is_refused_with_a_sentence(
    moderator: Person,
    guild_id: int,
    database: Database,
    content: bytes,
    name: str,
    origin: str,
    word: str,
) -> None:
    answer = await moderator.upload(guild_id, content, name=name, origin=origin)
    assert answer.status_code == 400
    assert word in answer.json()["error"]["message"]
    assert await _versions(database, guild_id) == []


async def test_a_file_of_exactly_the_limit_is_taken(moderator: Person, guild_id: int) -> None:
    answer = await moderator.upload(guild_id, bytes(LARGEST_FILE))
    assert answer.status_code == 202


async def test_a_file_over_the_limit_is_refused_by_its_declared_size(
    moderator: Person, guild_id: int
) -> None:
    answer = await moderator.upload(guild_id, bytes(LARGEST_FILE + 1))
    assert answer.status_code == 413
    assert "25 MiB" in answer.json()["error"]["message"]


async def test_a_file_that_hides_its_size_is_cut_off_at_the_limit(
    moderator: Person, guild_id: int, database: Database
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(1024 * 1024)

    answer = await moderator.http.put(
        f"/api/guilds/{guild_id}/documents?name=endless.txt",
        content=endless(),
        headers=moderator.headers,
    )
    assert answer.status_code == 413
    assert sent <= 27
    assert await _versions(database, guild_id) == []


async def test_no_more_files_are_held_at_once_than_there_is_memory_for(
    moderator: Person, guild_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SEAT_SECONDS", 0.1)
    begun, may_end = asyncio.Semaphore(0), asyncio.Event()

    async def slow(number: int) -> AsyncIterator[bytes]:
        begun.release()
        yield f"File {number}.".encode()
        await may_end.wait()

    async def send(number: int) -> int:
        answer = await moderator.http.put(
            f"/api/guilds/{guild_id}/documents?name={number}.txt",
            content=slow(number),
            headers=moderator.headers,
        )
        return answer.status_code

    sending = [asyncio.create_task(send(number)) for number in range(uploads.FILES_AT_ONCE)]
    for _ in sending:
        await begun.acquire()
    refused = await moderator.upload(guild_id, b"One more.")
    assert refused.status_code == 503
    assert "Send this one again" in refused.json()["error"]["message"]
    may_end.set()
    assert await asyncio.gather(*sending) == [202] * uploads.FILES_AT_ONCE
    assert (await moderator.upload(guild_id, b"One more.")).status_code == 202


async def test_a_file_that_stops_coming_gives_its_place_back(
    moderator: Person, guild_id: int, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr(uploads, "PIECE_SECONDS", 0.1)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"The beginning of"
        await asyncio.Event().wait()

    for _ in range(uploads.FILES_AT_ONCE + 1):
        answer = await moderator.http.put(
            f"/api/guilds/{guild_id}/documents?name=slow.txt",
            content=stalled(),
            headers=moderator.headers,
        )
        assert answer.status_code == 400
        assert "stopped coming" in answer.json()["error"]["message"]
    assert await _versions(database, guild_id) == []


TRAVERSALS = [
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/passwd",
    "C:\\boot.ini",
    "a/../../b.md",
    "a\x00.md",
    "%2e%2e%2fb.md",
    "....//b.md",
    "~/b.md",
    "file:///etc/passwd",
    "\u202egnp.md",
    "\ud83d\ude00.md",
]


@pytest.mark.parametrize("name", TRAVERSALS)
async def test_a_name_is_shown_and_never_a_path(
    moderator: Person, guild_id: int, database: Database, name: str
) -> None:
    readable = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    answer = await moderator.upload(guild_id, b"words", name=readable)
    assert answer.status_code == 202
    async with database.guild(guild_id) as session:
        shown = await session.scalar(text("SELECT source_name FROM documents"))
    assert shown
    assert not shown.startswith("/")
    assert ".." not in shown.split("/")
    assert shown.isprintable()
