"""One delivery: attempts, waits between them, and how a subscriber's answer is read."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
import msgspec

from functions.local.broker.events import (
    Event,
    Headers,
    InvalidEventError,
    is_event,
    read_event,
    write_event,
)
from functions.local.broker.objects import Delivery

log = logging.getLogger(__name__)
Sleep = Callable[[float], Awaitable[object]]
Attempt = Callable[[], Awaitable["Answer"]]

# How long Knative's in-memory channel waits where no timeout is given.
LONGEST_ATTEMPT_S = 900.0
_RETRIED = frozenset({404, 408, 409, 429})
_ERROR_DATA_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: for a refused or lost connection a 500 with its reason."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    reply: Event | None = None

    @property
    def failed(self) -> bool:
        """Whether it is anything but a 2xx."""
        return not 200 <= self.status < 300  # noqa: PLR2004 -- HTTP's own classes

    @property
    def retried(self) -> bool:
        """Whether Knative tries again: redirects and other client errors are final."""
        return self.status >= 500 or self.status in _RETRIED  # noqa: PLR2004


class Courier:
    """Posts events and tries again as the delivery says."""

    def __init__(self, http: httpx.AsyncClient, *, sleep: Sleep) -> None:
        self._http = http
        self._sleep = sleep
        self.attempts: set[asyncio.Task[Answer]] = set()

    async def post(
        self, url: str, event: Event, *, headers: Mapping[str, str], structured: bool = False
    ) -> Answer:
        """Post an event once."""
        event_headers, body = write_event(event, structured=structured)
        try:
            response = await self._http.post(
                url,
                content=body,
                headers={**headers, **event_headers},
                timeout=LONGEST_ATTEMPT_S,
                follow_redirects=False,
            )
        except Exception as error:  # noqa: BLE001 -- a function in this process crashes as anything
            # Its kind alone: a crash's own words may hold what a member wrote.
            return Answer(500, f'dispatch error: Post "{url}": {type(error).__name__}'.encode())
        return Answer(response.status_code, response.content, tuple(response.headers.raw))

    async def insist(self, attempt: Attempt, *, delivery: Delivery, url: str) -> Answer:
        """Attempt up to ``retry`` + 1 times and return the last answer."""
        answer = await self._limit(attempt, delivery=delivery, url=url)
        for retry in range(delivery.retry):
            if not answer.retried:
                break
            await self._sleep(delivery.backoff(retry))
            answer = await self._limit(attempt, delivery=delivery, url=url)
        return answer

    async def _limit(self, attempt: Attempt, *, delivery: Delivery, url: str) -> Answer:
        task = asyncio.ensure_future(attempt())
        # A function does not notice that the broker gave up, or its producer hung up: its attempt
        # runs on beside the next.
        self.attempts.add(task)
        task.add_done_callback(self.attempts.discard)
        await asyncio.wait({task}, timeout=delivery.timeout or LONGEST_ATTEMPT_S)
        if task.done():
            return task.result()
        return Answer(500, f'dispatch error: Post "{url}": context deadline exceeded'.encode())


def judge(answer: Answer, *, url: str) -> Answer:
    """Read a subscriber's answer as Knative's broker filter does, and return the filter's own.

    A 202's body is ignored; any other success holds an event, or nothing, or is a 502.
    """
    if answer.failed:
        info = {"errdestination": url, "errresponsebody": answer.body}
        return Answer(answer.status, msgspec.json.encode(info))
    if answer.status == httpx.codes.ACCEPTED:
        return Answer(answer.status)
    if is_event(answer.headers):
        try:
            reply = read_event(answer.headers, answer.body)
            return Answer(answer.status, headers=answer.headers, reply=reply)
        except InvalidEventError as error:
            log.warning("%s replied with a broken event: %s", url, error)
            return Answer(httpx.codes.BAD_GATEWAY)
    if answer.body:
        log.warning("%s answered %d with a body that is no event", url, answer.status)
        return Answer(httpx.codes.BAD_GATEWAY)
    return Answer(answer.status)


def dead_letter(event: Event, *, destination: str, answer: Answer) -> Event:
    """Return the event with the three attributes that tell why it could not be delivered."""
    return event.extended(
        {
            "knativeerrordest": destination,
            "knativeerrorcode": str(answer.status),
            # Knative cuts the encoded text, so that a long one does not decode.
            "knativeerrordata": b64encode(answer.body).decode()[:_ERROR_DATA_LENGTH],
        }
    )
