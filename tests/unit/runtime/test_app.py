import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from functions.runtime.app import create_app, event_route, read_body
from functions.runtime.errors import ConflictError, UnavailableError
from functions.runtime.events import Event

EVENT = {"ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-specversion": "1.0"}


async def _conflict(_: Request) -> Response:
    raise ConflictError


async def _defect(_: Request) -> Response:
    raise ValueError("the password is hunter2")


async def _echo(request: Request) -> Response:
    return PlainTextResponse(await read_body(request, maximum=10))


async def _handle(event: Event) -> None:
    if event.id == "busy":
        raise UnavailableError


def _client() -> httpx.AsyncClient:
    app = create_app(
        [
            Route("/conflict", _conflict),
            Route("/defect", _defect),
            Route("/echo", _echo, methods=["POST"]),
            event_route("/", _handle),
        ]
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize("path", ["/health", "/readyz"])
async def test_health_and_readiness_answer(path: str) -> None:
    async with _client() as client:
        assert (await client.get(path)).status_code == 200


async def test_a_known_error_has_its_status_and_sentence() -> None:
    async with _client() as client:
        answer = await client.get("/conflict")
    assert answer.status_code == 409
    assert answer.json()["error"] == {"code": "conflict", "message": ConflictError.__doc__}


async def test_an_unknown_error_tells_nothing() -> None:
    async with _client() as client:
        answer = await client.get("/defect")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.json()["error"]["code"] == "internal"


async def test_a_body_over_the_limit_is_refused() -> None:
    async with _client() as client:
        assert (await client.post("/echo", content=b"x" * 10)).status_code == 200
        assert (await client.post("/echo", content=b"x" * 11)).status_code == 413


async def test_a_handled_event_is_answered_without_a_body() -> None:
    async with _client() as client:
        answer = await client.post("/", headers=EVENT)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_statuses_tell_the_broker_whether_to_try_again() -> None:
    async with _client() as client:
        busy = await client.post("/", headers={**EVENT, "ce-id": "busy"})
        malformed = await client.post("/", json={"plain": "json"})
    assert (busy.status_code, malformed.status_code) == (503, 400)


async def test_a_request_id_is_kept_when_sane_and_made_otherwise() -> None:
    async with _client() as client:
        kept = await client.get("/health", headers={"x-request-id": "abc-1"})
        made = await client.get("/health", headers={"x-request-id": "a b\tc"})
    assert kept.headers["x-request-id"] == "abc-1"
    assert len(made.headers["x-request-id"]) == 32
