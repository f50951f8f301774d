"""The stream of an answer's progress, from rows that the test moves on as a worker would."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from gateway import progress
from gateway.authentication import COOKIE
from tests.integration.gateway.conftest import Library, Person, sign_in

ASK = 'mutation($g:ID!){ask(guildId:$g,text:"How deep is the harbour?"){id}}'
ANSWERED: dict[str, Any] = {"status": "answered", "stage": "ended", "answer": "Nine metres. [1]"}
Event = tuple[str, Any]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the row looked at so often that a test need not wait."""
    monkeypatch.setattr(progress, "SHORTEST_PAUSE", 0.01)
    monkeypatch.setattr(progress, "LONGEST_PAUSE", 0.02)


async def _ask(person: Person, guild_id: int) -> str:
    asked: str = (await person.data(ASK, g=str(guild_id)))["ask"]["id"]
    return asked


async def _work(database: Database, guild_id: int, question: str, **values: Any) -> None:
    """Write into the row what a worker would."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    async with database.guild(guild_id) as session:
        await session.execute(
            text(f"UPDATE questions SET {columns} WHERE id = :id"),  # noqa: S608
            values | {"id": question},
        )


async def _watch(person: Person, guild_id: int, question: str, **headers: str) -> httpx.Response:
    return await person.http.get(
        f"/api/guilds/{guild_id}/questions/{question}/events", headers=person.headers | headers
    )


def _events(response: httpx.Response) -> list[Event]:
    assert response.headers["content-type"].startswith("text/event-stream")
    return list(_read(response.text))


def _read(stream: str) -> Iterator[Event]:
    for block in stream.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in lines:
            yield lines["event"], json.loads(lines["data"])


async def test_a_stream_tells_each_step_and_then_the_whole_question(
    member: Person, guild_id: int, database: Database
) -> None:
    question = await _ask(member, guild_id)
    watching = asyncio.create_task(_watch(member, guild_id, question))
    for step in (
        {"stage": "searching", "status": "answering"},
        {"stage": "writing", "partial": "Nine"},
        {"stage": "writing", "partial": "Nine metres. [1]"},
        ANSWERED,
    ):
        await asyncio.sleep(0.15)
        await _work(database, guild_id, question, **step)
    told = _events(await asyncio.wait_for(watching, 10))
    assert [(kind, words["stage"]) for kind, words in told] == [
        ("progress", "ASKED"),
        ("progress", "SEARCHING"),
        ("progress", "WRITING"),
        ("progress", "WRITING"),
        ("ended", "ENDED"),
    ]
    assert [words["partial"] for _, words in told[2:4]] == ["Nine", "Nine metres. [1]"]
    whole = told[-1][1]
    assert (whole["id"], whole["status"], whole["answer"]) == (
        question,
        "ANSWERED",
        "Nine metres. [1]",
    )


async def test_a_stream_of_an_ended_question_ends_at_once(member: Person, library: Library) -> None:
    told = _events(await _watch(member, library.guild_id, str(library.question_id)))
    assert [kind for kind, _ in told] == ["ended"]
    assert told[0][1]["citations"][0]["title"] == "Adding knowledge"


async def test_a_stream_tells_the_place_in_the_queue(
    member: Person,
    guild_id: int,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    empty_queue: None,
) -> None:
    monkeypatch.setattr(progress, "LONGEST_STREAM", 0.05)
    questions = [await _ask(member, guild_id) for _ in range(2)]
    async with database.guild(guild_id) as session:
        for number, question in enumerate(questions):
            await session.execute(
                text(
                    "INSERT INTO model_turns (question_id, guild_id, round)"
                    " VALUES (:id, :guild, :round)"
                ),
                {"id": question, "guild": guild_id, "round": number},
            )
            await session.execute(
                text("UPDATE questions SET stage = 'queued' WHERE id = :id"), {"id": question}
            )
    streams = [_events(await _watch(member, guild_id, question)) for question in questions]
    first, second = (stream[0][1]["place"] for stream in streams)
    assert 1 <= first < second
    asked = "query($g:ID!,$q:ID!){guild(id:$g){question(id:$q){place stage}}}"
    data = await member.data(asked, g=str(guild_id), q=questions[1])
    assert data["guild"]["question"] == {"place": second, "stage": "QUEUED"}


async def test_a_stream_ends_after_its_time_to_be_connected_anew(
    member: Person, guild_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LONGEST_STREAM", 0.1)
    response = await _watch(member, guild_id, await _ask(member, guild_id))
    assert [kind for kind, _ in _events(response)] == ["progress"]
    assert response.text.startswith("retry: ")


async def test_nobody_watches_the_questions_of_a_guild_they_are_not_in(
    anonymous: Person, stranger: Person, library: Library
) -> None:
    question = str(library.question_id)
    assert (await _watch(anonymous, library.guild_id, question)).status_code == 401
    foreign = await _watch(stranger, library.guild_id, question)
    own = int((await stranger.data("{viewer{guilds{id}}}"))["viewer"]["guilds"][0]["id"])
    elsewhere = await _watch(stranger, own, question)
    assert foreign.status_code == elsewhere.status_code == 404
    assert foreign.json() == (await _watch(stranger, 1234, question)).json()


async def test_a_cookie_watches_from_our_own_pages_only(member: Person, library: Library) -> None:
    path = f"/api/guilds/{library.guild_id}/questions/{library.question_id}/events"
    cookie = {"cookie": f"{COOKIE}={member.token}"}
    own = await member.http.get(path, headers=cookie | {"sec-fetch-site": "same-origin"})
    assert own.status_code == 200
    for foreign in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        refused = await member.http.get(path, headers=cookie | foreign)
        assert refused.status_code == 403
        assert "another site" in refused.json()["error"]["message"]


async def test_a_viewer_has_so_many_streams_and_no_more(
    member: Person,
    http: httpx.AsyncClient,
    database: Database,
    guild_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "MOST_STREAMS", 2)
    question = await _ask(member, guild_id)
    open_streams = [asyncio.create_task(_watch(member, guild_id, question)) for _ in range(2)]
    await asyncio.sleep(0.3)
    refused = await _watch(member, guild_id, question)
    assert refused.status_code == 429
    other = await sign_in(http, database, guild_id=guild_id)
    await _work(database, guild_id, question, **ANSWERED)
    assert (await _watch(other, guild_id, question)).status_code == 200
    assert [done.status_code for done in await asyncio.gather(*open_streams)] == [200, 200]
    assert (await _watch(member, guild_id, question)).status_code == 200


async def test_a_question_that_goes_ends_its_stream(
    member: Person, guild_id: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await _ask(member, guild_id)
    look, looks, told = progress.Watched.look, itertools.count(), asyncio.Event()

    async def noticed(subject: progress.Watched) -> Any:
        # The third look follows the first event; whoever watches was admitted by the first.
        if next(looks) == 2:
            told.set()
        return await look(subject)

    monkeypatch.setattr(progress.Watched, "look", noticed)
    watching = asyncio.create_task(_watch(member, guild_id, question))
    await asyncio.wait_for(told.wait(), 10)
    async with database.guild(guild_id) as session:
        await session.execute(text("DELETE FROM questions WHERE id = :id"), {"id": question})
    assert [kind for kind, _ in _events(await asyncio.wait_for(watching, 10))] == ["progress"]
    assert (await _watch(member, guild_id, question)).status_code == 404


async def test_a_database_that_goes_away_ends_the_stream_and_nothing_else(
    member: Person, guild_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await _ask(member, guild_id)
    look, looks = progress.Watched.look, iter(range(10))

    async def fail_at_last(subject: progress.Watched) -> Any:
        if next(looks) > 2:
            raise ConnectionRefusedError
        return await look(subject)

    monkeypatch.setattr(progress.Watched, "look", fail_at_last)
    response = await asyncio.wait_for(_watch(member, guild_id, question), 10)
    assert [kind for kind, _ in _events(response)] == ["progress"]
