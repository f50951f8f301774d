"""CloudEvents in and out, as strict as Knative's broker is."""

import json
import logging
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx
import msgspec
from cloudevents.core.bindings.http import (
    HTTPMessage,
    from_binary_event,
    from_structured_event,
    to_binary_event,
)
from cloudevents.core.v1.event import CloudEvent

from functions.runtime.errors import InvalidRequestError

log = logging.getLogger(__name__)
DOCUMENT_UPLOADED = "dev.lorekeeper.document.uploaded.v1"
QUESTION_ASKED = "dev.lorekeeper.question.asked.v1"
REQUIRED = ("id", "source", "type", "specversion")
# Discord waits three seconds in all; a broker that is slow is left to the sweep.
PUBLISH_SECONDS = 1.0


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvent: ids only, so its data is a small JSON object."""

    id: str
    source: str
    type: str
    subject: str | None = None
    data: dict[str, Any] = {}

    def row_id(self, name: str) -> UUID:
        """Return the id of the row this event is about, or refuse the event."""
        try:
            return UUID(str(self.data[name]))
        except (KeyError, ValueError) as error:
            raise InvalidRequestError(f"The event's data holds no {name}.") from error


def _attributes(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return the attributes that are really there: the package invents what is missing."""
    if not headers.get("content-type", "").startswith("application/cloudevents"):
        return {
            name[3:]: unquote(value, errors="strict")
            for name, value in headers.items()
            if name.startswith("ce-")
        }
    envelope = json.loads(body)
    return envelope if isinstance(envelope, dict) else {}


def _parse(headers: dict[str, str], body: bytes) -> Event:
    kind = headers.get("content-type", "")
    if kind.startswith("application/cloudevents-batch"):
        raise InvalidRequestError("Batches of events are not taken. Send each event alone.")
    attributes = _attributes(headers, body)
    missing = [name for name in REQUIRED if not attributes.get(name)]
    if missing:
        raise InvalidRequestError(f"The event lacks {', '.join(missing)}.")
    if attributes["specversion"] != "1.0":
        raise InvalidRequestError("Only CloudEvents 1.0 are taken.")
    message = HTTPMessage(headers, body)
    # The mode follows the content type; the package would follow the first ce- header it sees.
    structured = kind.startswith("application/cloudevents")
    event = from_structured_event(message) if structured else from_binary_event(message)
    data = event.get_data()
    return Event(
        id=event.get_id(),
        source=event.get_source(),
        type=event.get_type(),
        subject=event.get_subject(),
        data=data if isinstance(data, dict) else {},
    )


def read_event(headers: dict[str, str], body: bytes) -> Event:
    """Read a binary or structured event; anything malformed is an InvalidRequestError."""
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        return _parse(lowered, body)
    except InvalidRequestError:
        raise
    except Exception as error:
        # The package raises five unrelated kinds on bad input; all of them mean the same.
        raise InvalidRequestError("This is not a CloudEvent.") from error


class EventPublisher:
    """Sends events to the broker; one that is lost is sent again by the sweep."""

    def __init__(self, http: httpx.AsyncClient, *, sink: str, source: str) -> None:
        self._http = http
        self._sink = sink
        self._source = source

    async def publish(self, kind: str, *, row_id: UUID, name: str, again: bool = False) -> bool:
        """Tell the broker that a row waits; return whether it took the event.

        The first event about a row has the row's id for its own; ``again`` makes a fresh one.
        """
        event = CloudEvent(
            {
                "id": str(uuid4() if again else row_id),
                "source": self._source,
                "type": kind,
                "subject": str(row_id),
                "datacontenttype": "application/json",
            },
            {name: str(row_id)},
        )
        message = to_binary_event(event)
        try:
            response = await self._http.post(
                self._sink,
                headers=message.headers,
                content=message.body,
                timeout=PUBLISH_SECONDS,
            )
            response.raise_for_status()
        except httpx.HTTPError as error:
            log.warning("event not taken", extra={"kind": kind, "reason": type(error).__name__})
            return False
        return True
