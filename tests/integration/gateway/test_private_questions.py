"""What was asked privately in Discord is its asker's alone, on the dashboard as well."""

import pytest
from sqlalchemy import text

from db.session import Database
from tests.integration.gateway.conftest import Library, Person

LIST = "query($g:ID!){guild(id:$g){questions{totalCount nodes{id}}}}"
ONE = "query($g:ID!,$q:ID!){guild(id:$g){question(id:$q){id}}}"
BY_INTERACTION = "query($g:ID!,$i:ID!){guild(id:$g){questionByInteraction(interactionId:$i){id}}}"
STOP = "mutation($g:ID!,$q:ID!){stopQuestion(guildId:$g,questionId:$q){id}}"


@pytest.fixture
async def asked_privately(library: Library, database: Database, member: Person) -> Library:
    viewer = (await member.data("{viewer{id}}"))["viewer"]["id"]
    values = {"question": library.question_id, "asker": int(viewer)}
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text("UPDATE interactions SET is_private = true WHERE question_id = :question"), values
        )
        await session.execute(
            text("UPDATE questions SET asked_by = :asker WHERE id = :question"), values
        )
    return library


async def _seen(person: Person, library: Library) -> list[bool]:
    """Return whether a person sees the question: in the list, by itself, and by its interaction."""
    guild, question = str(library.guild_id), str(library.question_id)
    listed = (await person.data(LIST, g=guild))["guild"]["questions"]
    one = (await person.data(ONE, g=guild, q=question))["guild"]["question"]
    told = await person.data(BY_INTERACTION, g=guild, i=str(library.interaction_id))
    assert listed["totalCount"] == len(listed["nodes"])
    return [bool(listed["nodes"]), one is not None, bool(told["guild"]["questionByInteraction"])]


async def test_only_its_asker_sees_a_private_question(
    asked_privately: Library, member: Person, moderator: Person
) -> None:
    assert await _seen(member, asked_privately) == [True, True, True]
    assert await _seen(moderator, asked_privately) == [False, False, False]


async def test_nobody_else_watches_or_stops_a_private_question(
    asked_privately: Library, member: Person, moderator: Person
) -> None:
    guild, question = asked_privately.guild_id, asked_privately.question_id
    path = f"/api/guilds/{guild}/questions/{question}/events"
    assert (await moderator.http.get(path, headers=moderator.headers)).status_code == 404
    assert (await member.http.get(path, headers=member.headers)).status_code == 200
    refused = await moderator.error(STOP, g=str(guild), q=str(question))
    assert refused["code"] == "not_found"
