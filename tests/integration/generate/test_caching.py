"""The same question to the same documents gets the same answer at once, in its own server."""

from typing import Any
from uuid import UUID

import pytest

HOURS = "When does the museum open on weekdays?"
REPLY = "On weekdays the museum opens at nine [1]."


@pytest.fixture
async def caching(museum: Any) -> Any:
    """A server that wants its answers given again, with a model that writes them."""
    await museum.rows("UPDATE guilds SET caches_answers = true RETURNING 1")
    museum.model.fault, museum.model.reply = "none", REPLY
    return museum


async def answered(asker: Any, text: str) -> Any:
    question: UUID = await asker.ask(text)
    assert await asker.tell(question) == 204
    return await asker.row(question)


@pytest.mark.parametrize(
    "again",
    [
        HOURS,
        "when does the museum open on weekdays",
        "Hello, can you please tell me when the museum opens on weekdays?",
    ],
)
async def test_the_same_question_is_answered_at_once(caching: Any, again: str) -> None:
    first = await answered(caching, HOURS)
    second = await answered(caching, again)
    assert second.record["cached_from"] == str(first.id)
    assert second.record["passages"] == first.record["passages"]
    assert (second.answer, second.answer_kind, second.model) == (
        first.answer,
        "model",
        first.model,
    )
    assert [row[3:] for row in await caching.citations(second.id)] == [
        row[3:] for row in await caching.citations(first.id)
    ]
    assert len(caching.model.chats) == 1


async def test_whoever_asks_in_discord_is_told(caching: Any) -> None:
    await answered(caching, HOURS)
    question = await caching.ask(HOURS)
    token = await caching.interact(question)
    await caching.tell(question)
    content = caching.discord.payloads(token)[-1]["content"]
    assert "-# Answered before, from the same documents." in content


@pytest.mark.parametrize(
    "other",
    [
        "When does the museum open on weekends?",
        "When does the museum close on weekdays?",
        "Where does the museum open on weekdays?",
        "When does the museum not open on weekdays?",
        "When does the museum open on 3 weekdays?",
        "When do the weekdays open on museum?",
    ],
)
async def test_another_question_is_not(caching: Any, other: str) -> None:
    await answered(caching, HOURS)
    assert "cached_from" not in (await answered(caching, other)).record


CHANGES = {
    "a new document": None,
    "another title": "UPDATE documents SET title = 'Renamed' WHERE title = 'ferry.txt' RETURNING 1",
    "other wishes": "UPDATE guilds SET instructions = 'Be brief.' RETURNING 1",
    "another gate": "UPDATE guilds SET gate = 'strict' RETURNING 1",
    "sentences marked": "UPDATE guilds SET unsupported = 'mark' RETURNING 1",
    "no cache any more": "UPDATE guilds SET caches_answers = false RETURNING 1",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_changes_the_answer_ends_it(
    caching: Any, knowledge: Any, change: str
) -> None:
    await answered(caching, HOURS)
    statement = CHANGES[change]
    if statement:
        await caching.rows(statement)
    else:
        await knowledge.add(caching.guild, "new.txt", ["The museum opens at ten from May."])
    assert "cached_from" not in (await answered(caching, HOURS)).record


async def test_a_document_that_comes_while_it_is_written_ends_it(
    caching: Any, knowledge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = caching.clients.http.post

    async def slow(*arguments: Any, **options: Any) -> Any:
        response = await search(*arguments, **options)
        await knowledge.add(caching.guild, "new.txt", ["The museum opens at ten from May."])
        return response

    monkeypatch.setattr(caching.clients.http, "post", slow)
    await answered(caching, HOURS)
    monkeypatch.undo()
    assert "cached_from" not in (await answered(caching, HOURS)).record


async def test_an_answer_is_given_again_in_its_own_server_alone(
    caching: Any, knowledge: Any
) -> None:
    await answered(caching, HOURS)
    caching.guild += 10**12
    await caching.rows(
        "INSERT INTO guilds (guild_id, name, caches_answers) VALUES (:id, 'Other', true)"
        " RETURNING 1",
        id=caching.guild,
    )
    await knowledge.add(
        caching.guild, "museum.md", ["Our museum opens at noon on weekdays."], title="Other museum"
    )
    caching.model.reply = "Our museum opens at noon on weekdays [1]."
    other = await answered(caching, HOURS)
    assert "cached_from" not in other.record
    assert "noon" in other.answer


async def test_what_the_model_could_not_write_is_not_kept(caching: Any) -> None:
    caching.model.fault = "break"
    assert (await answered(caching, HOURS)).answer_kind == "extractive"
    caching.model.fault = "none"
    assert (await answered(caching, HOURS)).answer_kind == "model"


# A member's /forget takes the conversation's name away while the answer is written.
@pytest.mark.parametrize("conversation", ["discord:1:2:private", None])
async def test_private_questions_are_not_kept(caching: Any, conversation: str | None) -> None:
    question = await caching.ask(HOURS)
    await caching.interact(question, private=True)
    await caching.rows(
        "UPDATE questions SET conversation = :name WHERE id = :id RETURNING 1",
        id=question,
        name=conversation,
    )
    assert await caching.tell(question) == 204
    assert (await caching.row(question)).answer_kind == "model"
    assert await caching.rows("SELECT 1 FROM cached_answers") == []


async def test_follow_ups_are_not_kept(caching: Any) -> None:
    async def asked(text: str) -> Any:
        question = await caching.ask(text)
        await caching.rows(
            "UPDATE questions SET conversation = 'discord:1:2' WHERE id = :id RETURNING 1",
            id=question,
        )
        await caching.tell(question)
        return await caching.row(question)

    follow_up = "And what do tickets for it cost?"
    caching.model.reply = f"{REPLY} Tickets cost 12 euros [1]."
    await asked(HOURS)
    await asked(follow_up)
    (kept,) = await caching.rows("SELECT count(*) FROM cached_answers")
    assert kept[0] == 1


async def test_without_the_wish_nothing_is_kept(museum: Any) -> None:
    await answered(museum, HOURS)
    assert await museum.rows("SELECT 1 FROM cached_answers") == []
