"""Long answers, late answers and answers cut off half way: each is shown once, whatever happens."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from functions.generate.delivery import Errand
from functions.runtime.discord.client import Delivery, DiscordClient
from functions.runtime.discord.twin_state import Fault, broken

SENTENCE = "The museum opens at nine on weekdays, at ten on Saturdays and never on Sundays. [1]\n\n"
LONG = SENTENCE * 30
VERY_LONG = "\n\n".join(f"```\n{'x' * 1000}\n```" for _ in range(6))
CHANNEL = 815
ENDED = (
    "UPDATE questions SET status = 'answered', answer = :answer, answer_kind = 'model'"
    " WHERE id = :id RETURNING 1"
)
PARTS = "SELECT parts_begun, parts_sent FROM interactions WHERE question_id = :id"


class KilledError(Exception):
    """The worker was killed here."""


@pytest.fixture
def answered(museum: Any) -> Callable[..., Any]:
    """A question that is answered and waits to be delivered; returns its id and its token."""

    async def ask(answer: str, **interaction: Any) -> tuple[UUID, str]:
        question = await museum.ask("When does the museum open?")
        await museum.rows(ENDED, id=question, answer=answer)
        return question, await museum.interact(question, **interaction)

    return ask


@pytest.fixture
def bot(museum: Any) -> Any:
    """The same museum, with a bot that may write into channels."""
    museum.clients.discord = DiscordClient(
        museum.clients.http, api_url="http://discord.test/api/v10", bot_token="bot"
    )
    return museum


def shown(museum: Any, token: str) -> list[str]:
    """Return what a member sees, message by message."""
    return [message["content"] for message in museum.discord.messages(token)]


async def test_a_long_answer_goes_on_in_messages_of_their_own(
    museum: Any, answered: Callable[..., Any]
) -> None:
    question, token = await answered(LONG)
    assert await museum.tell(question) == 204
    messages = shown(museum, token)
    assert len(messages) == 2
    assert "".join(messages).count("never on Sundays") == 30
    assert len(museum.discord.payloads(token)) == 2
    assert (await museum.row(question)).delivered_at is not None


async def test_what_follows_a_private_answer_is_private(
    museum: Any, answered: Callable[..., Any]
) -> None:
    question, token = await answered(LONG, private=True)
    assert await museum.tell(question) == 204
    assert [message["flags"] & 64 for message in museum.discord.messages(token)] == [64, 64]
    assert museum.discord.payloads(token)[1]["flags"] & 64


async def test_a_very_long_answer_comes_as_a_file(
    museum: Any, answered: Callable[..., Any]
) -> None:
    question, token = await answered(VERY_LONG)
    assert await museum.tell(question) == 204
    (message,) = museum.discord.messages(token)
    assert "in the file" in message["content"]
    (attached,) = message["attachments"]
    assert attached["filename"] == "answer.md"
    assert museum.discord.file(attached["url"]).decode().count("x" * 1000) == 6


@pytest.mark.parametrize(
    ("fails_at", "arrives", "remark"),
    [
        ("send", False, "killed before the second message left"),
        ("sent", True, "killed after it arrived, before that was written down"),
    ],
)
async def test_a_message_that_may_have_arrived_is_not_sent_again(
    museum: Any,
    answered: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    fails_at: str,
    remark: str,
    *,
    arrives: bool,
) -> None:
    question, token = await answered(LONG)
    follow = museum.clients.discord.followup

    async def killed(*arguments: Any, **options: Any) -> None:
        if fails_at == "sent":
            await follow(*arguments, **options)
        raise KilledError

    with monkeypatch.context() as death:
        death.setattr(museum.clients.discord, "followup", killed)
        with pytest.raises(KilledError):
            await museum.tell(question)
    assert await museum.rows(PARTS, id=question) == [(2, 1)]
    await museum.rows("UPDATE questions SET lease_expires_at = now() RETURNING 1")
    assert await museum.tell(question) == 204
    messages = museum.discord.messages(token)
    assert len(messages) == 1 + arrives, remark
    # Whichever it was, nothing is missing.
    (attached,) = messages[0]["attachments"]
    assert museum.discord.file(attached["url"]).decode().count("never on Sundays") == 30


async def test_a_message_that_got_lost_on_the_way_is_in_the_file(
    museum: Any, answered: Callable[..., Any]
) -> None:
    question, token = await answered(LONG)
    # The first call is the edit. Of a 502 to the second nobody knows what became of it.
    museum.discord.inject(token, Fault(status=200), broken())
    assert await museum.tell(question) == 204
    (message,) = museum.discord.messages(token)
    assert len(message["attachments"]) == 1


async def test_a_message_that_was_refused_for_now_is_sent_later(
    museum: Any, answered: Callable[..., Any]
) -> None:
    question, token = await answered(LONG)
    museum.discord.inject(token, Fault(status=200), Fault(status=429, retry_after=60))
    assert await museum.tell(question) == 204
    assert await museum.rows(PARTS, id=question) == [(1, 1)]
    assert 55 < await museum.waits(question) <= 60
    assert await museum.tell(question) == 204
    assert len(shown(museum, token)) == 2


async def test_after_a_quarter_of_an_hour_the_bot_answers_in_the_channel(
    bot: Any, answered: Callable[..., Any]
) -> None:
    question, token = await answered(LONG, seconds=20)
    assert await bot.tell(question) == 204
    assert bot.discord.payloads(token) == []
    first, second = bot.discord.channel(CHANNEL)
    assert first["content"].startswith(
        "-# To the question “When does the museum open?”\nThe museum"
    )
    assert len(first["content"]) <= 2000
    assert "To the question" not in second["content"]
    assert (await bot.row(question)).delivered_at is not None
    ((delivered,),) = await bot.rows("SELECT delivered_at FROM interactions")
    assert delivered is not None


async def test_what_a_token_did_not_live_to_say_goes_into_the_channel(
    bot: Any, answered: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    question, token = await answered(LONG)

    async def expired(*_: Any, **__: Any) -> Delivery:
        return Delivery.EXPIRED

    monkeypatch.setattr(bot.clients.discord, "followup", expired)
    assert await bot.tell(question) == 204
    messages = [*shown(bot, token), *(said["content"] for said in bot.discord.channel(CHANNEL))]
    assert len(messages) == 2
    assert "".join(messages).count("never on Sundays") == 30


@pytest.mark.parametrize("fails_after", [1, 2, 3, 4])
async def test_the_bot_writes_once_however_often_it_is_killed(
    bot: Any, answered: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, fails_after: int
) -> None:
    question, _ = await answered(LONG, seconds=-1)
    await bot.rows("UPDATE interactions SET token = NULL RETURNING 1")
    done = 0

    def dying(original: Any) -> Any:
        async def step(*arguments: Any, **options: Any) -> Any:
            nonlocal done
            result = await original(*arguments, **options)
            done += 1
            if done == fails_after:
                raise KilledError
            return result

        return step

    with monkeypatch.context() as death:
        death.setattr(bot.clients.discord, "send_message", dying(bot.clients.discord.send_message))
        death.setattr(Errand, "note", dying(Errand.note))
        with pytest.raises(KilledError):
            await bot.tell(question)
    await bot.rows("UPDATE questions SET lease_expires_at = now() RETURNING 1")
    assert await bot.tell(question) == 204
    assert len(bot.discord.channel(CHANNEL)) == 2


async def test_a_private_answer_never_goes_into_the_channel(
    bot: Any, answered: Callable[..., Any]
) -> None:
    question, _ = await answered("As written.", seconds=-1, private=True)
    assert await bot.tell(question) == 204
    assert bot.discord.channel(CHANNEL) == []
    assert (await bot.row(question)).delivered_at is not None


async def test_without_a_bot_a_late_answer_stays_on_the_dashboard(
    museum: Any, answered: Callable[..., Any]
) -> None:
    question, _ = await answered("As written.", seconds=-1)
    assert await museum.tell(question) == 204
    assert museum.discord.channel(CHANNEL) == []
    assert (await museum.row(question)).delivered_at is not None
