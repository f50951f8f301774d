"""Signing in and out, and what a foreign page may make a browser do: nothing."""

from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.clients import Clients
from gateway.authentication import COOKIE, token_hash
from gateway.development import DEVELOPMENT_GUILD_ID, DEVELOPMENT_GUILD_NAME
from gateway.main import build
from tests.integration.gateway.conftest import HEADER, SETTINGS, Person

VIEWER = {"query": "{viewer{id name guilds{id name role}}}"}
LOCAL_GUILD = {
    "id": str(DEVELOPMENT_GUILD_ID),
    "name": DEVELOPMENT_GUILD_NAME,
    "role": "ADMINISTRATOR",
}


async def _sign_in(http: httpx.AsyncClient, **options: Any) -> httpx.Response:
    return await http.post("/auth/development", **options)


async def test_the_developer_signs_in_as_administrator_of_the_local_library(
    http: httpx.AsyncClient,
) -> None:
    answer = await _sign_in(http)
    assert answer.status_code == 200
    viewer = answer.json()["viewer"]
    assert (viewer["id"], viewer["name"]) == ("1", "Developer")
    # Servers that asked meanwhile may stand beside it.
    assert LOCAL_GUILD in viewer["guilds"]
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/", "2592000"))
    assert "Secure" not in cookie
    bearer = HEADER | {"authorization": f"Bearer {answer.json()['token']}"}
    for headers in (HEADER, bearer):
        told = await http.post("/graphql", json=VIEWER, headers=headers)
        assert told.json()["data"]["viewer"] == viewer


async def test_only_the_hash_of_a_token_is_kept(
    http: httpx.AsyncClient, database: Database
) -> None:
    token = (await _sign_in(http)).json()["token"]
    assert len(token) == 43
    async with database.transaction(session=token_hash(token)) as session:
        row = (await session.execute(text("SELECT token_hash, sessions::text FROM sessions"))).one()
    assert row.token_hash.hex() == token_hash(token)
    assert token not in row.sessions


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param(b'{"name": "Ada"}', "Ada", id="a name"),
        pytest.param(b'{"name": " \\u0000\\u202eAda "}', "Ada", id="nothing invisible"),
        pytest.param(b'{"name": ""}', "Developer", id="an empty name"),
        pytest.param(b'{"name": "' + b"x" * 200 + b'"}', "x" * 80, id="a long name is cut"),
    ],
)
async def test_a_name_may_be_given(http: httpx.AsyncClient, body: bytes, name: str) -> None:
    assert (await _sign_in(http, content=body)).json()["viewer"]["name"] == name


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"name": 1}', b"\xff"])
async def test_a_body_of_another_form_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await _sign_in(http, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"


async def test_nobody_signs_in_as_developer_in_production(production: httpx.AsyncClient) -> None:
    for host in ("lore.example", "localhost"):
        answer = await _sign_in(production, headers={"host": host})
        assert answer.status_code == 403
        assert "LORE_ENV=development" in answer.json()["error"]["message"]
    assert (await production.get("/auth/methods")).json() == {"methods": []}


async def test_the_methods_are_told(http: httpx.AsyncClient) -> None:
    assert (await http.get("/auth/methods")).json() == {"methods": ["development"]}


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:9", "[::1]:8080", "LOCALHOST"]
)
async def test_this_machine_goes_by_several_names(http: httpx.AsyncClient, host: str) -> None:
    assert (await _sign_in(http, headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "remark"),
    [
        ({"host": "tunnel.example"}, "the public address, which a tunnel gives to everybody"),
        ({"host": "localhost", "x-forwarded-for": "203.0.113.9"}, "a tunnel that renames the host"),
        ({"host": "localhost", "forwarded": "for=203.0.113.9"}, "the standard's way to say so"),
        ({"host": "localhost", "via": "1.1 proxy"}, "an older way"),
        ({"host": "localhost", "origin": "https://tunnel.example"}, "a proxy that tells nothing"),
        ({"host": "localhost", "origin": "http://["}, "no address at all"),
        ({"host": "localhost", "origin": "null"}, "a page that hides where it is"),
    ],
)
async def test_nobody_signs_in_as_developer_through_a_tunnel(
    clients: Clients, database: Database, headers: dict[str, str], remark: str
) -> None:
    settings = msgspec.structs.replace(SETTINGS, public_url="https://tunnel.example")
    app = build(Clients(settings, name="gateway", http=clients.http, database=database))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as tunnelled:
        answer = await _sign_in(tunnelled, headers=headers)
    assert answer.status_code == 403, remark


