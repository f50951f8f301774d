import json
from uuid import UUID, uuid4

import httpx
import pytest

from functions.runtime.errors import InvalidRequestError
from functions.runtime.events import DOCUMENT_UPLOADED, Event, EventPublisher, read_event

BINARY = {
    "ce-id": "7",
    "ce-source": "/lorekeeper/test",
    "ce-type": "made.up",
    "ce-specversion": "1.0",
    "content-type": "application/json",
}
ENVELOPE = {"id": "7", "source": "/lorekeeper/test", "type": "made.up", "specversion": "1.0"}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}


def _without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


def test_a_binary_event_is_read() -> None:
    event = read_event({**BINARY, "ce-subject": "caf%C3%A9"}, b'{"a": "b"}')
    assert (event.id, event.source, event.type) == ("7", "/lorekeeper/test", "made.up")
    assert (event.subject, event.data) == ("café", {"a": "b"})


def test_a_structured_event_is_read_even_when_it_repeats_headers() -> None:
    body = json.dumps({**ENVELOPE, "datacontenttype": "application/json", "data": {"a": "b"}})
    event = read_event({**BINARY, **STRUCTURED, "ce-id": "other"}, body.encode())
    assert (event.id, event.data) == ("7", {"a": "b"})


@pytest.mark.parametrize(
    ("headers", "body", "remark"),
    [
        (_without(BINARY, "ce-id"), b"{}", "the package would invent an id"),
        ({**BINARY, "ce-id": ""}, b"{}", "an empty id is none"),
        (_without(BINARY, "ce-source"), b"{}", "no source"),
        (_without(BINARY, "ce-type"), b"{}", "no type"),
        (_without(BINARY, "ce-specversion"), b"{}", "the package would invent the version"),
        ({**BINARY, "ce-specversion": "0.3"}, b"{}", "another version"),
        ({**BINARY, "ce-time": "yesterday"}, b"{}", "a time that is none"),
        ({**BINARY, "ce-subject": "%ff"}, b"{}", "no UTF-8"),
        ({"content-type": "application/json"}, b'{"id": "7"}', "plain JSON"),
        (STRUCTURED, b"no json", "a broken envelope"),
        (STRUCTURED, b"[]", "an envelope that is a list"),
        (STRUCTURED, json.dumps({**ENVELOPE, "id": None}).encode(), "a null id"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", "a batch"),
    ],
)
def test_what_is_no_event_is_refused(headers: dict[str, str], body: bytes, remark: str) -> None:
    with pytest.raises(InvalidRequestError):
        pytest.fail(f"{remark}: {read_event(headers, body)}")


@pytest.mark.parametrize(
    ("data", "remark"),
    [({}, "absent"), ({"version_id": "x"}, "no UUID"), ({"version_id": None}, "null")],
)
def test_an_event_without_its_row_is_refused(data: dict[str, object], remark: str) -> None:
    event = Event(id="1", source="/s", type="t", data=data)
    with pytest.raises(InvalidRequestError):
        pytest.fail(f"{remark}: {event.row_id('version_id')}")


def test_data_that_is_no_json_object_counts_as_empty() -> None:
    assert read_event(BINARY, b"[1, 2]").data == {}
    assert read_event(BINARY, b"not json").data == {}


async def _publish(status: int, *, again: bool = False) -> tuple[bool, list[httpx.Request], UUID]:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status)

    row_id = uuid4()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        publisher = EventPublisher(http, sink="http://broker/ns/default", source="/lorekeeper/test")
        taken = await publisher.publish(
            DOCUMENT_UPLOADED, row_id=row_id, name="version_id", again=again
        )
    return taken, requests, row_id


async def test_a_published_event_reads_back_as_itself() -> None:
    taken, requests, row_id = await _publish(202)
    event = read_event(dict(requests[0].headers), requests[0].content)
    assert taken
    assert (event.id, event.subject) == (str(row_id), str(row_id))
    assert (event.source, event.type) == ("/lorekeeper/test", DOCUMENT_UPLOADED)
    assert event.row_id("version_id") == row_id


async def test_an_event_sent_again_has_an_id_of_its_own() -> None:
    _, requests, row_id = await _publish(202, again=True)
    assert requests[0].headers["ce-id"] != str(row_id)
    assert requests[0].headers["ce-subject"] == str(row_id)


async def test_a_broker_that_refuses_is_told_apart_and_never_raises() -> None:
    taken, requests, _ = await _publish(503)
    assert (taken, len(requests)) == (False, 1)


async def test_a_broker_that_is_gone_never_raises() -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(gone)) as http:
        publisher = EventPublisher(http, sink="http://broker/ns/default", source="/s")
        assert not await publisher.publish(DOCUMENT_UPLOADED, row_id=uuid4(), name="version_id")
