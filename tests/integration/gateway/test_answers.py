"""Stopping an answer, conversations, how answers are wanted and how they came about."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.events import QUESTION_ASKED
from tests.integration.gateway.conftest import Broker, Library, Person, sign_in

ASK = """mutation($g:ID!,$t:String!,$c:ID,$f:ID){
  ask(guildId:$g,text:$t,conversation:$c,follows:$f){id conversation isOwn stage}}"""
STOP = "mutation($g:ID!,$q:ID!){stopQuestion(guildId:$g,questionId:$q){id isStopped status}}"
FORGET = "mutation($g:ID!,$c:ID!){forgetConversation(guildId:$g,conversation:$c)}"
CONVERSATION = "query($g:ID!,$c:ID!){guild(id:$g){conversation(id:$c){text}}}"
QUESTION = "query($g:ID!,$q:ID!){guild(id:$g){question(id:$q){conversation isOwn}}}"
SETTINGS = "gate unsupported instructions cachesAnswers rewritesQuestions"
READ = f"query($g:ID!){{guild(id:$g){{answerSettings{{{SETTINGS}}}}}}}"
CHANGE = f"""mutation($g:ID!,$gate:Gate,$unsupported:Unsupported,$words:String,$caches:Boolean,
  $rewrites:Boolean){{setAnswerSettings(guildId:$g,gate:$gate,unsupported:$unsupported,
  instructions:$words,cachesAnswers:$caches,rewritesQuestions:$rewrites){{{SETTINGS}}}}}"""


async def _ask(person: Person, guild_id: int, words: str = "Why?", **said: str) -> dict[str, Any]:
    data = await person.data(ASK, g=str(guild_id), t=words, **said)
    asked: dict[str, Any] = data["ask"]
    return asked


async def _set(database: Database, guild_id: int, question: str, **values: Any) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    async with database.guild(guild_id) as session:
        await session.execute(
            text(f"UPDATE questions SET {columns} WHERE id = :id"),  # noqa: S608
            values | {"id": question},
        )


async def test_who_asked_stops_the_answer_once_and_again(
    member: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    question = (await _ask(member, guild_id))["id"]
    stopped = await member.data(STOP, g=str(guild_id), q=question)
    assert stopped["stopQuestion"] == {"id": question, "isStopped": True, "status": "ASKED"}
    # Woken once more: a question that waits for the model has no worker who would notice.
    assert broker.told() == [(QUESTION_ASKED, {"question_id": question})] * 2
    assert broker.events[0].headers["ce-id"] != broker.events[1].headers["ce-id"]
    moment = text("SELECT cancelled_at FROM questions WHERE id = :id")
    async with database.guild(guild_id) as session:
        first = await session.scalar(moment, {"id": question})
    assert (await member.data(STOP, g=str(guild_id), q=question)) == stopped
    async with database.guild(guild_id) as session:
        assert await session.scalar(moment, {"id": question}) == first


async def test_an_answer_that_has_ended_is_not_stopped(moderator: Person, library: Library) -> None:
    variables = {"g": str(library.guild_id), "q": str(library.question_id)}
    error = await moderator.error(STOP, **variables)
    assert error["code"] == "conflict"
    assert "ended already" in error["message"]


async def test_a_moderator_stops_anybodys_answer_and_a_member_only_their_own(
    member: Person,
    moderator: Person,
    stranger: Person,
    http: httpx.AsyncClient,
    database: Database,
    guild_id: int,
) -> None:
    question = (await _ask(member, guild_id))["id"]
    variables = {"g": str(guild_id), "q": question}
    other = await sign_in(http, database, guild_id=guild_id)
    assert (await other.error(STOP, **variables))["code"] == "forbidden"
    assert (await stranger.error(STOP, **variables))["code"] == "not_found"
    assert (await moderator.data(STOP, **variables))["stopQuestion"]["isStopped"]
    # It was stopped and then ended: stopping it again is still no mistake.
    await _set(database, guild_id, question, status="answered", stage="ended")
    assert (await member.data(STOP, **variables))["stopQuestion"]["status"] == "ANSWERED"


@pytest.mark.parametrize("question", ["nonsense", str(UUID(int=4))])
async def test_what_is_no_question_cannot_be_stopped(
    member: Person, guild_id: int, question: str
) -> None:
    assert (await member.error(STOP, g=str(guild_id), q=question))["code"] == "not_found"


async def test_a_conversation_is_its_persons_alone(
    member: Person, http: httpx.AsyncClient, database: Database, guild_id: int
) -> None:
    other = await sign_in(http, database, guild_id=guild_id)
    guild, name = str(guild_id), str(uuid4())
    first = await _ask(member, guild_id, "How deep is the harbour?", c=name)
    assert first == {"id": first["id"], "conversation": name, "isOwn": True, "stage": "ASKED"}
    await _ask(member, guild_id, "And the canal?", c=name)
    # The same id said by somebody else is another conversation.
    await _ask(other, guild_id, "What is said here?", c=name)
    told = await member.data(CONVERSATION, g=guild, c=name)
    assert told["guild"]["conversation"] == [
        {"text": "How deep is the harbour?"},
        {"text": "And the canal?"},
    ]
    seen = await other.data(QUESTION, g=guild, q=first["id"])
    assert seen["guild"]["question"] == {"conversation": None, "isOwn": False}
    assert (await other.data(FORGET, g=guild, c=name))["forgetConversation"] == 1
    assert (await member.data(FORGET, g=guild, c=name))["forgetConversation"] == 2
    assert (await member.data(CONVERSATION, g=guild, c=name))["guild"]["conversation"] == []
    kept = await member.data(QUESTION, g=guild, q=first["id"])
    assert kept["guild"]["question"] == {"conversation": None, "isOwn": True}


@pytest.mark.parametrize("conversation", ["1", "thread:5", "dashboard:1:x", "x" * 10_000])
async def test_a_conversation_has_an_id_that_a_page_made(
    member: Person, guild_id: int, conversation: str, broker: Broker
) -> None:
    error = await member.error(ASK, g=str(guild_id), t="Why?", c=conversation)
    assert (error["code"], broker.told()) == ("invalid_request", [])


async def test_a_question_follows_an_answer_of_its_own_conversation_only(
    member: Person, library: Library, database: Database
) -> None:
    guild_id, guild = library.guild_id, str(library.guild_id)
    name, other = str(uuid4()), str(uuid4())
    first = (await _ask(member, guild_id, c=name))["id"]
    second = (await _ask(member, guild_id, c=name, f=first))["id"]
    async with database.guild(guild_id) as session:
        statement = text("SELECT follows FROM questions WHERE id = :id")
        assert str(await session.scalar(statement, {"id": second})) == first
    for conversation, follows in (
        (other, first),
        (None, first),
        (name, str(library.question_id)),
        (None, str(library.question_id)),
        (name, "nonsense"),
    ):
        error = await member.error(ASK, g=guild, t="And?", c=conversation, f=follows)
        assert (error["code"], "Ask anew" in error["message"]) == ("not_found", True)


async def test_answers_are_wanted_as_a_moderator_says(moderator: Person, guild_id: int) -> None:
    guild = str(guild_id)
    before = {
        "gate": "BALANCED",
        "unsupported": "DROP",
        "instructions": "",
        "cachesAnswers": False,
        "rewritesQuestions": False,
    }
    assert (await moderator.data(READ, g=guild))["guild"]["answerSettings"] == before
    changed = await moderator.data(CHANGE, g=guild, gate="STRICT", words=" Be\0 brief. ")
    after = before | {"gate": "STRICT", "instructions": "Be  brief."}
    assert changed["setAnswerSettings"] == after
    switched = {"unsupported": "MARK", "cachesAnswers": True, "rewritesQuestions": True}
    names = {"unsupported": "MARK", "caches": True, "rewrites": True}
    assert (await moderator.data(CHANGE, g=guild, **names))["setAnswerSettings"] == after | switched
    cleared = await moderator.data(CHANGE, g=guild, words="", caches=False)
    assert cleared["setAnswerSettings"]["instructions"] == ""
    assert not cleared["setAnswerSettings"]["cachesAnswers"]


async def test_instructions_have_a_length_and_a_gate_a_name(
    moderator: Person, guild_id: int
) -> None:
    guild = str(guild_id)
    assert (await moderator.data(CHANGE, g=guild, words="ä" * 1000))["setAnswerSettings"]
    error = await moderator.error(CHANGE, g=guild, words="ä" * 1001)
    assert error["code"] == "invalid_request"
    assert "1000 characters" in error["message"]
    assert (await moderator.error(CHANGE, g=guild, gate="OPEN"))["code"] == "invalid_request"


async def test_a_change_of_rules_forgets_the_answers_written_by_the_old_ones(
    moderator: Person, library: Library, database: Database
) -> None:
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text(
                "INSERT INTO cached_answers (question_id, guild_id, model_id, library, embedding)"
                " VALUES (:question, :guild, 1, 'x', '[1]')"
            ),
            {"question": library.question_id, "guild": library.guild_id},
        )
    count = text("SELECT count(*) FROM cached_answers")
    guild = str(library.guild_id)
    await moderator.data(CHANGE, g=guild)
    async with database.guild(library.guild_id) as session:
        assert await session.scalar(count) == 1
    await moderator.data(CHANGE, g=guild, gate="EAGER")
    async with database.guild(library.guild_id) as session:
        assert await session.scalar(count) == 0


RECORD = """query($g:ID!,$q:ID!){guild(id:$g){question(id:$q){fallback isCached record{model
evidence gate leastEvidence leftOut turns rewritten promptVersion promptTokens writtenTokens
doneReason checkedSentences supportedSentences fallback cachedFrom
passages{title location score used documentId}}}}}"""


async def _record(moderator: Person, library: Library) -> Any:
    variables = {"g": str(library.guild_id), "q": str(library.question_id)}
    return (await moderator.data(RECORD, **variables))["guild"]["question"]


async def test_a_moderator_reads_how_an_answer_came_about(
    moderator: Person, library: Library, database: Database
) -> None:
    document = str(library.document_id)
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text(
                "UPDATE questions SET model = 'm', evidence = 0.5, record = jsonb_build_object("
                "'passages', jsonb_build_array(jsonb_build_object('chunk_id', 7, 'document_id',"
                " CAST(:document AS text), 'title', 'Adding', 'location', 'page 1', 'score', 0.25,"
                " 'used', true)), 'left_out', 2, 'turns', jsonb_build_array('Before?'),"
                " 'rewritten', 'How do I add a file?', 'gate', jsonb_build_object('mode', 'strict',"
                " 'least', 0.5), 'prompt_version', 3, 'prompt_tokens', 900, 'written_tokens', 40,"
                " 'done_reason', 'stop', 'checked', jsonb_build_object('sentences', 4,"
                " 'supported', 3), 'fallback', 'unsupported') WHERE id = :question"
            ),
            {"document": document, "question": library.question_id},
        )
    told = await _record(moderator, library)
    assert (told["fallback"], told["isCached"]) == ("UNSUPPORTED", False)
    passage = {"title": "Adding", "location": "page 1", "score": 0.25, "used": True}
    assert told["record"] == {
        "model": "m",
        "evidence": 0.5,
        "gate": "STRICT",
        "leastEvidence": 0.5,
        "passages": [passage | {"documentId": document}],
        "leftOut": 2,
        "turns": ["Before?"],
        "rewritten": "How do I add a file?",
        "promptVersion": "3",
        "promptTokens": 900,
        "writtenTokens": 40,
        "doneReason": "stop",
        "checkedSentences": 4,
        "supportedSentences": 3,
        "fallback": "UNSUPPORTED",
        "cachedFrom": None,
    }


async def test_an_answer_without_a_record_has_an_empty_one(
    moderator: Person, library: Library
) -> None:
    record = (await _record(moderator, library))["record"]
    assert (record["passages"], record["turns"]) == ([], [])
    assert {record[name] for name in ("model", "gate", "promptVersion", "cachedFrom")} == {None}


async def test_a_reason_that_only_a_newer_worker_knows_is_left_out(
    moderator: Person, library: Library, database: Database
) -> None:
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text(
                'UPDATE questions SET record = \'{"fallback": "tides", "cached_from":'
                ' "7f2c"}\' WHERE id = :id'
            ),
            {"id": library.question_id},
        )
    told = await _record(moderator, library)
    assert (told["fallback"], told["isCached"]) == (None, True)
