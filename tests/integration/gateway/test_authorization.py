"""Who may see which field: the whole schema, walked, for every kind of person."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import text

from db.session import Database
from gateway.authorization import RULES, SIGNED_IN
from gateway.operations import make_schema
from gateway.words import Role
from tests.integration.gateway.conftest import Library, Person

SCHEMA = make_schema(in_development=True)._schema
ARGUMENTS = {
    "Query.guild": "(id:$guild)",
    "Guild.document": "(id:$document)",
    "Guild.question": "(id:$question)",
    "Guild.questionByInteraction": "(interactionId:$interaction)",
    "Guild.conversation": "(id:$conversation)",
    "Mutation.ask": '(guildId:$guild,text:"why?")',
    "Mutation.stopQuestion": "(guildId:$guild,questionId:$question)",
    "Mutation.forgetConversation": "(guildId:$guild,conversation:$conversation)",
    "Mutation.setAnswerSettings": "(guildId:$guild,gate:STRICT)",
    "Mutation.retryDocument": "(guildId:$guild,documentId:$document)",
    "Mutation.retryFailedDocuments": "(guildId:$guild)",
    "Mutation.addAddress": '(guildId:$guild,url:"https://example.org/")',
    "Mutation.setRefresh": "(guildId:$guild,documentId:$document,hours:null)",
    "Mutation.setTags": '(guildId:$guild,documentId:$document,tags:["guide"])',
    "Mutation.deleteDocument": "(guildId:$guild,documentId:$document)",
}
VARIABLES = ("guild", "document", "question", "interaction", "conversation")
# What a member and a moderator hear of the row where the rule lets them through: an answer that
# has ended, to somebody else's question.
BY_ROW = {"Mutation.stopQuestion": ("forbidden", "conflict")}
NOWHERE = "123456789012345678"


def _object_types() -> dict[str, GraphQLObjectType]:
    return {
        name: kind
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
    }


def _paths() -> dict[str, tuple[str, ...]]:
    """Return, for each type, the fields that lead to it from a root."""
    paths: dict[str, tuple[str, ...]] = {"Query": ("query",), "Mutation": ("mutation",)}
    # What a query reaches is walked from there: a change needs a higher role to begin with.
    waiting = deque(["Query"])
    while waiting:
        name = waiting.popleft()
        for field_name, field in _object_types()[name].fields.items():
            target = get_named_type(field.type).name
            if target in _object_types() and target not in paths:
                paths[target] = (*paths[name], _call(name, field_name))
                waiting.append(target)
    return paths


def _call(kind: str, field: str) -> str:
    return field + ARGUMENTS.get(f"{kind}.{field}", "")


def _query(kind: str, name: str, field: GraphQLField) -> str:
    operation, *path = _paths()[kind]
    is_object = get_named_type(field.type).name in _object_types()
    text = _call(kind, name) + ("{__typename}" if is_object else "")
    for step in reversed(path):
        text = f"{step}{{{text}}}"
    used = ",".join(f"${one}:ID!" for one in VARIABLES if f"${one}" in text)
    return f"{operation}{f'({used})' if used else ''}{{{text}}}"


def _fields() -> Iterator[tuple[str, str]]:
    for kind_name, kind in _object_types().items():
        for name, field in kind.fields.items():
            yield f"{kind_name}.{name}", _query(kind_name, name, field)


FIELDS = dict(_fields())


def _variables(library: Library) -> dict[str, str]:
    return {
        "guild": str(library.guild_id),
        "document": str(library.document_id),
        "question": str(library.question_id),
        "interaction": str(library.interaction_id),
        "conversation": str(uuid4()),
    }


async def _code(person: Person, field: str, variables: dict[str, str]) -> str | None:
    answer = (await person.post(FIELDS[field], **variables)).json()
    errors = answer.get("errors")
    assert not errors or _is_withheld(answer), "what was refused was answered too"
    return errors[0]["extensions"]["code"] if errors else None


def _is_withheld(answer: dict[str, Any]) -> bool:
    """Tell whether the way to the field that was refused ends in null."""
    found = answer.get("data")
    for name in answer["errors"][0].get("path", []):
        if found is None:
            return True
        found = found[name]
    return found is None


def test_every_field_has_a_rule_and_every_rule_a_field() -> None:
    assert set(FIELDS) == set(RULES)


@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_answers_whom_its_rule_names_and_nobody_else(
    field: str,
    library: Library,
    anonymous: Person,
    stranger: Person,
    member: Person,
    moderator: Person,
) -> None:
    rule, variables = RULES[field], _variables(library)
    assert await _code(anonymous, field, variables) == "unauthenticated"
    elsewhere = None if rule == SIGNED_IN else "not_found"
    assert await _code(stranger, field, variables) == elsewhere
    foreign = await stranger.post(FIELDS[field], **variables)
    missing = await stranger.post(FIELDS[field], **variables | {"guild": NOWHERE})
    assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json())
    to_member, to_moderator = BY_ROW.get(field, (None, None))
    is_for_members = rule in {SIGNED_IN, Role.MEMBER}
    assert await _code(member, field, variables) == (to_member if is_for_members else "forbidden")
    is_for_moderators = is_for_members or rule is Role.MODERATOR
    told = await _code(moderator, field, variables)
    assert told == (to_moderator if is_for_moderators else "forbidden")


@pytest.mark.parametrize("guild", ["", "1e3", "-1", "٣", "9" * 30, "9" * 5000, "1 OR 1=1"])
async def test_an_id_that_is_none_is_a_missing_guild(member: Person, guild: str) -> None:
    error = await member.error("query($g:ID!){guild(id:$g){name}}", g=guild)
    assert error["code"] == "not_found"


async def test_a_field_without_a_rule_is_refused(
    member: Person, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = {field: rule for field, rule in RULES.items() if field != "Guild.name"}
    monkeypatch.setattr("gateway.authorization.RULES", forgotten)
    assert await _code(member, "Guild.name", _variables(library)) == "forbidden"
    assert await _code(member, "Document.status", _variables(library)) is None


async def test_who_leaves_a_guild_sees_nothing_of_it_from_the_next_request_on(
    moderator: Person, library: Library, database: Database
) -> None:
    assert await _code(moderator, "Document.title", _variables(library)) is None
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text("DELETE FROM memberships WHERE user_id = :user"), {"user": moderator.user_id}
        )
    assert await _code(moderator, "Document.title", _variables(library)) == "not_found"
    refused = await moderator.upload(library.guild_id, b"words")
    assert refused.status_code == 404


async def test_two_guilds_in_one_request_keep_their_own_rows(
    member: Person, stranger: Person, library: Library, database: Database
) -> None:
    own = str(library.guild_id)
    theirs = (await stranger.data("{viewer{guilds{id}}}"))["viewer"]["guilds"][0]["id"]
    async with database.guild(int(theirs)) as session:
        await session.execute(
            text("INSERT INTO memberships (guild_id, user_id, role) VALUES (:g, :u, 'member')"),
            {"g": int(theirs), "u": member.user_id},
        )
    data = await member.data(
        """query($a:ID!,$b:ID!,$d:ID!){a:guild(id:$a){document(id:$d){id} statistics{documents}}
        b:guild(id:$b){document(id:$d){id} statistics{documents}}}""",
        a=own,
        b=theirs,
        d=str(library.document_id),
    )
    assert data["a"] == {
        "document": {"id": str(library.document_id)},
        "statistics": {"documents": 1},
    }
    assert data["b"] == {"document": None, "statistics": {"documents": 0}}


async def test_an_expired_token_opens_nothing(member: Person, owner_url: str) -> None:
    import asyncpg  # noqa: PLC0415

    owner = await asyncpg.connect(owner_url)
    await owner.execute("UPDATE sessions SET expires_at = now() WHERE user_id = $1", member.user_id)
    await owner.close()
    assert (await member.error("{viewer{name}}"))["code"] == "unauthenticated"


async def test_a_made_up_token_opens_nothing(anonymous: Person) -> None:
    for token in ("x", "x" * 43, "x" * 100_000, "é", "a b"):
        invented = replace(anonymous, token=token)
        if token.isascii():
            assert (await invented.error("{viewer{name}}"))["code"] == "unauthenticated"
