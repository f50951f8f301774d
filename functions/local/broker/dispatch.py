import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial

from functions.local.broker.attempts import Courier
from functions.local.broker.chaos import Turbulence
from functions.local.broker.events import Event
from functions.local.broker.objects import Broker, Trigger
from functions.local.broker.subscriptions import TIME_TO_LIVE, Subscription
from functions.runtime.errors import LorekeeperError

log = logging.getLogger(__name__)
FIRST_TIME_TO_LIVE = 255


class UnknownBrokerError(LorekeeperError):
    """A Trigger listens to a Broker that is in no manifest. Add the Broker."""

    code = "unknown_broker"


class Dispatcher:
    """Takes events in and hands them to the Triggers of their Broker."""

    def __init__(
        self,
        brokers: Iterable[Broker],
        triggers: Iterable[Trigger],
        *,
        courier: Courier,
        turbulence: Turbulence,
    ) -> None:
        self._courier = courier
        self._turbulence = turbulence
        self._brokers = {(broker.namespace, broker.name): broker for broker in brokers}
        self._subscriptions: dict[Broker, list[Subscription]] = {}
        for trigger in triggers:
            self._subscribe(trigger)
        self._running: set[asyncio.Task[bool]] = set()

    def _subscribe(self, trigger: Trigger) -> None:
        broker = self.find(trigger.namespace, trigger.broker)
        if broker is None:
            raise UnknownBrokerError(
                f"The Trigger {trigger.namespace}/{trigger.name} listens to the Broker "
                f"{trigger.broker}, which is in no manifest of its namespace. Add it there."
            )
        subscription = Subscription(
            trigger,
            broker=broker,
            courier=self._courier,
            send_back=partial(self._receive_reply, broker),
        )
        self._subscriptions.setdefault(broker, []).append(subscription)

    def find(self, namespace: str, name: str) -> Broker | None:
        """Return the Broker of that name, if there is one."""
        return self._brokers.get((namespace, name))

    async def receive(self, event: Event, *, broker: Broker, headers: Mapping[str, str]) -> int:
        """Take an event in and return the status for its producer.

        202 delivered (asynchronously: taken), 400 sent round too often, 500 not delivered.
        """
        lives = _lives_left(event)
        if lives <= 0:
            log.warning("event %s has come round too often", event.attributes["id"])
            return 400
        arrival = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        event = event.extended({"knativearrivaltime": arrival, TIME_TO_LIVE: str(lives)})
        task = asyncio.create_task(self._fan_out(event, broker=broker, headers=headers))
        self._running.add(task)
        task.add_done_callback(self._finish)
        return 202 if broker.asynchronous or await _completed(task) else 500

    async def _receive_reply(self, broker: Broker, event: Event, headers: Mapping[str, str]) -> int:
        return await self.receive(event, broker=broker, headers=headers)

    async def _fan_out(self, event: Event, *, broker: Broker, headers: Mapping[str, str]) -> bool:
        if self._turbulence.loses():
            return True
        async with self._turbulence.passage():
            delivered = await asyncio.gather(
                *(
                    subscription.deliver(event, headers=headers)
                    for _ in range(self._turbulence.copies)
                    for subscription in self._subscriptions.get(broker, ())
                )
            )
        return all(delivered)

    def _finish(self, task: asyncio.Task[bool]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a delivery broke off", exc_info=error)

    @property
    def in_flight(self) -> int:
        """How many events are on their way, attempts that nobody waits for any more among them."""
        return max(len(self._running), len(self._courier.attempts))

    async def drain(self, timeout: float = 10.0) -> int:  # noqa: ASYNC109 -- the rest is cancelled
        """Let what is in flight finish, cancel the rest after ``timeout`` seconds, count that."""
        self._turbulence.release()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (0.0 if self._turbulence.drops_on_restart else timeout)
        while self.in_flight and (left := deadline - loop.time()) > 0:
            await asyncio.wait({*self._running, *self._courier.attempts}, timeout=left)
        lost = self.in_flight
        # Deliveries first: one that is not cancelled would take its attempt's end for an answer.
        for tasks in (self._running, self._courier.attempts):
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return lost


def _lives_left(event: Event) -> int:
    try:
        return max(int(event.attributes[TIME_TO_LIVE]) - 1, 0)
    except (KeyError, ValueError):
        return FIRST_TIME_TO_LIVE


async def _completed(task: asyncio.Task[bool]) -> bool:
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        # The producer has hung up: Knative's ingress then gives up the delivery too.
        task.cancel()
        raise
    return not task.cancelled() and task.exception() is None and task.result()
