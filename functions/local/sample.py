"""The sample knowledge base: this project's own documentation, added at the first start."""

import asyncio
import json
from pathlib import Path

import httpx

from functions.local.console import progress_bar
from functions.local.home import CHECKOUT, Home
from functions.local.system import System
from functions.runtime.errors import LorekeeperError
from functions.runtime.settings import LOCAL_GUILD

PAGES = ("README.md", "ARCHITECTURE.md", "docs/*.md", "docs/decisions/*.md")
POLL_SECONDS = 0.1
STATUS = (
    "query Status($guild: ID!, $id: ID!) { guild(id: $guild) { document(id: $id) { status } } }"
)


async def ingest_sample(system: System, home: Home) -> None:
    """Add the documentation once; whoever deletes it later does not get it back."""
    if home.sample_marker.exists():
        return
    pages = [page for pattern in PAGES for page in sorted(CHECKOUT.glob(pattern))]
    transport = httpx.ASGITransport(system.app)
    headers = {"X-Lorekeeper": "1"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers=headers
    ) as http:
        answer = await http.post("/auth/development", json={})
        answer.raise_for_status()
        guild = str(LOCAL_GUILD)
        with progress_bar() as bars:
            bar = bars.add_task("Reading our own documentation", total=len(pages))
            added = [await _add(http, guild, page) for page in pages]
            for document in added:
                await _wait(http, guild, document)
                bars.advance(bar)
    home.sample_marker.write_text(json.dumps(added), encoding="utf-8")


async def _add(http: httpx.AsyncClient, guild: str, page: Path) -> str:
    content = await asyncio.to_thread(page.read_bytes)
    answer = await http.put(
        f"/api/guilds/{guild}/documents",
        params={"name": page.relative_to(CHECKOUT).as_posix(), "origin": "sample"},
        content=content,
    )
    answer.raise_for_status()
    return str(answer.json()["documentId"])


async def _wait(http: httpx.AsyncClient, guild: str, document: str) -> None:
    """Wait until a page is ready."""
    while True:
        variables = {"guild": guild, "id": document}
        answer = await http.post("/graphql", json={"query": STATUS, "variables": variables})
        found = answer.json()["data"]["guild"]["document"]
        if found is None or found["status"] == "READY":
            return
        if found["status"] in {"FAILED", "DEAD"}:
            raise LorekeeperError("A page of the documentation could not be read.")
        await asyncio.sleep(POLL_SECONDS)
