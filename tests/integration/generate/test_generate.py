"""A question's way to its one answer, with search, Discord and the model as they may behave."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.runtime.discord.client import Delivery
from functions.runtime.discord.twin_state import Fault
from functions.runtime.ollama.twin import Fault as ModelFault

HOURS = "When does the museum open on weekdays?"
FOREIGN = "Who won the chess championship in Reykjavik?"


async def test_an_answer_quotes_and_cites_the_right_document(museum: Any) -> None:
    question = await museum.ask(HOURS)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.answer_kind, row.model) == ("answered", "extractive", None)
    assert row.answer.startswith("The museum opens at nine on weekdays. [1]")
    (first, *_) = await museum.citations(question)
    assert (first.number, first.title) == (1, "Visiting the museum")
    assert first.location == "museum.md › Hours"
    own = f"https://lore.example/documents/{first.document_id}?passage=0&guild={museum.guild}"
    assert first.url == own
    assert "The museum opens at nine on weekdays." in first.quote
    assert row.evidence > 0.25
    assert {"search", "total", "search.embed"} <= set(row.timings)
    assert row.answered_at is not None
    assert row.delivered_at is not None
    assert row.lease_id is None


async def test_a_question_without_an_answer_is_refused_by_name(museum: Any) -> None:
    question = await museum.ask(FOREIGN)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.answer_kind) == ("refused", None)
    citations = await museum.citations(question)
    assert len(citations) == 3
    assert all(f"“{citation.title}” [{citation.number}]" in row.answer for citation in citations)
    assert row.delivered_at is not None


async def test_an_empty_guild_says_how_to_begin(asker: Any) -> None:
    question = await asker.ask(HOURS)
    assert await asker.tell(question) == 204
    row = await asker.row(question)
    assert row.status == "refused"
    assert "/kb add" in row.answer
    assert await asker.citations(question) == []


async def test_a_question_search_cannot_take_fails_with_a_sentence(museum: Any) -> None:
    question = await museum.ask("   ")
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert row.status == "failed"
    assert "other words" in row.failure_reason
    assert row.delivered_at is not None


async def test_a_doubled_event_changes_nothing(museum: Any) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question)
    assert await museum.tell(question) == 204
    before = await museum.row(question), await museum.citations(question)
    assert await museum.tell(question) == 204
    assert await museum.tell(question, event_id=str(uuid4())) == 204
    assert (await museum.row(question), await museum.citations(question)) == before
    assert len(museum.discord.payloads(token)) == 1
    assert museum.search.calls == 1


async def test_events_at_once_give_one_answer(museum: Any) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question)
    statuses = await asyncio.gather(*(museum.tell(question) for _ in range(4)))
    assert set(statuses) == {204}
    assert len(museum.discord.payloads(token)) == 1
    assert museum.search.calls == 1


async def test_the_event_is_remembered_with_its_effect(museum: Any) -> None:
    question = await museum.ask(HOURS)
    await museum.tell(question, event_id="event-7-" + str(question))
    (handled,) = await museum.rows("SELECT source, event_id FROM handled_events")
    assert handled == ("/lorekeeper/test", "event-7-" + str(question))


@pytest.mark.parametrize(
    "body", [{}, {"question_id": "no uuid"}, {"version_id": str(UUID(int=4))}, []]
)
async def test_an_event_without_a_question_is_malformed(asker: Any, body: Any) -> None:
    response = await asker.caller.post(
        "/",
        headers={
            "ce-id": "1",
            "ce-source": "/s",
            "ce-type": "t",
            "ce-specversion": "1.0",
            "content-type": "application/json",
        },
        json=body,
    )
    assert response.status_code == 400


async def test_a_question_that_is_gone_is_no_trouble(asker: Any) -> None:
    assert await asker.tell(uuid4()) == 204


async def test_whoever_holds_the_lease_is_left_alone(museum: Any) -> None:
    question = await museum.ask(HOURS)
    other = uuid4()
    await museum.rows(
        "UPDATE questions SET status = 'answering', lease_id = :lease,"
        " lease_expires_at = clock_timestamp() + interval '1 minute' WHERE id = :id RETURNING 1",
        id=question,
        lease=other,
    )
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.lease_id, museum.search.calls) == ("answering", other, 0)


async def test_an_overtaken_worker_writes_nothing(
    museum: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question)
    other = uuid4()
    search = museum.clients.http.post

    async def slow(*arguments: Any, **options: Any) -> Any:
        found = await search(*arguments, **options)
        await museum.rows(
            "UPDATE questions SET lease_id = :lease WHERE id = :id RETURNING 1",
            id=question,
            lease=other,
        )
        return found

    monkeypatch.setattr(museum.clients.http, "post", slow)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.lease_id, row.answer) == ("answering", other, None)
    assert await museum.citations(question) == []
    assert museum.discord.payloads(token) == []
    assert await museum.rows("SELECT 1 FROM handled_events") == []


async def test_without_search_a_question_waits_and_fails_after_five_attempts(museum: Any) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question)
    museum.search.cut = True
    for attempt in range(1, 5):
        # The broker tries again at once, and once; after that the sweep does, ever later.
        assert await museum.tell(question) == (503 if attempt == 1 else 204)
        row = await museum.row(question)
        assert (row.status, row.attempts, row.lease_id) == ("answering", attempt, None)
        assert row.delivered_at is None
        assert 2**attempt < await museum.waits(question) <= 2 * 2**attempt
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.attempts) == ("failed", 5)
    assert row.answer is None
    assert "once more" in row.failure_reason
    assert row.delivered_at is not None
    (payload,) = museum.discord.payloads(token)
    assert row.failure_reason in payload["content"]


async def test_search_that_comes_back_still_gets_its_question_answered(museum: Any) -> None:
    question = await museum.ask(HOURS)
    museum.search.cut = True
    assert await museum.tell(question) == 503
    museum.search.cut = False
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.attempts) == ("answered", 1)


async def test_a_member_sees_the_answer_in_discord(museum: Any) -> None:
    question = await museum.ask(HOURS, origin="discord")
    token = await museum.interact(question)
    assert await museum.tell(question) == 204
    (payload,) = museum.discord.payloads(token)
    assert "The museum opens at nine on weekdays. [1]" in payload["content"]
    assert "Visiting the museum" in payload["content"]
    assert payload["allowed_mentions"] == {"parse": []}
    ((delivered,),) = await museum.rows(
        "SELECT delivered_at FROM interactions WHERE question_id = :id", id=question
    )
    assert delivered is not None


async def test_what_is_answered_but_undelivered_is_delivered_and_no_more(museum: Any) -> None:
    question = await museum.ask(HOURS)
    await museum.rows(
        "UPDATE questions SET status = 'answered', answer = 'As written.',"
        " answer_kind = 'model' WHERE id = :id RETURNING 1",
        id=question,
    )
    token = await museum.interact(question)
    assert await museum.tell(question) == 204
    (payload,) = museum.discord.payloads(token)
    assert payload["content"] == "As written."
    row = await museum.row(question)
    assert (row.answer, museum.search.calls) == ("As written.", 0)
    assert row.delivered_at is not None


async def test_an_expired_token_is_not_used(museum: Any) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question, seconds=-1)
    assert await museum.tell(question) == 204
    assert museum.discord.payloads(token) == []
    row = await museum.row(question)
    assert row.status == "answered"
    assert row.delivered_at is not None


async def test_a_token_of_another_key_stops_nothing(museum: Any) -> None:
    question = await museum.ask(HOURS)
    await museum.interact(question)
    await museum.rows(
        "UPDATE interactions SET token = 'nonsense' WHERE question_id = :id RETURNING 1",
        id=question,
    )
    assert await museum.tell(question) == 204
    assert (await museum.row(question)).delivered_at is not None


async def test_an_answer_discord_cannot_take_now_is_delivered_later(
    museum: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question)

    async def unavailable(*_: Any, **__: Any) -> Delivery:
        return Delivery.UNAVAILABLE

    with monkeypatch.context() as outage:
        outage.setattr(museum.clients.discord, "edit_original", unavailable)
        assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.attempts, row.lease_id) == ("answered", 0, None)
    assert row.delivered_at is None
    assert 10 < await museum.waits(question) <= 15
    assert await museum.tell(question) == 204
    assert len(museum.discord.payloads(token)) == 1
    assert museum.search.calls == 1
    assert (await museum.row(question)).delivered_at is not None


async def test_an_answer_discord_refuses_counts_as_delivered(museum: Any) -> None:
    question = await museum.ask(HOURS)
    token = await museum.interact(question)
    museum.discord.inject(token, Fault(status=400, code=50035, message="Invalid Form Body"))
    assert await museum.tell(question) == 204
    assert (await museum.row(question)).delivered_at is not None


MODEL_ANSWER = "On weekdays the museum opens at nine [1]. Tickets cost 12 euros [1]."


async def test_a_model_that_answers_is_shown_with_verified_citations(museum: Any) -> None:
    museum.model.fault = "none"
    museum.model.reply = MODEL_ANSWER + " Dragons live there [3]. See https://evil.example/x [1]."
    question = await museum.ask(HOURS)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.answer_kind, row.model) == ("answered", "model", "llama3.2")
    assert row.answer == ("On weekdays the museum opens at nine. [1] Tickets cost 12 euros. [1]")
    (citation,) = await museum.citations(question)
    assert citation.title == "Visiting the museum"
    (chat,) = museum.model.chats
    assert chat["messages"][-1]["content"].endswith(f"Question: {HOURS}")


@pytest.mark.parametrize("fault", ["down", "missing", "refuse", "error", "break", "garbage"])
async def test_whatever_a_model_does_the_answer_comes(museum: Any, fault: ModelFault) -> None:
    museum.model.fault = fault
    museum.model.reply = MODEL_ANSWER
    question = await museum.ask(HOURS)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.answer_kind) == ("answered", "extractive")
    assert row.answer.startswith("The museum opens at nine on weekdays. [1]")


async def test_what_was_shown_of_a_text_that_breaks_off_stays(museum: Any) -> None:
    museum.model.fault = "cut"
    museum.model.reply = "On weekdays the museum opens at nine [1]. Tickets cost 12 euros [1]."
    question = await museum.ask(HOURS)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.answer_kind, row.record["fallback"]) == ("model", "unavailable")
    assert row.answer == "On weekdays the museum opens at nine. [1]"


@pytest.mark.parametrize(
    "reply", ["", "I am a helpful assistant.", "The museum opens at ten past 4 [1]."]
)
async def test_an_unsupported_text_gives_way_to_a_quotation(museum: Any, reply: str) -> None:
    museum.model.fault = "none"
    museum.model.reply = reply
    question = await museum.ask(HOURS)
    assert await museum.tell(question) == 204
    row = await museum.row(question)
    assert (row.status, row.answer_kind, row.model) == ("answered", "extractive", None)


async def test_a_refusal_troubles_no_model(museum: Any) -> None:
    museum.model.fault = "none"
    question = await museum.ask(FOREIGN)
    assert await museum.tell(question) == 204
    assert (await museum.row(question)).status == "refused"
    assert museum.model.chats == []


async def test_a_hostile_document_reaches_nobody(asker: Any, knowledge: Any) -> None:
    await knowledge.add(
        asker.guild,
        "evil.txt",
        [
            (
                "The vault code is 1234 @everyone <@42> ![x](https://evil.example/p.png)"
                " [click](https://evil.example/?q=1) https://evil.example/raw."
            )
        ],
    )
    await knowledge.add(asker.guild, "bees.txt", ["Bees tell by a dance where the flowers are."])
    question = await asker.ask("What is the vault code?")
    token = await asker.interact(question)
    assert await asker.tell(question) == 204
    row = await asker.row(question)
    assert "1234" in row.answer
    (payload,) = asker.discord.payloads(token)
    (citation, *_) = await asker.citations(question)
    for shown in (row.answer, payload["content"], citation.quote):
        # A plain URL stays readable as code; nothing leads there.
        assert "evil.example" not in shown.replace("`https://evil.example/raw`", "")
        assert "@everyone" not in shown
        assert "<@42>" not in shown
