import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from functions.local.network import Limited, Network


class Counting:
    """An app that notes how many requests were inside it at once."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.app = Starlette(routes=[Route("/", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        self.inside += 1
        self.most = max(self.most, self.inside)
        for _ in range(3):
            await asyncio.sleep(0)
        self.inside -= 1
        return PlainTextResponse(await request.body() or b"hello")


async def _hang(_: Request) -> Response:
    await asyncio.Event().wait()
    return PlainTextResponse("never")


async def test_a_service_answers_by_its_cluster_name() -> None:
    network = Network()
    network.add("search.lorekeeper.svc.cluster.local", Counting().app)
    async with network.client() as http:
        answer = await http.post("http://search.lorekeeper.svc.cluster.local/", content=b"echo")
    assert (answer.status_code, answer.text) == (200, "echo")


async def test_a_name_added_after_the_client_is_reached_too() -> None:
    network = Network()
    async with network.client() as http:
        network.add("late", Counting().app)
        assert (await http.get("http://late/")).text == "hello"


@pytest.mark.parametrize(("concurrency", "most"), [(2, 2), (1, 1), (0, 8)])
async def test_no_more_requests_are_inside_than_the_manifest_allows(
    concurrency: int, most: int
) -> None:
    counting = Counting()
    network = Network()
    network.add("ingest", Limited(counting.app, concurrency=concurrency))
    async with network.client() as http:
        await asyncio.gather(*(http.get("http://ingest/") for _ in range(8)))
    assert counting.most == most


async def test_a_function_that_hangs_meets_the_callers_time_out() -> None:
    network = Network()
    network.add("generate", Starlette(routes=[Route("/", _hang)]))
    async with network.client() as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("http://generate/", timeout=0.05)


async def test_a_function_that_breaks_is_a_500_and_not_an_exception() -> None:
    async def broken(_: Request) -> Response:
        raise ValueError

    network = Network()
    network.add("broken", Starlette(routes=[Route("/", broken)]))
    async with network.client() as http:
        assert (await http.get("http://broken/")).status_code == 500
