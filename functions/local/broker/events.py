"""CloudEvents 1.0 over HTTP, both modes, kept byte for byte.

The `cloudevents` package is for those who make or use events. A broker only passes them on: it must
refuse what lacks an id (the package invents one) and may not shorten a time or rewrite data.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, unquote_to_bytes

import msgspec

from functions.runtime.errors import InvalidRequestError

Headers = Iterable[tuple[bytes, bytes]]

STRUCTURED = "application/cloudevents+json"
_REQUIRED = ("specversion", "id", "source", "type")
_NAME = re.compile(r"[a-z0-9]+")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+(/[\w!#$&^.+-]+)?[ \t]*(;[\x20-\x7e\t]*)?", re.ASCII)
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_JSON = re.compile(r"[^/;]+/([^;]+\+)?json[ \t]*(;.*)?", re.IGNORECASE)
# The HTTP binding lets U+0021 to U+007E stand, but for the quotation mark and the percent sign.
_UNQUOTED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in {'"', "%"})


class InvalidEventError(InvalidRequestError):
    """The request holds no valid CloudEvent. Check its ce- headers and send it again."""

    code = "invalid_event"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: every attribute as text, the data as the bytes they came in."""

    attributes: Mapping[str, str]
    data: bytes = b""

    def extended(self, extensions: Mapping[str, str]) -> "Event":
        """Return the event with these attributes set."""
        return replace(self, attributes={**self.attributes, **extensions})

    def without(self, name: str) -> "Event":
        """Return the event with one attribute gone."""
        kept = {key: value for key, value in self.attributes.items() if key != name}
        return replace(self, attributes=kept)


def is_event(headers: Headers) -> bool:
    """Tell whether a message claims to be an event, well formed or not."""
    fields = _fields(headers)
    return "ce-specversion" in fields or _media_type(fields).startswith("application/cloudevents")


def read_event(headers: Headers, body: bytes) -> Event:
    """Read an event in binary or structured mode; raise InvalidEventError for anything else."""
    fields = _fields(headers)
    media_type = _media_type(fields)
    if media_type == STRUCTURED:
        event = _read_structured(body)
    elif media_type.startswith("application/cloudevents"):
        raise InvalidEventError(f"Events in {media_type} are not taken: send one at a time.")
    else:
        event = Event(_read_attributes(fields), body)
    _check(event.attributes)
    return event


def write_event(event: Event, *, structured: bool = False) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a request or response that carries the event."""
    if structured:
        return {"content-type": STRUCTURED}, _write_structured(event)
    headers = {
        f"ce-{name}": quote(value, safe=_UNQUOTED)
        for name, value in event.attributes.items()
        if name != "datacontenttype"
    }
    if content_type := event.attributes.get("datacontenttype"):
        headers["content-type"] = content_type
    return headers, event.data


def _fields(headers: Headers) -> dict[str, bytes]:
    fields: dict[str, bytes] = {}
    for name, value in headers:
        # Of a header sent twice Knative reads the first.
        fields.setdefault(name.decode("latin-1").lower(), value)
    return fields


def _media_type(fields: Mapping[str, bytes]) -> str:
    content_type = fields.get("content-type", b"").decode("latin-1")
    return content_type.partition(";")[0].strip().lower()


def _read_attributes(fields: Mapping[str, bytes]) -> dict[str, str]:
    attributes = {
        name.removeprefix("ce-"): _unescape(value)
        for name, value in fields.items()
        if name.startswith("ce-")
    }
    if "datacontenttype" in attributes:
        raise InvalidEventError("A binary event names its data's type in Content-Type alone.")
    if content_type := fields.get("content-type"):
        attributes["datacontenttype"] = content_type.decode("latin-1")
    return attributes


def _unescape(value: bytes) -> str:
    if len(value) > 1 and value.startswith(b'"') and value.endswith(b'"'):
        # Older senders quote a value instead of percent-encoding it.
        value = re.sub(rb"\\(.)", rb"\1", value[1:-1])
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError as error:
        raise InvalidEventError("An attribute's value is not UTF-8.") from error


def _read_structured(body: bytes) -> Event:
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidEventError("A structured event is one JSON object.") from error
    data, encoded = members.pop("data", None), members.pop("data_base64", None)
    if data is not None and encoded is not None:
        raise InvalidEventError("An event has data or data_base64, not both.")
    attributes = {
        name.lower(): text
        for name, raw in members.items()
        if (text := _attribute_text(name, msgspec.json.decode(raw))) is not None
    }
    if encoded is not None:
        return Event(attributes, _decode_base64(encoded))
    if data is None:
        return Event(attributes)
    # No type in the JSON format means JSON; said aloud, binary mode keeps it.
    content_type = attributes.setdefault("datacontenttype", "application/json")
    return Event(attributes, bytes(data) if _JSON.fullmatch(content_type) else _plain_text(data))


def _attribute_text(name: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise InvalidEventError(f"The attribute {name} is neither text, number nor truth value.")


def _decode_base64(raw: msgspec.Raw) -> bytes:
    try:
        return b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidEventError("data_base64 is not base64.") from error


def _plain_text(raw: msgspec.Raw) -> bytes:
    try:
        return msgspec.json.decode(raw, type=str).encode()
    except msgspec.DecodeError as error:
        raise InvalidEventError("Data of a type other than JSON is a string.") from error


def _check(attributes: Mapping[str, str]) -> None:
    for name in _REQUIRED:
        if not attributes.get(name, "").strip():
            raise InvalidEventError(f"The event has no {name}.")
    if attributes["specversion"] != "1.0":
        raise InvalidEventError("Only CloudEvents 1.0 are taken.")
    for name in attributes:
        if name == "data" or _NAME.fullmatch(name) is None:
            raise InvalidEventError(f"{name!r} is no attribute name: a-z and 0-9 only.")
    _check_time(attributes.get("time"))
    if not _MEDIA_TYPE.fullmatch(attributes.get("datacontenttype", "text/plain")):
        raise InvalidEventError("datacontenttype is not a media type.")
    if not _ABSOLUTE_URI.fullmatch(attributes.get("dataschema", "urn:none")):
        raise InvalidEventError("dataschema is not an absolute URI.")


def _check_time(time: str | None) -> None:
    if time is None:
        return
    try:
        well_formed = _RFC_3339.fullmatch(time) and datetime.fromisoformat(time)
    except ValueError:
        well_formed = None
    if not well_formed:
        raise InvalidEventError("time is not an RFC 3339 timestamp.")


def _write_structured(event: Event) -> bytes:
    envelope: dict[str, object] = dict(event.attributes)
    if event.data:
        envelope |= _data_member(event)
    return msgspec.json.encode(envelope)


def _data_member(event: Event) -> dict[str, object]:
    content_type = event.attributes.get("datacontenttype", "application/json")
    try:
        if _JSON.fullmatch(content_type):
            msgspec.json.decode(event.data, type=msgspec.Raw)
            return {"data": msgspec.Raw(event.data)}
        return {"data": event.data.decode()}
    except (UnicodeDecodeError, msgspec.DecodeError):
        return {"data_base64": event.data}
