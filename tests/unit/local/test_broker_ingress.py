"""What the broker takes in, what it refuses, and what a subscriber gets to see of it."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import (
    HTTPMessage,
    from_http_event,
    to_binary_event,
    to_structured_event,
)
from cloudevents.core.v1.event import CloudEvent

from functions.local.broker import Delivery, build_broker
from functions.local.broker.dispatch import UnknownBrokerError

Make = Callable[..., Any]
Run = Callable[[Coroutine[Any, Any, Any]], Any]

EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/t",
    "ce-type": "rag.test",
    "content-type": "application/json",
}
STRUCTURED = {"content-type": "application/cloudevents+json"}
ENVELOPE = {"specversion": "1.0", "id": "s1", "source": "/t", "type": "rag.test"}
JSON_OUT = Delivery(format="json")


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in EVENT.items() if key != name}


REFUSED = [
    (without("ce-id"), "no id"),
    (without("ce-source"), "no source"),
    (without("ce-type"), "no type"),
    (without("ce-specversion"), "no specversion"),
    (EVENT | {"ce-id": " "}, "an id of blanks"),
    (EVENT | {"ce-specversion": "0.3"}, "an older version"),
    ({"content-type": "application/json"}, "plain JSON, no event"),
    ({"content-type": "application/cloudevents-batch+json"}, "a batch"),
    (EVENT | {"content-type": "application/cloudevents-batch+json"}, "a batch with ce- headers"),
    ({"content-type": "application/cloudevents+xml"}, "a format nobody has"),
    (EVENT | {"ce-time": "yesterday"}, "no time"),
    (EVENT | {"ce-time": "2026-11-22"}, "a date only"),
    (EVENT | {"ce-time": "2026-11-22T07:48:02"}, "no zone"),
    (EVENT | {"ce-time": "2026-02-30T07:48:02Z"}, "no such day"),
    (EVENT | {"ce-my_ext": "x"}, "an underscore in a name"),
    (EVENT | {"ce-": "x"}, "no name"),
    (EVENT | {"ce-data": "x"}, "a reserved name"),
    (EVENT | {"ce-datacontenttype": "text/plain"}, "a type beside Content-Type"),
    (EVENT | {"ce-subject": "%C0%A0"}, "invalid UTF-8"),
    (EVENT | {"ce-dataschema": "not-absolute"}, "a relative schema"),
    (EVENT | {"content-type": "text/"}, "no media type"),
]


@pytest.mark.parametrize(("headers", "remark"), REFUSED)
def test_what_is_no_valid_event_is_a_400(
    laptop: Make, run: Run, headers: dict[str, str], remark: str
) -> None:
    machine = laptop()
    assert run(machine.post(headers)) == 400, remark
    assert not machine.calls


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        (b"", "nothing"),
        (b"[]", "a list"),
        (b"{", "half an object"),
        (b"\xff{}", "no UTF-8"),
        (json.dumps({k: v for k, v in ENVELOPE.items() if k != "id"}).encode(), "no id"),
        (json.dumps(ENVELOPE | {"id": None}).encode(), "a null id"),
        (json.dumps(ENVELOPE | {"subject": {"a": 1}}).encode(), "an object for an attribute"),
        (json.dumps(ENVELOPE | {"price": 1.5}).encode(), "a fraction for an attribute"),
        (json.dumps(ENVELOPE | {"time": "noon"}).encode(), "a bad time"),
        (json.dumps(ENVELOPE | {"my-ext": "x"}).encode(), "a bad name"),
        (json.dumps(ENVELOPE | {"data_base64": "%%"}).encode(), "no base64"),
        (json.dumps(ENVELOPE | {"data": 1, "data_base64": "YQ=="}).encode(), "data twice"),
        (
            json.dumps(ENVELOPE | {"datacontenttype": "text/plain", "data": {}}).encode(),
            "text that is an object",
        ),
    ],
)
def test_a_broken_structured_event_is_a_400(
    laptop: Make, run: Run, body: bytes, remark: str
) -> None:
    machine = laptop()
    assert run(machine.post(STRUCTURED, body=body)) == 400, remark
    assert not machine.calls


@pytest.mark.parametrize(
    ("method", "path", "status", "remark"),
    [
        ("POST", "/rag/default", 202, "namespace and name"),
        ("POST", "/rag/default/", 202, "one slash more"),
        ("POST", "/rag/other", 404, "no such broker"),
        ("POST", "/other/default", 404, "no such namespace"),
        ("POST", "/", 404, "the root"),
        ("POST", "/rag", 400, "one segment"),
        ("POST", "/rag/default/more", 400, "three segments"),
        ("GET", "/rag/default", 405, "reading"),
        ("PUT", "/rag/default", 405, "putting"),
        ("DELETE", "/rag", 405, "the method is judged before the path"),
        ("OPTIONS", "/rag/default", 200, "a webhook's handshake"),
    ],
)
def test_a_request_gets_knatives_status(
    laptop: Make, run: Run, method: str, path: str, status: int, remark: str
) -> None:
    response = run(laptop().http.request(method, f"http://broker{path}", headers=EVENT))
    assert (response.status_code, response.content) == (status, b""), remark
    if status in {200, 405}:
        assert response.headers["allow"] == "POST, OPTIONS"


def test_a_subscriber_gets_the_event_and_knatives_own_headers(laptop: Make, run: Run) -> None:
    machine = laptop()
    assert run(machine.post(EVENT | {"ce-subject": "ok", "ce-upperCASE": "x"})) == 202
    (call,) = machine.calls
    assert {name: call.headers[name] for name in EVENT} == EVENT
    assert call.headers["ce-uppercase"] == "x"
    assert call.headers["prefer"] == "reply"
    assert call.headers["kn-namespace"] == "rag"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", call.headers["ce-knativearrivaltime"]
    )
    assert "ce-knativebrokerttl" not in call.headers
    assert call.body == b'{"a":1}'


def test_only_tracing_and_knatives_headers_travel_on(laptop: Make, run: Run) -> None:
    kept = {
        "x-request-id": "1",
        "retry-after": "2",
        "knative-foo": "3",
        "x-b3-traceid": "4",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    dropped = {"authorization": "Bearer secret", "x-custom": "5", "cookie": "a=b"}
    machine = laptop()
    run(machine.post(EVENT | kept | dropped))
    (call,) = machine.calls
    assert {name: call.headers[name] for name in kept} == kept
    assert not dropped.keys() & call.headers.keys()


def test_the_same_event_twice_is_delivered_twice(laptop: Make, run: Run) -> None:
    machine = laptop()
    run(machine.post())
    run(machine.post())
    assert [call.headers["ce-id"] for call in machine.calls] == ["1", "1"]


def test_an_event_of_five_mebibytes_passes_unchanged(laptop: Make, run: Run) -> None:
    machine = laptop()
    body = b'"' + b"x" * (5 * 2**20) + b'"'
    assert run(machine.post(body=body)) == 202
    assert machine.calls[0].body == body


def test_an_attribute_is_encoded_as_the_http_binding_says(laptop: Make, run: Run) -> None:
    machine = laptop()
    run(machine.post(subject="Euro%20%E2%82%AC%20%F0%9F%98%80", other='"a \\"b\\" 5%"', plus="a+b"))
    (call,) = machine.calls
    assert call.headers["ce-subject"] == "Euro%20%E2%82%AC%20%F0%9F%98%80"
    assert call.headers["ce-other"] == "a%20%22b%22%205%25"
    assert call.headers["ce-plus"] == "a+b"


def test_of_a_header_sent_twice_the_first_counts(laptop: Make, run: Run) -> None:
    machine = laptop()
    twice = [*EVENT.items(), ("ce-subject", "first"), ("ce-subject", "second")]
    run(machine.http.post("http://broker/rag/default", headers=twice))
    assert machine.calls[0].headers.get_list("ce-subject") == ["first"]


def test_a_time_keeps_its_nanoseconds(laptop: Make, run: Run) -> None:
    machine = laptop()
    run(machine.post(time="2026-11-22T07:48:02.419574948Z"))
    assert machine.calls[0].headers["ce-time"] == "2026-11-22T07:48:02.419574948Z"


@pytest.mark.parametrize(
    ("members", "content_type", "body", "remark"),
    [
        ({}, None, b"", "no data"),
        ({"data": {"b": 1}}, "application/json", b'{"b": 1}', "JSON, byte for byte"),
        ({"data": None}, "application/json", b"null", "null is data"),
        ({"data": [1, "é"]}, "application/json", b'[1, "\\u00e9"]', "a list"),
        (
            {"datacontenttype": "application/ld+json", "data": "x"},
            "application/ld+json",
            b'"x"',
            "a JSON dialect",
        ),
        ({"datacontenttype": "text/plain", "data": "é"}, "text/plain", b"\xc3\xa9", "text"),
        (
            {"datacontenttype": "image/png", "data_base64": "iVBO"},
            "image/png",
            b"\x89PN",
            "bytes",
        ),
    ],
)
def test_a_structured_event_is_delivered_in_binary_mode(
    laptop: Make,
    run: Run,
    members: dict[str, Any],
    content_type: str | None,
    body: bytes,
    remark: str,
) -> None:
    machine = laptop()
    envelope = ENVELOPE | members | {"count": 3, "urgent": True, "nothing": None}
    assert run(machine.post(STRUCTURED, body=json.dumps(envelope).encode())) == 202
    (call,) = machine.calls
    assert call.headers["ce-id"] == "s1"
    assert (call.headers.get("content-type"), call.body) == (content_type, body), remark
    assert (call.headers["ce-count"], call.headers["ce-urgent"]) == ("3", "true")
    assert "ce-nothing" not in call.headers


@pytest.mark.parametrize(
    ("content_type", "body", "member", "remark"),
    [
        ("application/json", b'{"b": 1}', {"data": {"b": 1}}, "JSON"),
        ("application/json", b"{broken", {"data_base64": "e2Jyb2tlbg=="}, "JSON in name only"),
        ("text/plain", "é".encode(), {"data": "é"}, "text"),
        ("image/png", b"\x89PN", {"data_base64": "iVBO"}, "bytes"),
        ("application/json", b"", {}, "no data"),
    ],
)
def test_format_json_delivers_in_structured_mode(
    laptop: Make,
    trigger: Make,
    run: Run,
    content_type: str | None,
    body: bytes,
    member: dict[str, Any],
    remark: str,
) -> None:
    machine = laptop(triggers=(trigger(delivery=JSON_OUT),))
    run(machine.post(EVENT | {"content-type": content_type}, body=body))
    (call,) = machine.calls
    assert call.headers["content-type"] == "application/cloudevents+json"
    assert not [name for name in call.headers if name.startswith("ce-")]
    envelope = json.loads(call.body)
    assert envelope.pop("knativearrivaltime")
    assert envelope == {
        "specversion": "1.0",
        "id": "1",
        "source": "/t",
        "type": "rag.test",
        "datacontenttype": content_type,
        **member,
    }, remark


def test_a_format_given_by_the_broker_alone_changes_nothing(laptop: Make, run: Run) -> None:
    machine = laptop(delivery=JSON_OUT)
    run(machine.post())
    assert machine.calls[0].headers["ce-id"] == "1"


@pytest.mark.parametrize("write", [to_binary_event, to_structured_event])
@pytest.mark.parametrize("delivery", [None, JSON_OUT])
def test_the_cloudevents_package_understands_both_ways(
    laptop: Make,
    trigger: Make,
    run: Run,
    write: Callable[[CloudEvent], HTTPMessage],
    delivery: Delivery | None,
) -> None:
    data = {"question": "¿Qué?", "n": [1, 2]}
    sent = CloudEvent(
        {
            "id": "x",
            "source": "/lorekeeper/é",
            "type": "a.b",
            "subject": '50% "off"',
            "datacontenttype": "application/json",
        },
        dict(data),
    )
    message = write(sent)
    machine = laptop(triggers=(trigger(delivery=delivery),))
    assert run(machine.post(message.headers, body=message.body)) == 202
    (call,) = machine.calls
    got = from_http_event(HTTPMessage(dict(call.headers), call.body))
    assert got.get_data() == data
    assert got.get_source() == "/lorekeeper/é"
    assert got.get_subject() == '50% "off"'
    assert got.get_time() == sent.get_time()


def test_a_trigger_without_a_broker_is_refused_at_start(trigger: Make) -> None:
    with pytest.raises(UnknownBrokerError, match="rag/t1 listens to the Broker default"):
        build_broker([], [trigger()], http=httpx.AsyncClient())
