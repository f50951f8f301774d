"""From a manifest's words to the objects the broker works with."""

from base64 import b64decode
from functools import singledispatch
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from functions.local.broker import schemas
from functions.local.broker.cesql import parse_cesql
from functions.local.broker.filters import (
    All,
    AnyOf,
    Attributes,
    Cesql,
    Exact,
    Filter,
    Not,
    Prefix,
    Suffix,
)
from functions.local.broker.objects import (
    Broker,
    Delivery,
    PingSource,
    Service,
    Trigger,
    broker_url,
    service_url,
)
from functions.local.broker.schedules import Schedule

_ADDRESSES = {
    ("serving.knative.dev", "Service"): service_url,
    ("v1", "Service"): service_url,
    ("eventing.knative.dev", "Broker"): broker_url,
}
_JOINS: dict[str, type[All | AnyOf]] = {"all": All, "any": AnyOf}
_COMPARISONS: dict[str, type[Exact | Prefix | Suffix]] = {
    "exact": Exact,
    "prefix": Prefix,
    "suffix": Suffix,
}


@singledispatch
def resolve(word: object, *, namespace: str) -> Broker | Trigger | PingSource | Service:
    """Return the object a manifest describes; raise ValueError for what the words cannot refuse."""
    raise NotImplementedError(f"{word!r} in {namespace}")


@resolve.register
def _broker(word: schemas.BrokerManifest, *, namespace: str) -> Broker:
    return Broker(
        namespace=namespace,
        name=word.metadata.name,
        asynchronous=word.asynchronous,
        delivery=_delivery(word.spec.delivery, namespace=namespace),
    )


@resolve.register
def _trigger(word: schemas.TriggerManifest, *, namespace: str) -> Trigger:
    spec = word.spec
    return Trigger(
        namespace=namespace,
        name=word.metadata.name,
        broker=_broker_name(spec, namespace=namespace),
        subscriber=_address(spec.subscriber, namespace=namespace),
        filter=_trigger_filter(spec),
        delivery=_delivery(spec.delivery, namespace=namespace),
        uid=word.metadata.uid or "",
    )


@resolve.register
def _ping_source(word: schemas.PingSourceManifest, *, namespace: str) -> PingSource:
    spec = word.spec
    return PingSource(
        namespace=namespace,
        name=word.metadata.name,
        sink=_address(spec.sink, namespace=namespace),
        schedule=Schedule.parse(spec.schedule, timezone=spec.timezone),
        content_type=spec.content_type,
        data=_ping_data(spec),
        extensions=spec.ce_overrides.extensions,
    )


@resolve.register
def _service(word: schemas.ServiceManifest, *, namespace: str) -> Service:
    revision = word.spec.template.spec
    return Service(
        namespace=namespace,
        name=word.metadata.name,
        container_concurrency=revision.container_concurrency,
        timeout=revision.timeout_seconds,
    )


def _broker_name(spec: schemas.TriggerSpec, *, namespace: str) -> str:
    if not isinstance(spec.broker, UnsetType):
        return spec.broker
    reference = spec.broker_ref
    if isinstance(reference, UnsetType) or reference.namespace not in {UNSET, namespace}:
        raise ValueError("spec.brokerRef.namespace: a Trigger listens in its own namespace only")
    return reference.name


def _trigger_filter(spec: schemas.TriggerSpec) -> Filter:
    if spec.filters:
        return All(tuple(_filter(part) for part in spec.filters))
    return All() if isinstance(spec.filter, UnsetType) else Attributes(spec.filter.attributes)


def _filter(spec: schemas.FilterSpec) -> Filter:
    dialect, terms = spec.dialect, spec.terms
    if dialect in _JOINS:
        return _JOINS[dialect](tuple(map(_filter, terms)))
    if dialect == "not_":
        return Not(_filter(terms))
    if dialect == "cesql":
        return Cesql(parse_cesql(terms))
    return _COMPARISONS[dialect](terms)


def _delivery(spec: schemas.DeliverySpec | UnsetType, *, namespace: str) -> Delivery | None:
    if isinstance(spec, UnsetType):
        return None
    sink = spec.dead_letter_sink
    dead_letter = None if isinstance(sink, UnsetType) else _address(sink, namespace=namespace)
    return Delivery(
        retry=spec.retry,
        backoff_policy=spec.backoff_policy or None,
        backoff_delay=float(spec.backoff_delay or 0),
        timeout=spec.timeout or None,
        dead_letter=dead_letter,
        format=spec.format or None,
    )


def _address(destination: schemas.Destination, *, namespace: str) -> str:
    reference, uri = destination.ref, destination.uri or ""
    absolute = urlsplit(uri).scheme in {"http", "https"} and bool(urlsplit(uri).netloc)
    if isinstance(reference, UnsetType):
        if not absolute:
            raise ValueError(
                f"the uri {uri!r} is not an http URL, and there is no ref to add it to"
            )
        return uri
    if absolute:
        raise ValueError(f"the uri {uri!r} beside a ref must be a path")
    group = (reference.group or reference.api_version).partition("/")[0]
    address = _ADDRESSES.get((group, reference.kind))
    if address is None:
        raise ValueError(
            f"the local broker cannot reach a {group} {reference.kind}; a Knative Service, a "
            "Kubernetes Service, a Broker or a uri will do"
        )
    url = address(reference.name, namespace=reference.namespace or namespace)
    return urljoin(f"{url}/", uri) if uri else url


def _ping_data(spec: schemas.PingSourceSpec) -> bytes:
    data = b64decode(spec.data_base64, validate=True) if spec.data_base64 else b""
    if spec.data:
        data = spec.data.encode()
    if data and spec.content_type == "application/json":
        try:
            # The admission webhook takes objects only: no array, no bare value.
            msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        except msgspec.DecodeError as error:
            raise ValueError("spec.data: is not a JSON object, as contentType says") from error
    return data
