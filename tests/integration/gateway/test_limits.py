"""What is too much: depth, aliases, tokens, bodies, and requests a minute."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text

from db.session import Database
from functions.runtime.clients import Clients
from gateway import rate_limits
from gateway.main import build
from gateway.rate_limits import Budget, BudgetSpentError
from tests.integration.gateway.conftest import HEADER, Person

DOUBLING = " ".join(f"fragment f{n} on Viewer{{...f{n + 1} ...f{n + 1}}}" for n in range(60))


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """What reaches the database while the test runs."""
    seen: list[str] = []
    engine = database._engine.sync_engine

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


EXCESS = [
    pytest.param("{viewer{...a}}fragment a on Viewer{...b}fragment b on Viewer{...a}", id="circle"),
    pytest.param("{viewer" * 1000, id="a thousand deep"),
    pytest.param(f"{'{viewer' * 12}{{id}}{'}' * 12}", id="twelve deep"),
    pytest.param(
        "{" + " ".join(f"a{n}:viewer{{id}}" for n in range(16)) + "}", id="sixteen aliases"
    ),
    pytest.param(
        "{" + " ".join(f"a{n}:viewer{{...f}}" for n in range(4)) + "}"
        "fragment f on Viewer{b:id c:id d:name e:name}",
        id="aliases multiplied by a fragment",
    ),
    pytest.param(
        f"{{viewer{{...f0}}}}{DOUBLING}fragment f60 on Viewer{{a:id}}",
        id="aliases doubled sixty times",
    ),
    pytest.param("{viewer{" + "id " * 251 + "}}", id="more fields than anybody needs"),
    pytest.param("{viewer{" + "id " * 1000 + "}}", id="a thousand tokens"),
    pytest.param("{viewer{name}", id="unfinished"),
    pytest.param("", id="nothing"),
    pytest.param("subscription{viewer{id}}", id="a kind we have not"),
    pytest.param("fragment a on Viewer{id}", id="nothing to carry out"),
    pytest.param('{guild(id:"1"){documents{nodes{passages{text nodes}}}}}', id="no such field"),
]


@pytest.mark.parametrize("query", EXCESS)
async def test_excess_is_refused_before_any_statement_runs(
    member: Person, statements: list[str], query: str
) -> None:
    answer = await member.post(query)
    assert answer.status_code == 400
    assert "data" not in answer.json()
    assert statements == []


async def test_sixty_doublings_without_aliases_are_measured_in_no_time(member: Person) -> None:
    query = f"{{viewer{{...f0}}}}{DOUBLING}fragment f60 on Viewer{{id}}"
    data = await asyncio.wait_for(member.data(query), timeout=30)
    assert data["viewer"]["id"] == str(member.user_id)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'[{"query": "{viewer{id}}"}]', 400, id="a batch"),
        pytest.param(b"{", 400, id="no JSON"),
        pytest.param(b'{"query": 1}', 400, id="a query that is no text"),
        pytest.param(b'{"query": "{viewer{id}}", "variables": []}', 400, id="a list of variables"),
        pytest.param(b'{"query": "\\ud800"}', 400, id="a lone surrogate"),
        pytest.param(b'{"query":' + b"[" * 30_000, 400, id="nested without end"),
        pytest.param(b'{"query": "' + b" " * 70_000 + b'"}', 413, id="a body too large"),
    ],
)
async def test_a_body_that_is_no_operation_is_refused(
    member: Person, statements: list[str], body: bytes, status: int
) -> None:
    answer = await member.http.post(
        "/graphql", content=body, headers=member.headers | {"content-type": "application/json"}
    )
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert statements == []


ASK = 'mutation{ask(guildId:"%s",text:"why?"){id}}'


def _text(query: str) -> dict[str, Any]:
    body = json.dumps({"query": query})
    return {"content": body, "headers": {"content-type": "text/plain"}}


@pytest.mark.parametrize(
    ("method", "options"),
    [
        pytest.param("GET", lambda query: {"params": {"query": query}}, id="GET"),
        pytest.param("POST", lambda query: {"params": {"query": query}}, id="an empty POST"),
        pytest.param("POST", lambda query: {"data": {"query": query}}, id="a form"),
        pytest.param("POST", lambda query: {"files": {"query": (None, query)}}, id="multipart"),
        pytest.param("POST", _text, id="text"),
    ],
)
async def test_what_a_form_of_a_foreign_page_can_send_has_no_effect(
    member: Person,
    guild_id: int,
    database: Database,
    method: str,
    options: Callable[[str], dict[str, Any]],
) -> None:
    cookie = {"cookie": f"lore_session={member.token}"}
    sent = options(ASK % guild_id)
    for extra in (cookie, cookie | HEADER):
        headers = extra | sent.get("headers", {})
        answer = await member.http.request(method, "/graphql", **sent | {"headers": headers})
        assert 400 <= answer.status_code < 500
    async with database.guild(guild_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM questions")) == 0


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        pytest.param("{viewr{id}}", {}, id="a root field"),
        pytest.param("{viewer{nam}}", {}, id="a field"),
        pytest.param('{guild(idd:"1"){id}}', {}, id="an argument"),
        pytest.param("{viewer{...a}} fragment a on Viewr{id}", {}, id="a type"),
        pytest.param("query($g:IDD!){guild(id:$g){id}}", {"g": "1"}, id="a variable's type"),
        pytest.param("{__schema{types{name}}}", {}, id="the schema itself"),
        pytest.param('{__type(name:"Document"){fields{name}}}', {}, id="one type of it"),
    ],
)
async def test_production_hides_its_schema(
    production: httpx.AsyncClient, query: str, variables: dict[str, str]
) -> None:
    answer = await production.post(
        "/graphql", json={"query": query, "variables": variables}, headers=HEADER
    )
    assert answer.status_code == 400
    assert "Did you mean" not in answer.text
    assert answer.json()["errors"]


async def test_a_variable_of_the_wrong_kind_is_the_callers_mistake(member: Person) -> None:
    error = await member.error(
        'query($n:Int!){guild(id:"1"){documents(first:$n){totalCount}}}', n="many"
    )
    assert error["code"] == "invalid_request"


async def test_our_own_mistakes_are_not_described(
    member: Person,
    library: object,
    guild_id: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("gateway.service.documents", fail)
    answer = await member.post(f'{{guild(id:"{guild_id}"){{documents{{totalCount}}}}}}')
    assert answer.json()["errors"][0]["extensions"] == {"code": "internal"}
    assert "hunter2" not in answer.text
    assert [record.getMessage() for record in caplog.records] == ["field failed"]


async def test_a_lost_database_is_said_to_be_one(clients: Clients) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    lost = Clients(clients.settings, name="gateway", http=clients.http, database=nowhere)
    transport = httpx.ASGITransport(app=build(lost))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        signed_in = await http.post("/auth/development")
        headers = HEADER | {"authorization": f"Bearer {'x' * 43}"}
        told = await http.post("/graphql", json={"query": "{viewer{id}}"}, headers=headers)
    await nowhere.close()
    assert (signed_in.status_code, signed_in.json()["error"]["code"]) == (503, "unavailable")
    assert (told.status_code, told.json()["errors"][0]["extensions"]["code"]) == (
        503,
        "unavailable",
    )


@pytest.fixture
async def replicas(clients: Clients, app_url: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Four gateways on one database."""
    databases = [Database(app_url, pool_size=2) for _ in range(4)]
    yield [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(
                app=build(
                    Clients(clients.settings, name="gateway", http=clients.http, database=database)
                )
            ),
            base_url="http://localhost",
        )
        for database in databases
    ]
    for database in databases:
        await database.close()


