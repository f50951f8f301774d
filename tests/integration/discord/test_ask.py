import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from functions.discord import dispatch
from functions.runtime.discord.snowflakes import made_at
from functions.runtime.tokens import decrypt_token

NEW_GUILD = 600_000_000_000_000_001
QUESTIONS = "SELECT * FROM questions WHERE guild_id = $1"
INTERACTIONS = "SELECT * FROM interactions WHERE guild_id = $1"


async def test_a_question_is_a_row_an_event_and_a_promise(world: Any, guild_id: int) -> None:
    command = world.command(
        "ask", {"question": "  How do I rotate the key? "}, guild_id=guild_id, locale="de"
    )

    answer = await world.post(command)

    [question] = await world.rows(QUESTIONS, guild_id)
    [interaction] = await world.rows(INTERACTIONS, guild_id)
    [event] = world.events
    assert answer == {"type": 5}
    assert question["text"] == "How do I rotate the key?"
    assert (question["status"], question["origin"], question["locale"]) == (
        "asked",
        "discord",
        "de",
    )
    assert str(question["asked_by"]) == command["member"]["user"]["id"]
    assert interaction["question_id"] == question["id"]
    assert str(interaction["channel_id"]) == command["channel_id"]
    assert event["ce-type"] == "dev.lorekeeper.question.asked.v1"
    assert event["ce-source"] == "/lorekeeper/discord"
    assert event["ce-id"] == event["ce-subject"] == str(question["id"])
    assert json.loads(event["body"]) == {"question_id": str(question["id"])}


async def test_the_token_is_stored_unreadable_and_until_it_expires(
    world: Any, settings: Any, guild_id: int
) -> None:
    command = world.command("ask", {"question": "Why?"}, guild_id=guild_id)

    await world.post(command)

    [row] = await world.rows(INTERACTIONS, guild_id)
    assert command["token"].encode() not in row["token"]
    opened = decrypt_token(row["token"], key=settings.secret(), interaction_id=row["id"])
    assert opened == command["token"]
    assert row["expires_at"] == made_at(int(command["id"])) + timedelta(minutes=15)


async def test_a_private_question_is_promised_privately(world: Any, guild_id: int) -> None:
    command = world.command("ask", {"question": "Why?", "private": True}, guild_id=guild_id)

    assert await world.post(command) == {"type": 5, "data": {"flags": 64}}


async def test_a_server_is_known_from_its_first_question(world: Any) -> None:
    await world.post(world.command("ask", {"question": "Why?"}, guild_id=NEW_GUILD))
    await world.post(world.command("ask", {"question": "Why not?"}, guild_id=NEW_GUILD))

    [guild] = await world.rows("SELECT * FROM guilds WHERE guild_id = $1", NEW_GUILD)
    assert guild["name"] == f"Server {NEW_GUILD}"
    assert len(await world.rows(QUESTIONS, NEW_GUILD)) == 2


async def test_a_known_servers_name_is_left_alone(world: Any, guild_id: int) -> None:
    await world.post(world.command("ask", {"question": "Why?"}, guild_id=guild_id))

    [guild] = await world.rows("SELECT * FROM guilds WHERE guild_id = $1", guild_id)
    assert guild["name"] == "Test guild"


async def test_an_interaction_delivered_twenty_times_at_once_is_one_question(
    world: Any, guild_id: int
) -> None:
    command = world.command("ask", {"question": "Why?"}, guild_id=guild_id)

    answers = await asyncio.gather(*(world.post(command) for _ in range(20)))

    assert answers == [{"type": 5}] * 20
    assert len(await world.rows(QUESTIONS, guild_id)) == 1
    assert len(await world.rows(INTERACTIONS, guild_id)) == 1
    assert len(world.events) == 1


@pytest.mark.parametrize(
    ("question", "word"),
    [
        (None, "empty"),
        ("", "empty"),
        (" \n\t", "empty"),
        ("\0", "empty"),
        ("x" * 2001, "2,000"),
    ],
)
async def test_a_question_that_is_none_leaves_no_row(
    world: Any, guild_id: int, question: str | None, word: str
) -> None:
    options = {} if question is None else {"question": question}

    answer = await world.post(world.command("ask", options, guild_id=guild_id))

    assert (answer["type"], answer["data"]["flags"]) == (4, 64)
    assert word in answer["data"]["content"]
    assert await world.rows(QUESTIONS, guild_id) == []
    assert world.events == []


@pytest.mark.parametrize("question", ["x" * 2000, "'; DROP TABLE questions; --", "日本語🎌\0?"])
async def test_any_other_question_is_taken_as_it_is(
    world: Any, guild_id: int, question: str
) -> None:
    answer = await world.post(world.command("ask", {"question": question}, guild_id=guild_id))

    [row] = await world.rows(QUESTIONS, guild_id)
    assert answer == {"type": 5}
    assert row["text"] == question.replace("\0", "")


async def test_a_broker_that_is_down_costs_nothing_but_time(world: Any, guild_id: int) -> None:
    world.broker_is_up = False

    answer = await world.post(world.command("ask", {"question": "Why?"}, guild_id=guild_id))

    assert answer == {"type": 5}
    assert len(await world.rows(QUESTIONS, guild_id)) == 1


async def test_the_row_is_committed_before_the_answer_and_the_event_comes_after_it(
    world: Any, guild_id: int
) -> None:
    app = world.http._transport.app

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        async def watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert len(await world.rows(QUESTIONS, guild_id)) == 1
                world.order.append("answer")
            await send(message)

        await app(scope, receive, watched)

    world.http._transport.app = watching

    await world.post(world.command("ask", {"question": "Why?"}, guild_id=guild_id))

    assert world.order == ["answer", "event"]


async def test_a_database_that_hangs_costs_a_sentence_and_recovers(
    world: Any, guild_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = world.command("ask", {"question": "Why?"}, guild_id=guild_id)
    async with world.owner.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE questions IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(dispatch, "BUDGET_SECONDS", 0.1)
        answers = await asyncio.gather(*(world.post(command) for _ in range(12)))
        monkeypatch.undo()

    assert {answer["type"] for answer in answers} == {4}
    assert all("Try again" in answer["data"]["content"] for answer in answers)
    assert await world.post(command) == {"type": 5}
    assert len(await world.rows(QUESTIONS, guild_id)) == 1


async def test_an_id_beyond_the_databases_numbers_is_a_sentence_not_a_failure(world: Any) -> None:
    command = world.command("ask", {"question": "Why?"}, guild_id=2**64 - 1)

    assert (await world.post(command))["type"] == 4


async def test_a_question_is_its_own_servers_alone(world: Any, guild_id: int, app_url: str) -> None:
    import asyncpg  # noqa: PLC0415

    await world.post(world.command("ask", {"question": "Why?"}, guild_id=guild_id))

    connection = await asyncpg.connect(app_url)
    async with connection.transaction():
        scope = "SELECT set_config('lore.guild_id', $1, true)"
        await connection.execute(scope, str(guild_id + 10**12))
        seen = await connection.fetch("SELECT id FROM questions")
    await connection.close()
    assert seen == []
