"""A site on this machine that behaves as badly as it is told to."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import pytest

from functions.runtime.web.client import WebClient

# What a page answers, raw, from the request's head.
Page = Callable[[str], bytes]


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: dict[str, str] | None = None
) -> bytes:
    given = {"content-length": str(len(body)), "connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def redirect(location: str, *, status: str = "302 Found") -> bytes:
    return answer(status=status, headers={"location": location})


class Site:
    """Serves `pages` by path and remembers every request's head; unknown paths are 404."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Page] = {}
        self.requests: list[str] = []
        self.connections = 0
        self.stall = asyncio.Event()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.stall.set()
        self._server.close()
        await self._server.wait_closed()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.authority}{path}"

    @property
    def paths(self) -> list[str]:
        return [request.split(" ", 2)[1] for request in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            path = head.split(" ", 2)[1]
            if path == "/stalls":
                await self.stall.wait()
            if path == "/drips":
                await self._drip(writer)
            page = self.pages.get(path, answer(status="404 Not Found"))
            writer.write(page(head) if callable(page) else page)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        """Send a little often enough to seem alive, and never end."""
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while not self.stall.is_set():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)


def header(head: str, name: str) -> str | None:
    found = re.search(rf"^{name}: (.*)\r$", head, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else None


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def web(site: Site) -> AsyncIterator[WebClient]:
    client = WebClient(public_url="http://localhost", allowed=frozenset({site.authority}))
    yield client
    await client.close()
