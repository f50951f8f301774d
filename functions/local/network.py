"""A cluster's network within one process: the same URLs, answered by the apps themselves."""

import asyncio
from collections.abc import Mapping

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send


class Limited:
    """Let so many requests into an app at once, as Knative's queue does; 0 is without a limit."""

    def __init__(self, app: ASGIApp, *, concurrency: int) -> None:
        self._app = app
        self._slots = asyncio.Semaphore(concurrency) if concurrency else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a slot, then pass the request on."""
        if self._slots is None:
            await self._app(scope, receive, send)
            return
        async with self._slots:
            await self._app(scope, receive, send)


class Network:
    """Names of services to apps; apps may be added after the client was handed out."""

    def __init__(self) -> None:
        self._apps: dict[str, ASGIApp] = {}
        self._outside = httpx.AsyncHTTPTransport()

    def add(self, host: str, app: ASGIApp) -> None:
        """Answer requests to ``http://host`` by this app."""
        self._apps[host] = app

    def client(self) -> httpx.AsyncClient:
        """Return a client that reaches the apps by name and the world by its own address."""
        transport = _Router(self._apps, self._outside)
        timeout = httpx.Timeout(30, connect=5)
        return httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False)


class _Router(httpx.AsyncBaseTransport):
    def __init__(self, apps: Mapping[str, ASGIApp], outside: httpx.AsyncBaseTransport) -> None:
        self._apps = apps
        self._outside = outside

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the app of that name, or out; an app keeps its time-out."""
        app = self._apps.get(request.url.host)
        if app is None:
            return await self._outside.handle_async_request(request)
        inside = httpx.ASGITransport(app, raise_app_exceptions=False)
        # A transport within the process knows no time-out of its own: keep the caller's.
        seconds = request.extensions.get("timeout", {}).get("read")
        try:
            return await asyncio.wait_for(inside.handle_async_request(request), seconds)
        except TimeoutError as error:
            raise httpx.ReadTimeout(
                "The function did not answer in time.", request=request
            ) from error

    async def aclose(self) -> None:
        """Close the connections to the world."""
        await self._outside.aclose()
