"""Which questions belong together, how an answer is continued, and how all that is forgotten."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from functions.runtime.discord.messages import FOLLOW

QUESTIONS = "SELECT * FROM questions WHERE guild_id = $1 ORDER BY asked_at"
HERE, THREAD = 77, 88
ALICE, BOB = 11, 22
PUBLIC_THREAD = 11


async def ask(world: Any, guild_id: int, **caller: Any) -> str | None:
    """Ask something; return the conversation it was recorded in."""
    options = {"question": "Why?"}
    if caller.pop("private", False):
        options["private"] = True
    await world.post(world.command("ask", options, guild_id=guild_id, **caller))
    conversation: str | None = (await world.rows(QUESTIONS, guild_id))[-1]["conversation"]
    return conversation


async def test_a_channel_is_a_conversation_of_each_member(world: Any, guild_id: int) -> None:
    alice = await ask(world, guild_id, user_id=ALICE, channel_id=HERE)
    assert alice == f"discord:{HERE}:{ALICE}"
    assert await ask(world, guild_id, user_id=ALICE, channel_id=HERE) == alice
    assert await ask(world, guild_id, user_id=BOB, channel_id=HERE) != alice
    assert await ask(world, guild_id, user_id=ALICE, channel_id=HERE + 1) != alice


async def test_a_thread_is_one_conversation_of_all(world: Any, guild_id: int) -> None:
    place = {"channel_id": THREAD, "channel_type": PUBLIC_THREAD}
    alice = await ask(world, guild_id, user_id=ALICE, **place)
    assert alice == f"discord:{THREAD}"
    assert await ask(world, guild_id, user_id=BOB, **place) == alice


@pytest.mark.parametrize("kind", [0, PUBLIC_THREAD])
async def test_what_is_asked_privately_is_a_conversation_of_its_own(
    world: Any, guild_id: int, kind: int
) -> None:
    place = {"channel_id": THREAD, "channel_type": kind, "user_id": ALICE}
    public = await ask(world, guild_id, **place)
    private = await ask(world, guild_id, private=True, **place)
    assert private == f"discord:{THREAD}:{ALICE}:private"
    assert private != public


async def test_forgetting_takes_the_callers_questions_here_out_of_their_conversation(
    world: Any, shared: Path, guild_id: int
) -> None:
    path = shared / "schemas/discord/strict/interaction-callback.schema.json"
    await ask(world, guild_id, user_id=ALICE, channel_id=HERE)
    await ask(world, guild_id, user_id=ALICE, channel_id=HERE, private=True)
    await ask(world, guild_id, user_id=BOB, channel_id=HERE)
    await ask(world, guild_id, user_id=ALICE, channel_id=HERE + 1)

    answer = await world.post(
        world.command("forget", {}, guild_id=guild_id, user_id=ALICE, channel_id=HERE)
    )

    rows = await world.rows(QUESTIONS, guild_id)
    Draft202012Validator(json.loads(path.read_text())).validate(answer)
    assert (answer["type"], answer["data"]["flags"]) == (4, 64)
    assert "Forgotten" in answer["data"]["content"]
    assert [row["conversation"] for row in rows] == [
        None,
        None,
        f"discord:{HERE}:{BOB}",
        f"discord:{HERE + 1}:{ALICE}",
    ]
    assert len(world.events) == 4


async def test_forgetting_in_a_thread_is_for_all_and_in_one_server(
    world: Any, guild_id: int
) -> None:
    place = {"channel_id": THREAD, "channel_type": PUBLIC_THREAD}
    await ask(world, guild_id, user_id=ALICE, **place)
    elsewhere = world.command("forget", {}, guild_id=guild_id + 10**12, user_id=BOB, **place)
    await world.post(elsewhere)
    (row,) = await world.rows(QUESTIONS, guild_id)
    assert row["conversation"] == f"discord:{THREAD}"

    await world.post(world.command("forget", {}, guild_id=guild_id, user_id=BOB, **place))

    (row,) = await world.rows(QUESTIONS, guild_id)
    assert row["conversation"] is None


@pytest.fixture
async def answered(world: Any, guild_id: int) -> UUID:
    """A question of Alice's in a channel."""
    await ask(world, guild_id, user_id=ALICE, channel_id=HERE)
    (row,) = await world.rows(QUESTIONS, guild_id)
    world.events.clear()
    return UUID(str(row["id"]))


