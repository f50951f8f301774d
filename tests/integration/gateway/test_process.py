"""The gateway as a container runs it: a process of its own on a real socket."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.uploads import LARGEST_FILE
from tests.integration.gateway.conftest import HEADER

ROOT = Path(__file__).resolve().parents[3]


async def _start(**environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "gateway"),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
async def address(app_url: str) -> AsyncIterator[str]:
    """The URL of a running gateway; when the test ends it must stop at once and without error."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await _start(
        LORE_ENV="development",
        LORE_DATABASE_URL=app_url,
        K_SINK="http://127.0.0.1:9/lorekeeper/default",
        PORT=str(port),
    )
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url) as http:
        while not await _is_ready(http):
            assert process.returncode is None
            await asyncio.sleep(0.05)
    yield url
    process.send_signal(signal.SIGTERM)
    _, problems = await process.communicate()
    assert process.returncode in {0, -signal.SIGTERM}
    assert b"Traceback" not in problems


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_person_signs_in_asks_and_sends_a_file(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, headers=HEADER) as http:
        signed_in = (await http.post("/auth/development")).json()
        guild = signed_in["viewer"]["guilds"][0]["id"]
        asked = await http.post(
            "/graphql",
            json={
                "query": 'mutation($g:ID!){ask(guildId:$g,text:"why?"){status}}',
                "variables": {"g": guild},
            },
        )
        assert asked.json() == {"data": {"ask": {"status": "ASKED"}}}
        stored = await http.put(
            f"/api/guilds/{guild}/documents?name=large.txt", content=os.urandom(LARGEST_FILE)
        )
        assert stored.status_code == 202


async def test_settings_that_are_missing_end_the_process(app_url: str) -> None:
    process = await _start(LORE_DATABASE_URL=app_url)
    _, problems = await process.communicate()
    assert process.returncode == 2
    assert b"K_SINK is not set." in problems
