"""What the command line says to the running gateway: the same HTTP a browser speaks."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import IO, Any, Self

import httpx

from functions.runtime.errors import LorekeeperError, RateLimitedError
from functions.runtime.settings import LOCAL_GUILD

CONNECT_SECONDS = 2
ANSWER_SECONDS = 60


class NotRunningError(LorekeeperError):
    """Lorekeeper is not running. Start it in another terminal with `make run`."""

    code = "not_running"


class GatewayClient:
    """A signed-in caller of one gateway, on one server: the laptop's own unless told otherwise."""

    def __init__(self, base_url: str, *, guild_id: int | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"X-Lorekeeper": "1"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        )
        self.guild_id = str(guild_id or LOCAL_GUILD)

    async def __aenter__(self) -> Self:
        """Sign in."""
        try:
            await self._sign_in()
        except BaseException:
            await self._http.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Sign out; a sign-in of the command line lives no longer than the command."""
        try:
            await self.send("POST", "/auth/sign-out")
        except LorekeeperError:
            pass
        finally:
            await self._http.aclose()

    async def _sign_in(self) -> None:
        answer = await self.send("POST", "/auth/development", json={})
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"
        self._http.cookies.clear()

    async def send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send a request and return the JSON it was answered with."""
        return _json(await self._request(method, path, **options))

    async def put(self, path: str, **options: Any) -> tuple[dict[str, Any], bool]:
        """Store something; return what is said of it, and whether it is new."""
        response = await self._request("PUT", path, **options)
        return _json(response), response.status_code != httpx.codes.OK

    async def download(self, path: str, file: IO[bytes]) -> int:
        """Write what lies at a path to a file as it comes; return the number of bytes."""
        async with self._streamed(path) as response:
            async for piece in response.aiter_bytes():
                file.write(piece)
        return response.num_bytes_downloaded

    async def events(self, path: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield the kind and the words of each server-sent event until the stream ends.

        Read as our gateway writes it: one line of JSON an event.
        """
        kind = ""
        async with self._streamed(path) as response:
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    yield kind, json.loads(value)

    @asynccontextmanager
    async def _streamed(self, path: str) -> AsyncIterator[httpx.Response]:
        with _told():
            async with self._http.stream("GET", path) as response:
                if response.is_error:
                    await response.aread()
                    _refuse(response)
                yield response

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        with _told():
            response = await self._http.request(method, path, **options)
        _refuse(response)
        return response

    async def query(
        self, document: str, variables: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run a GraphQL document and return its data; its first error is raised."""
        body = await self.send(
            "POST", "/graphql", json={"query": document, "variables": dict(variables or {})}
        )
        if errors := body.get("errors"):
            code = errors[0].get("extensions", {}).get("code")
            kind = RateLimitedError if code == RateLimitedError.code else LorekeeperError
            raise kind(errors[0]["message"])
        data: dict[str, Any] = body["data"]
        return data


@contextmanager
def _told() -> Iterator[None]:
    """Put into words why there was no answer."""
    try:
        yield
    except httpx.ConnectError:
        raise NotRunningError from None
    except httpx.HTTPError as error:
        raise LorekeeperError(
            f"Lorekeeper did not answer ({type(error).__name__}). Look at its log."
        ) from error


def _refuse(response: httpx.Response) -> None:
    """Raise what an answer says went wrong, if anything did."""
    if response.status_code == RateLimitedError.status:
        raise RateLimitedError
    if response.is_error:
        told = _message(_json(response))
        raise LorekeeperError(told or f"Lorekeeper answered {response.status_code}.")


def _message(body: dict[str, Any]) -> str | None:
    """Return the sentence of a refusal, by REST or by GraphQL."""
    problems = [body.get("error"), *(body.get("errors") or [])]
    return next((problem["message"] for problem in problems if problem), None)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
