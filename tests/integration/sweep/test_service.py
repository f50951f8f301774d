from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.clients import Clients
from functions.runtime.settings import Settings
from functions.sweep.main import build

TICK = {
    "ce-id": "1",
    "ce-source": "/apis/v1/namespaces/lorekeeper/pingsources/sweep",
    "ce-type": "dev.knative.sources.ping",
    "ce-specversion": "1.0",
}
ASK = (
    "INSERT INTO questions (guild_id, text, origin, next_attempt_at)"
    " VALUES (:guild, 'why?', 'cli', now() + make_interval(secs => :due)) RETURNING id"
)
ADD = (
    "WITH document AS (INSERT INTO documents (guild_id, title, source_name, origin)"
    " VALUES (:guild, 'a', 'a', 'discord') RETURNING id)"
    " INSERT INTO document_versions (guild_id, document_id, number, size_bytes, status,"
    " next_attempt_at) SELECT :guild, id, 1, 1, :status, now() FROM document RETURNING id"
)
INTERACTION = (
    "INSERT INTO interactions (id, guild_id, application_id, token, expires_at, delivered_at,"
    " version_id) VALUES (:guild, :guild, 1, 'sealed', now() + make_interval(mins => :minutes),"
    " {told}, :version)"
)


class Broker:
    """Takes every event and remembers it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(202)

    @property
    def subjects(self) -> list[str]:
        return [request.headers["ce-subject"] for request in self.requests]


@pytest.fixture
def broker() -> Broker:
    return Broker()


async def _post(
    database: Database, broker: Broker, path: str, headers: dict[str, str]
) -> httpx.Response:
    settings = Settings(event_sink="http://broker/lorekeeper/default")
    async with httpx.AsyncClient(transport=httpx.MockTransport(broker)) as http:
        clients = Clients(settings, name="sweep", http=http, database=database)
        transport = httpx.ASGITransport(build(clients))
        async with httpx.AsyncClient(transport=transport, base_url="http://sweep") as caller:
            return await caller.post(path, headers=headers)


async def _ask(database: Database, guild_id: int, due: float) -> UUID:
    async with database.guild(guild_id) as session:
        values = {"guild": guild_id, "due": due}
        row_id: UUID = (await session.execute(text(ASK), values)).scalar_one()
    return row_id


async def test_overdue_work_of_any_guild_is_woken_once_a_minute(
    database: Database, guild_id: int, broker: Broker
) -> None:
    overdue = await _ask(database, guild_id, -1)
    fresh = await _ask(database, guild_id, 20)
    first = await _post(database, broker, "/", TICK)
    await _post(database, broker, "/", TICK)
    assert first.status_code == 204
    assert broker.subjects.count(str(overdue)) == 1
    assert str(fresh) not in broker.subjects


async def test_work_somebody_holds_is_left_alone(
    database: Database, guild_id: int, broker: Broker
) -> None:
    held = await _ask(database, guild_id, -1)
    async with database.guild(guild_id) as session:
        await session.execute(
            text("UPDATE questions SET lease_expires_at = now() + interval '30 s' WHERE id = :id"),
            {"id": held},
        )
    await _post(database, broker, "/", TICK)
    assert str(held) not in broker.subjects


async def test_work_that_kills_its_workers_is_ended_with_a_reason(
    database: Database, guild_id: int, broker: Broker
) -> None:
    hopeless = await _ask(database, guild_id, 20)
    async with database.guild(guild_id) as session:
        await session.execute(
            text("UPDATE questions SET starts = 10 WHERE id = :i"), {"i": hopeless}
        )
    await _post(database, broker, "/", TICK)
    async with database.guild(guild_id) as session:
        row = await session.execute(
            text("SELECT status, failure_reason FROM questions WHERE id = :id"), {"id": hopeless}
        )
    status, reason = row.one()
    assert status == "failed"
    assert "Ask it again" in reason


async def test_an_expired_interaction_token_is_forgotten(
    database: Database, guild_id: int, broker: Broker
) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text(
                "INSERT INTO interactions (id, guild_id, application_id, token, expires_at)"
                " VALUES (:guild, :guild, 1, 'sealed', now() - interval '1 second')"
            ),
            {"guild": guild_id},
        )
    await _post(database, broker, "/", TICK)
    async with database.guild(guild_id) as session:
        token = await session.execute(
            text("SELECT token FROM interactions WHERE id = :guild"), {"guild": guild_id}
        )
    assert token.scalar_one() is None


@pytest.mark.parametrize(
    ("headers", "remark"),
    [
        ({**TICK, "ce-id": "dead-1", "ce-knativeerrorcode": "500"}, "an event"),
        ({"content-type": "text/plain"}, "no event at all"),
    ],
)
async def test_a_dead_letter_is_always_acknowledged(
    database: Database, broker: Broker, headers: dict[str, str], remark: str
) -> None:
    answer = await _post(database, broker, "/dead-letters", headers)
    assert answer.status_code == 204, remark


async def test_a_dead_letter_nobody_came_for_is_forgotten(
    database: Database, broker: Broker
) -> None:
    async with database.transaction() as session:
        for name, days in (("kept", 89), ("forgotten", 91)):
            await session.execute(
                text(
                    "INSERT INTO dead_letters (source, event_id, type, received_at)"
                    " VALUES ('season', :name, 'x', now() - make_interval(days => :days))"
                ),
                {"name": name, "days": days},
            )
    await _post(database, broker, "/", TICK)
    async with database.transaction() as session:
        left = text("SELECT event_id FROM dead_letters WHERE source = 'season'")
        assert (await session.scalars(left)).all() == ["kept"]


async def test_a_dead_letter_is_kept_once(database: Database, broker: Broker) -> None:
    headers = {**TICK, "ce-id": "dead-2", "ce-knativeerrorcode": "400"}
    await _post(database, broker, "/dead-letters", headers)
    await _post(database, broker, "/dead-letters", headers)
    async with database.transaction() as session:
        codes = await session.execute(
            text("SELECT error_code FROM dead_letters WHERE event_id = 'dead-2'")
        )
    assert codes.scalars().all() == ["400"]


@pytest.mark.parametrize(
    ("told", "minutes", "status", "times", "remark"),
    [
        ("NULL", 15, "ready", 1, "a worker stopped before it could tell"),
        ("NULL", 15, "dead", 1, "the sweep itself gave it up"),
        ("now()", 15, "ready", 0, "the moderator knows"),
        ("NULL", 0, "ready", 0, "the token has expired: nobody can be told"),
    ],
)
async def test_an_outcome_nobody_was_told_of_is_woken(
    database: Database,
    guild_id: int,
    broker: Broker,
    *,
    told: str,
    minutes: int,
    status: str,
    times: int,
    remark: str,
) -> None:
    version = await _added_in_discord(database, guild_id, told, minutes, status)
    await _post(database, broker, "/", TICK)
    await _post(database, broker, "/", TICK)
    assert broker.subjects.count(str(version)) == times, remark


async def _added_in_discord(
    database: Database, guild_id: int, told: str, minutes: int, status: str
) -> UUID:
    values = {"guild": guild_id, "minutes": minutes, "status": status}
    async with database.guild(guild_id) as session:
        version: UUID = (await session.execute(text(ADD), values)).scalar_one()
        statement = INTERACTION.format(told=told)
        await session.execute(text(statement), {**values, "version": version})
    return version


PAGE = (
    "WITH document AS (INSERT INTO documents (guild_id, title, source_name, source_url, origin,"
    " refresh_seconds, next_refresh_at) VALUES (:guild, 'a', 'http://a.example/',"
    " 'http://a.example/', :origin, :every, now() + make_interval(secs => :due)) RETURNING id)"
    " INSERT INTO document_versions (guild_id, document_id, number, size_bytes, status,"
    " status_reason, attempts, next_attempt_at) SELECT :guild, id, 1, :size, :status, 'why', 5,"
    " now() + interval '1 hour' FROM document RETURNING id"
)
VERSIONS = "SELECT id, number, status, status_reason, fetch_url FROM document_versions"


async def _page(database: Database, guild_id: int, **values: object) -> UUID:
    usual = {"origin": "url", "every": 3600, "due": -1, "size": 9, "status": "ready"}
    async with database.guild(guild_id) as session:
        added = await session.execute(text(PAGE), {"guild": guild_id, **usual, **values})
        version: UUID = added.scalar_one()
    return version


async def test_a_page_that_is_due_is_fetched_again_once(
    database: Database, guild_id: int, broker: Broker
) -> None:
    await _page(database, guild_id)
    await _post(database, broker, "/", TICK)
    await _post(database, broker, "/", TICK)
    async with database.guild(guild_id) as session:
        versions = (await session.execute(text(f"{VERSIONS} ORDER BY number"))).all()
        hours = await session.scalar(
            text("SELECT extract(epoch FROM next_refresh_at - now()) / 3600 FROM documents")
        )
    assert [(row.number, row.status) for row in versions] == [(1, "ready"), (2, "received")]
    assert versions[1].fetch_url == "http://a.example/"
    assert broker.subjects.count(str(versions[1].id)) == 1
    assert 0.9 < float(hours or 0) <= 1


async def test_a_page_that_could_not_be_fetched_is_tried_anew_in_its_row(
    database: Database, guild_id: int, broker: Broker
) -> None:
    version = await _page(database, guild_id, status="failed", size=0)
    await _post(database, broker, "/", TICK)
    async with database.guild(guild_id) as session:
        row = (await session.execute(text(VERSIONS))).one()
    assert (row.id, row.status, row.status_reason) == (version, "received", None)
    assert broker.subjects.count(str(version)) == 1


async def test_a_page_without_a_rhythm_is_due_once(
    database: Database, guild_id: int, broker: Broker
) -> None:
    await _page(database, guild_id, every=None)
    await _post(database, broker, "/", TICK)
    async with database.guild(guild_id) as session:
        assert len((await session.execute(text(VERSIONS))).all()) == 2
        assert await session.scalar(text("SELECT next_refresh_at FROM documents")) is None


@pytest.mark.parametrize(
    ("values", "remark"),
    [
        ({"due": 60}, "not yet due"),
        ({"status": "processing"}, "being read at this moment"),
        ({"status": "received"}, "waiting to be read"),
        ({"origin": "discord"}, "a message of Discord, which is no page"),
    ],
)
async def test_what_is_not_due_stays(
    database: Database, guild_id: int, broker: Broker, values: dict[str, object], remark: str
) -> None:
    await _page(database, guild_id, **values)
    await _post(database, broker, "/", TICK)
    async with database.guild(guild_id) as session:
        assert len((await session.execute(text(VERSIONS))).all()) == 1, remark


async def test_whose_turn_it_is_at_the_model_is_woken_though_nobody_said_so(
    database: Database, owner_url: str, guild_id: int, broker: Broker, empty_queue: None
) -> None:
    owner = await asyncpg.connect(owner_url)
    first, second = [await _ask(database, guild_id, 60) for _ in range(2)]
    for round_, waiting in enumerate((first, second)):
        await owner.execute(
            "INSERT INTO model_turns (question_id, guild_id, round) VALUES ($1, $2, $3)",
            waiting,
            guild_id,
            round_,
        )
    await _post(database, broker, "/", TICK)
    assert broker.subjects.count(str(first)) == 1
    assert str(second) not in broker.subjects
    # Somebody has taken it up.
    await owner.execute(
        "UPDATE questions SET lease_id = id, lease_expires_at = now() + interval '30 seconds'"
        " WHERE id = $1",
        first,
    )
    await _post(database, broker, "/", TICK)
    assert broker.subjects.count(str(first)) == 1
    await owner.close()