MALFORMED_HOSTS = [
    "",
    " ",
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "evil.example#localhost",
    "localhost#.evil.example",
    "localhost/",
    "localhost/auth/methods",
    "localhost?x",
    "localhost\\evil.example",
    "localhost@evil.example",
    "evil.example@localhost",
    "localhost:8080:8080",
    "localhost:",
    "localhost:99999999",
    "localhost:http",
    "localhost,evil.example",
    "localhost evil.example",
    "[::1",
    "::1",
    "[::2]",
    "[localhost]",
    "127.1",
    "127.0.0.1.",
    "localhost.",
    "0x7f000001",
    "2130706433",
    "0.0.0.0",
    "//localhost",
    "http://localhost",
    "localhost%00",
    "%6cocalhost",
    "\tlocalhost",
]


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
async def test_a_name_rebound_to_this_machine_signs_nobody_in(
    http: httpx.AsyncClient, host: str
) -> None:
    answer = await _sign_in(http, headers={"host": host})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_two_host_headers_sign_nobody_in(http: httpx.AsyncClient) -> None:
    headers = [("host", "localhost"), ("host", "evil.example")]
    assert (await _sign_in(http, headers=headers)).status_code == 403


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
async def test_no_host_opens_a_guarded_door(anonymous: Person, guild_id: int, host: str) -> None:
    headers = HEADER | {"host": host}
    told = await anonymous.http.post("/graphql", json=VIEWER, headers=headers)
    upload = f"/api/guilds/{guild_id}/documents?name=a.md"
    stored = await anonymous.http.put(upload, content=b"words", headers=headers)
    assert (told.status_code, stored.status_code) == (401, 401)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://", ""]
)
async def test_a_foreign_page_neither_signs_in_nor_asks(
    http: httpx.AsyncClient, origin: str
) -> None:
    assert (await _sign_in(http, headers={"origin": origin})).status_code == 403
    await _sign_in(http)
    told = await http.post("/graphql", json=VIEWER, headers=HEADER | {"origin": origin})
    assert told.status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://localhost:5173"])
async def test_our_own_pages_may_ask(http: httpx.AsyncClient, origin: str) -> None:
    await _sign_in(http, headers={"origin": origin})
    told = await http.post("/graphql", json=VIEWER, headers=HEADER | {"origin": origin})
    assert told.status_code == 200


async def test_another_port_of_this_machine_is_foreign_in_production(
    production: httpx.AsyncClient,
) -> None:
    headers = HEADER | {"origin": "http://localhost:5173"}
    assert (await production.post("/graphql", json=VIEWER, headers=headers)).status_code == 403


async def test_a_cookie_without_our_header_changes_nothing(
    http: httpx.AsyncClient, database: Database
) -> None:
    token = (await _sign_in(http)).json()["token"]
    upload = f"/api/guilds/{DEVELOPMENT_GUILD_ID}/documents?name=foreign.md"
    for answer in (
        await http.post("/graphql", json=VIEWER),
        await http.put(upload, content=b"words"),
        await http.post("/auth/sign-out"),
    ):
        assert answer.status_code == 403
        assert "X-Lorekeeper" in answer.json()["error"]["message"]
    async with database.transaction(session=token_hash(token)) as session:
        assert await session.scalar(text("SELECT count(*) FROM sessions")) == 1
    async with database.guild(DEVELOPMENT_GUILD_ID) as session:
        named = "SELECT count(*) FROM documents WHERE source_name = 'foreign.md'"
        assert await session.scalar(text(named)) == 0


async def test_signing_out_ends_the_session_everywhere(http: httpx.AsyncClient) -> None:
    token = (await _sign_in(http)).json()["token"]
    bearer = HEADER | {"authorization": f"Bearer {token}"}
    answer = await http.post("/auth/sign-out", headers=HEADER)
    assert answer.status_code == 204
    assert COOKIE not in http.cookies
    assert (await http.post("/graphql", json=VIEWER, headers=bearer)).status_code == 401


async def test_signing_out_twice_harms_nobody(http: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await http.post("/auth/sign-out", headers=HEADER)).status_code == 204


async def test_the_cookie_is_for_https_alone_where_we_are(
    production: httpx.AsyncClient,
) -> None:
    answer = await production.post("/auth/sign-out", headers=HEADER)
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
