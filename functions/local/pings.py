import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from functions.local.broker.attempts import Answer, Courier, Sleep
from functions.local.broker.events import Event
from functions.local.broker.objects import Delivery, PingSource

log = logging.getLogger(__name__)
_TYPE = "dev.knative.sources.ping"
# As Knative's adapter: a ping that fails six times within seconds is lost, the next one comes.
_DELIVERY = Delivery(retry=5, backoff_policy="exponential", backoff_delay=0.05)


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def run_pings(
    ping_sources: Iterable[PingSource],
    *,
    http: httpx.AsyncClient,
    sleep: Sleep = asyncio.sleep,
    now: Callable[[], datetime] = _utc_now,
) -> None:
    """Post every source's event whenever its schedule is due, until cancelled.

    Times that passed while the process was away or a ping still ran are not caught up.
    """
    courier = Courier(http, sleep=sleep)
    async with asyncio.TaskGroup() as group:
        for source in ping_sources:
            group.create_task(_run(source, courier=courier, sleep=sleep, now=now))


async def _run(
    source: PingSource, *, courier: Courier, sleep: Sleep, now: Callable[[], datetime]
) -> None:
    last = now()
    while True:
        due = source.schedule.after(last)
        await sleep(max((due - now()).total_seconds(), 0.0))
        await _ping(source, courier=courier, time=due)
        # A clock that wakes too early must not find the same minute due again.
        last = max(due, now())


async def _ping(source: PingSource, *, courier: Courier, time: datetime) -> None:
    event = _event(source, time=time)

    async def attempt() -> Answer:
        return await courier.post(source.sink, event, headers={})

    answer = await courier.insist(attempt, delivery=_DELIVERY, url=source.sink)
    if answer.failed:
        log.error("the ping of %s is lost: status %d", source.name, answer.status)


def _event(source: PingSource, *, time: datetime) -> Event:
    attributes = {
        **source.extensions,
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": _TYPE,
        "source": f"/apis/v1/namespaces/{source.namespace}/pingsources/{source.name}",
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    if source.content_type:
        attributes["datacontenttype"] = source.content_type
    return Event(attributes, source.data)
