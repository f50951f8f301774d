"""The dashboard's files, and the headers of every answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from functions.runtime.clients import Clients
from gateway.main import build
from tests.integration.gateway.conftest import HEADER

HTML = {"accept": "text/html"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Lorekeeper</title>")
    (built / "assets" / "index-a1b2c3.js").write_text("export {}")
    (built / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("canary")
    return built


@pytest.fixture
async def browser(clients: Clients, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(clients, dashboard=folder))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


@pytest.mark.parametrize("path", ["/", "/documents/1?passage=2", "/ask", "/index.html", "/a/b.c"])
async def test_every_page_of_the_dashboard_is_its_one_file(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert "<title>Lorekeeper</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "cached"),
    [
        pytest.param("/assets/index-a1b2c3.js", "immutable", id="named after what it holds"),
        pytest.param("/favicon.svg", "no-cache", id="named for good"),
    ],
)
async def test_only_hashed_files_are_kept_for_good(
    browser: httpx.AsyncClient, path: str, cached: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert cached in answer.headers["cache-control"]


async def test_a_hashed_file_of_an_older_build_is_gone(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/index-old.js")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/auth/nothing", "/graphql", "/graphql/", "/interactions", "/api"]
)
async def test_a_mistyped_address_of_a_program_is_no_page(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code in {404, 405}
    assert answer.json()["error"]["message"].endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/assets/%00",
        "/" + "a" * 3000,
    ],
)
async def test_nothing_beside_the_folder_is_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert "canary" not in answer.text
    assert answer.status_code < 500


async def test_a_dashboard_that_is_not_built_says_how_to_build_it(
    clients: Clients, tmp_path: Path
) -> None:
    transport = httpx.ASGITransport(app=build(clients, dashboard=tmp_path / "nowhere"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.get("/")
        assert answer.status_code == 503
        assert "npm run build" in answer.text
        assert (await http.get("/health")).text == (await http.get("/readyz")).text == "ok"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/health"), ("GET", "/nothing/api"), ("POST", "/graphql"), ("PUT", "/")],
)
async def test_every_answer_carries_the_headers_that_bind_browsers(
    browser: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await browser.request(method, path, headers={"x-request-id": "trace-1"})
    policy = answer.headers["content-security-policy"]
    for rule in (
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self'",
        "frame-ancestors 'none'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"] == "trace-1"
    assert answer.headers["cache-control"]


async def test_answers_about_people_are_not_stored(browser: httpx.AsyncClient) -> None:
    signed_in = await browser.post("/auth/development")
    told = await browser.post("/graphql", json={"query": "{viewer{id}}"}, headers=HEADER)
    for answer in (signed_in, told):
        assert answer.headers["cache-control"] == "no-store"


async def test_a_long_list_of_ranges_answers_no_more_than_the_file(
    browser: httpx.AsyncClient,
) -> None:
    ranges = "bytes=" + ",".join(f"{number}-" for number in range(100_000))
    answer = await browser.get("/assets/index-a1b2c3.js", headers={"range": ranges})
    assert answer.status_code in {200, 400, 416}
    assert len(answer.content) <= 100