async def test_the_button_opens_a_form(
    world: Any, shared: Path, guild_id: int, answered: UUID
) -> None:
    path = shared / "schemas/discord/strict/interaction-callback.schema.json"

    answer = await world.post(world.press(f"{FOLLOW}{answered}", guild_id=guild_id))

    Draft202012Validator(json.loads(path.read_text())).validate(answer)
    assert (answer["type"], answer["data"]["custom_id"]) == (9, f"{FOLLOW}{answered}")
    assert world.events == []


@pytest.mark.parametrize("member", [ALICE, BOB])
async def test_the_form_continues_the_answer_in_the_senders_conversation(
    world: Any, guild_id: int, answered: UUID, member: int
) -> None:
    form = world.send_form(
        f"{FOLLOW}{answered}", " And on Sundays? ", guild_id=guild_id, user_id=member,
        channel_id=HERE,
    )  # fmt: skip

    assert await world.post(form) == {"type": 5}

    (_, row) = await world.rows(QUESTIONS, guild_id)
    assert (row["text"], row["follows"]) == ("And on Sundays?", answered)
    assert row["conversation"] == f"discord:{HERE}:{member}"
    assert len(world.events) == 1


async def test_a_private_answer_is_continued_privately_and_by_its_asker(
    world: Any, guild_id: int
) -> None:
    private = await ask(world, guild_id, user_id=ALICE, channel_id=HERE, private=True)
    (row,) = await world.rows(QUESTIONS, guild_id)
    custom_id = f"{FOLLOW}{row['id']}"
    place = {"guild_id": guild_id, "channel_id": HERE}

    refused = await world.post(world.send_form(custom_id, "And?", user_id=BOB, **place))
    taken = await world.post(
        world.send_form(custom_id, "And?", user_id=ALICE, private=True, **place)
    )

    assert "no longer here" in refused["data"]["content"]
    assert taken == {"type": 5, "data": {"flags": 64}}
    assert [row["conversation"] for row in await world.rows(QUESTIONS, guild_id)] == [
        private,
        private,
    ]


async def test_a_forgotten_private_answer_is_still_its_askers_alone(
    world: Any, guild_id: int
) -> None:
    await ask(world, guild_id, user_id=ALICE, channel_id=HERE, private=True)
    (row,) = await world.rows(QUESTIONS, guild_id)
    await world.rows("UPDATE questions SET conversation = NULL WHERE guild_id = $1", guild_id)
    place = {"guild_id": guild_id, "channel_id": HERE}
    form = world.send_form(f"{FOLLOW}{row['id']}", "And?", user_id=BOB, **place)
    assert "no longer here" in (await world.post(form))["data"]["content"]


@pytest.mark.parametrize(
    ("custom_id", "question", "word"),
    [
        (f"{FOLLOW}{UUID(int=4)}", "Why?", "no longer here"),
        (f"{FOLLOW}nonsense", "Why?", "no longer works"),
        ("feedback:v1:9f2c", "Why?", "no longer works"),
        (None, "  ", "empty"),
        (None, "x" * 2001, "2,000"),
    ],
)
async def test_a_form_that_asks_nothing_says_why(
    world: Any, guild_id: int, answered: UUID, custom_id: str | None, question: str, word: str
) -> None:
    form = world.send_form(custom_id or f"{FOLLOW}{answered}", question, guild_id=guild_id)

    answer = await world.post(form)

    assert (answer["type"], answer["data"]["flags"]) == (4, 64)
    assert word in answer["data"]["content"]
    assert len(await world.rows(QUESTIONS, guild_id)) == 1


async def test_another_servers_answer_is_as_good_as_gone(
    world: Any, guild_id: int, answered: UUID
) -> None:
    form = world.send_form(f"{FOLLOW}{answered}", "And?", guild_id=guild_id + 10**12)

    answer = await world.post(form)

    assert "no longer here" in answer["data"]["content"]
    assert world.events == []


async def test_a_form_delivered_twice_is_one_question(
    world: Any, guild_id: int, answered: UUID
) -> None:
    form = world.send_form(f"{FOLLOW}{answered}", "And?", guild_id=guild_id)

    assert [await world.post(form), await world.post(form)] == [{"type": 5}] * 2

    assert len(await world.rows(QUESTIONS, guild_id)) == 2