async def test_four_replicas_share_one_budget_whatever_the_headers_say(
    replicas: list[httpx.AsyncClient], member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "LOCAL_READS", Budget(name="few", limit=30, seconds=3600))

    async def call(number: int) -> httpx.Response:
        address = {"x-forwarded-for": f"10.0.0.{number}", "forwarded": f"for=10.0.0.{number}"}
        return await replicas[number % 4].post(
            "/graphql", json={"query": "{viewer{id}}"}, headers=member.headers | address
        )

    answers = await asyncio.gather(*(call(number) for number in range(120)))
    assert [answer.status_code for answer in answers].count(200) == 30
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["errors"][0]["extensions"] == {"code": "rate_limited"}
    assert 1 <= int(refused.headers["retry-after"]) <= 3600


async def test_aliases_pay_each_for_themselves(
    member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "LOCAL_READS", Budget(name="aliases", limit=20, seconds=3600))
    aliased = "{" + " ".join(f"a{n}:viewer{{id}}" for n in range(12)) + "}"
    assert (await member.post(aliased)).status_code == 200
    assert (await member.post(aliased)).status_code == 429


async def test_asking_has_a_budget_of_its_own(
    member: Person, guild_id: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "LOCAL_ASKS", Budget(name="ask-twice", limit=2, seconds=3600))
    twice = 'mutation{a:ask(guildId:"%s",text:"a"){id} b:ask(guildId:"%s",text:"b"){id}}'
    assert (await member.post(twice % (guild_id, guild_id))).status_code == 200
    assert (await member.post(ASK % guild_id)).status_code == 429
    assert (await member.post("{viewer{id}}")).status_code == 200
    async with database.guild(guild_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM questions")) == 2


async def test_a_script_on_the_laptop_may_sign_in_and_ask_more_than_once_a_second(
    http: httpx.AsyncClient, clients: Clients, database: Database
) -> None:
    asks = rate_limits.asks_budget(clients.settings)
    for _ in range(70):
        answer = await http.post("/auth/development", json={}, headers=HEADER)
        assert answer.status_code == 200
        await rate_limits.charge(database, asks, principal="script")


async def test_a_refusal_spends_nothing(database: Database) -> None:
    budget = Budget(name="frugal", limit=10, seconds=3600)
    await rate_limits.charge(database, budget, principal="one", cost=8)
    for _ in range(3):
        with pytest.raises(BudgetSpentError):
            await rate_limits.charge(database, budget, principal="one", cost=3)
    await rate_limits.charge(database, budget, principal="one", cost=2)
    await rate_limits.charge(database, budget, principal="other", cost=10)


async def test_the_window_before_counts_by_the_share_still_covered(database: Database) -> None:
    # Ten years: no turn of the window falls between the two looks at the clock.
    seconds = 10 * 365 * 24 * 3600
    budget = Budget(name="sliding", limit=100, seconds=seconds)
    async with database.transaction() as session:
        left = await session.scalar(
            text(
                "INSERT INTO rate_counters (principal, window_start, spent) SELECT 'sliding:one',"
                " to_timestamp((floor(now / :seconds) - 1) * :seconds), 100"
                " FROM (SELECT extract(epoch FROM clock_timestamp()) AS now)"
                " RETURNING 1 - mod(extract(epoch FROM clock_timestamp()), :seconds) / :seconds"
            ),
            {"seconds": seconds},
        )
    free = 100 - int(100 * float(left or 0))
    with pytest.raises(BudgetSpentError):
        await rate_limits.charge(database, budget, principal="one", cost=min(100, free + 2))
    if free > 1:
        await rate_limits.charge(database, budget, principal="one", cost=free - 1)


async def test_uploads_have_a_budget(
    moderator: Person, guild_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "LOCAL_UPLOADS", Budget(name="two", limit=2, seconds=3600))
    codes = [(await moderator.upload(guild_id, b"x")).status_code for _ in range(3)]
    assert codes == [202, 200, 429]
