from collections.abc import Awaitable, Callable, Mapping

from functions.local.broker.attempts import Answer, Courier, dead_letter, judge
from functions.local.broker.events import Event, Headers
from functions.local.broker.objects import Broker, Delivery, Trigger

TIME_TO_LIVE = "knativebrokerttl"
SendBack = Callable[[Event, Mapping[str, str]], Awaitable[int]]
_FORWARDED = frozenset({"x-request-id", "retry-after", "traceparent"})
_FORWARDED_PREFIXES = ("knative-", "x-b3-")
_ONCE = Delivery()


def forwarded(headers: Headers) -> dict[str, str]:
    """Return the headers that travel with an event; all others end at the broker."""
    named = ((name.decode("latin-1").lower(), value) for name, value in headers)
    return {
        name: value.decode("ascii", errors="ignore")
        for name, value in named
        if name in _FORWARDED or name.startswith(_FORWARDED_PREFIXES)
    }


class Subscription:
    """One Trigger at work: subscriber, then reply, and the dead letter sink when either fails."""

    def __init__(
        self, trigger: Trigger, *, broker: Broker, courier: Courier, send_back: SendBack
    ) -> None:
        self._trigger = trigger
        self._broker = broker
        self._courier = courier
        self._send_back = send_back
        # The Trigger's delivery replaces its Broker's as a whole, dead letter sink included.
        self._delivery = trigger.delivery or broker.delivery or _ONCE

    async def deliver(self, event: Event, *, headers: Mapping[str, str]) -> bool:
        """Deliver an event if the Trigger wants it; return False if it is lost."""
        bare = event.without(TIME_TO_LIVE)
        if not self._trigger.filter.matches(bare.attributes):
            return True
        headers = {**headers, "kn-namespace": self._trigger.namespace}
        answer = await self._subscribe(bare, headers=headers)
        if answer.failed:
            return await self._bury(event, headers=headers, answer=answer, url=self._trigger.url)
        if answer.reply is None:
            return True
        reply = answer.reply.extended({TIME_TO_LIVE: event.attributes[TIME_TO_LIVE]})
        answer = await self._reply(reply, headers=forwarded(answer.headers))
        if answer.failed:
            return await self._bury(event, headers=headers, answer=answer, url=self._broker.url)
        return True

    async def _subscribe(self, event: Event, *, headers: Mapping[str, str]) -> Answer:
        trigger = self._trigger
        # Only the Trigger's own format counts in Knative, never one that its Broker gives.
        structured = trigger.delivery is not None and trigger.delivery.format == "json"

        async def attempt() -> Answer:
            answer = await self._courier.post(
                trigger.subscriber,
                event,
                headers={**headers, "prefer": "reply"},
                structured=structured,
            )
            return judge(answer, url=trigger.subscriber)

        return await self._courier.insist(attempt, delivery=self._delivery, url=trigger.url)

    async def _reply(self, reply: Event, *, headers: Mapping[str, str]) -> Answer:
        async def attempt() -> Answer:
            return Answer(await self._send_back(reply, headers))

        return await self._courier.insist(attempt, delivery=self._delivery, url=self._broker.url)

    async def _bury(
        self, event: Event, *, headers: Mapping[str, str], answer: Answer, url: str
    ) -> bool:
        sink = self._delivery.dead_letter
        if sink is None:
            return False
        # It keeps its time to live: a dead letter sink may be a Broker, and failing there a loop.
        letter = dead_letter(event, destination=url, answer=answer)

        async def attempt() -> Answer:
            return await self._courier.post(sink, letter, headers=headers)

        return not (await self._courier.insist(attempt, delivery=self._delivery, url=sink)).failed
