"""What can be changed: a question asked, a document read again or deleted."""

from uuid import UUID

import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.events import DOCUMENT_UPLOADED, QUESTION_ASKED
from tests.integration.gateway.conftest import Broker, Library, Person, set_version


async def test_a_question_is_stored_before_it_is_told_of(
    member: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    data = await member.data(
        """mutation($g:ID!){ask(guildId:$g,text:"  How do I add\\u0000knowledge?  ")
        {id text status origin citations{number} deliveredAt}}""",
        g=str(guild_id),
    )
    asked = data["ask"]
    question_id = asked.pop("id")
    assert asked == {
        "text": "How do I add knowledge?",
        "status": "ASKED",
        "origin": "dashboard",
        "citations": [],
        "deliveredAt": None,
    }
    assert broker.told() == [(QUESTION_ASKED, {"question_id": question_id})]
    assert broker.events[0].headers["ce-id"] == question_id
    async with database.guild(guild_id) as session:
        row = (await session.execute(text("SELECT asked_by, status FROM questions"))).one()
    assert tuple(row) == (member.user_id, "asked")


@pytest.mark.parametrize(
    ("words", "origin"),
    [
        pytest.param("", "dashboard", id="nothing"),
        pytest.param(" \x00 ", "dashboard", id="nothing that can be read"),
        pytest.param("x" * 2001, "dashboard", id="too much"),
        pytest.param("why?", "discord", id="an origin that is not ours to claim"),
    ],
)
async def test_a_question_that_cannot_be_asked_is_refused_and_not_stored(
    member: Person, guild_id: int, database: Database, broker: Broker, words: str, origin: str
) -> None:
    error = await member.error(
        "mutation($g:ID!,$t:String!,$o:String!){ask(guildId:$g,text:$t,origin:$o){id}}",
        g=str(guild_id),
        t=words,
        o=origin,
    )
    assert error["code"] == "invalid_request"
    assert broker.events == []
    async with database.guild(guild_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM questions")) == 0


RETRY = "mutation($g:ID!,$d:ID!){retryDocument(guildId:$g,documentId:$d){status statusReason}}"
DELETE = "mutation($g:ID!,$d:ID!){deleteDocument(guildId:$g,documentId:$d)}"


@pytest.mark.parametrize("status", ["failed", "dead"])
async def test_a_retried_document_starts_over(
    moderator: Person, library: Library, database: Database, broker: Broker, status: str
) -> None:
    await set_version(
        database, library, status=status, status_reason="Broken.", attempts=5, starts=50
    )
    target = {"g": str(library.guild_id), "d": str(library.document_id)}
    data = await moderator.data(RETRY, **target)
    assert data["retryDocument"] == {"status": "RECEIVED", "statusReason": None}
    assert broker.told() == [(DOCUMENT_UPLOADED, {"version_id": str(library.version_id)})]
    # Knative drops an event whose id it has seen: a second wake-up needs one of its own.
    assert broker.events[0].headers["ce-id"] != str(library.version_id)
    async with database.guild(library.guild_id) as session:
        row = await session.execute(
            text(
                "SELECT attempts, starts, lease_id, next_attempt_at > now() FROM document_versions"
            )
        )
    assert tuple(row.one()) == (0, 0, None, True)


async def test_a_document_that_did_not_fail_is_not_read_again(
    moderator: Person, library: Library, broker: Broker
) -> None:
    target = {"g": str(library.guild_id), "d": str(library.document_id)}
    assert (await moderator.data(RETRY, **target))["retryDocument"]["status"] == "READY"
    assert broker.events == []


async def test_a_deleted_document_takes_its_passages_and_leaves_the_answer(
    moderator: Person, library: Library, database: Database
) -> None:
    target = {"g": str(library.guild_id), "d": str(library.document_id)}
    assert await moderator.data(DELETE, **target) == {"deleteDocument": True}
    async with database.guild(library.guild_id) as session:
        for table, left in (("document_versions", 0), ("chunks", 0), ("citations", 1)):
            count = await session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert (table, count) == (table, left)
    assert (await moderator.error(DELETE, **target))["code"] == "not_found"


@pytest.mark.parametrize("mutation", [RETRY, DELETE])
@pytest.mark.parametrize("document_id", ["nonsense", str(UUID(int=4))])
async def test_changing_what_is_not_there_is_not_found(
    moderator: Person, guild_id: int, mutation: str, document_id: str
) -> None:
    assert await moderator.error(mutation, g=str(guild_id), d=document_id) == {
        "code": "not_found",
        "message": "There is nothing here under that name or id.",
    }


TAG = "mutation($g:ID!,$d:ID!,$t:[String!]!){setTags(guildId:$g,documentId:$d,tags:$t){tags}}"


async def test_a_document_is_filed_under_tags_in_one_spelling(
    moderator: Person, library: Library
) -> None:
    target = {"g": str(library.guild_id), "d": str(library.document_id)}
    tagged = await moderator.data(TAG, **target, t=[" Guide", "guide", "How  to", "", "\u200bx"])
    assert tagged["setTags"]["tags"] == ["guide", "how to", "x"]
    assert (await moderator.data(TAG, **target, t=[]))["setTags"]["tags"] == []


@pytest.mark.parametrize("tags", [["x" * 41], [str(number) for number in range(21)]])
async def test_too_long_and_too_many_tags_are_refused(
    moderator: Person, library: Library, tags: list[str]
) -> None:
    target = {"g": str(library.guild_id), "d": str(library.document_id)}
    assert (await moderator.error(TAG, **target, t=tags))["code"] == "invalid_request"
