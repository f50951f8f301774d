"""The words of the Knative manifests the local broker reads, closed as the cluster closes them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from functions.local.broker.durations import Duration

_NonEmpty = Annotated[str, Meta(min_length=1)]
_Texts = Annotated[
    dict[Annotated[str, Meta(pattern="^[a-z][a-z0-9]*$")], _NonEmpty], Meta(min_length=1)
]
_ASYNC_HANDLER = "messaging.knative.dev/async-handler"
_EVENTING = "eventing.knative.dev/"
_COMMON = {f"{_EVENTING}creator", f"{_EVENTING}lastModifier", f"{_EVENTING}injection"}
_BROKER_CLASSES = {"MTChannelBasedBroker", "Kafka", "KafkaNamespaced", "RabbitMQBroker"}


class _Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    pass


class Metadata(_Word, frozen=True):
    """Kubernetes' ObjectMeta; what says nothing to a broker is let through."""

    name: _NonEmpty
    namespace: str | UnsetType = UNSET
    uid: str | UnsetType = UNSET
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}
    creation_timestamp: Any = None
    deletion_grace_period_seconds: int | UnsetType = UNSET
    deletion_timestamp: Any = UNSET
    finalizers: list[str] = []
    generate_name: str | UnsetType = UNSET
    generation: int | UnsetType = UNSET
    managed_fields: list[Any] = []
    owner_references: list[Any] = []
    resource_version: str | UnsetType = UNSET
    self_link: str | UnsetType = UNSET

    def check_annotations(self, allowed: dict[str, set[str] | None]) -> None:
        """Refuse an unknown Knative annotation: the cluster would take it and ignore it."""
        for name, value in self.annotations.items():
            if ".knative.dev/" not in name or name in _COMMON - allowed.keys():
                continue
            if name not in allowed:
                raise ValueError(f"the annotation {name} is not known here")
            values = allowed[name]
            if values is not None and value not in values:
                raise ValueError(f"the annotation {name} is one of {', '.join(sorted(values))}")


class Reference(_Word, frozen=True):
    """A KReference."""

    kind: str
    name: str
    api_version: str = ""
    group: str = ""
    namespace: str | UnsetType = UNSET
    address: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.api_version and not self.group:
            raise ValueError("a reference needs apiVersion")


class Destination(_Word, frozen=True):
    """Where events go: a reference, a URI, or a path below a reference."""

    ref: Reference | UnsetType = UNSET
    uri: _NonEmpty | UnsetType = UNSET
    ca_certs: str | UnsetType = msgspec.field(default=UNSET, name="CACerts")
    audience: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.ref is UNSET and self.uri is UNSET:
            raise ValueError("a destination needs ref or uri")


class DeliverySpec(_Word, frozen=True):
    """How often, how patiently and in what form events are delivered, and where they go at last.

    ``retryAfterMax`` is read and left alone: the cluster's feature for it is off by default.
    """

    dead_letter_sink: Destination | UnsetType = UNSET
    retry: Annotated[int, Meta(ge=0)] = 0
    timeout: Duration | UnsetType = UNSET
    backoff_policy: Literal["linear", "exponential"] | UnsetType = UNSET
    backoff_delay: Duration | UnsetType = UNSET
    retry_after_max: Duration | UnsetType = UNSET
    format: Literal["json", "binary"] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.timeout is not UNSET and not self.timeout:
            raise ValueError("timeout must be more than nothing")


class BrokerSpec(_Word, frozen=True):
    """A Broker's spec."""

    config: Reference | UnsetType = UNSET
    delivery: DeliverySpec | UnsetType = UNSET


class BrokerManifest(_Word, frozen=True):
    """A Broker as written in YAML."""

    api_version: Literal["eventing.knative.dev/v1"]
    kind: Literal["Broker"]
    metadata: Metadata
    spec: BrokerSpec = BrokerSpec()
    status: Any = None

    def __post_init__(self) -> None:
        self.metadata.check_annotations(
            {
                f"{_EVENTING}broker.class": _BROKER_CLASSES,
                "kafka.eventing.knative.dev/external.topic": None,
                _ASYNC_HANDLER: {"true", "false"},
            }
        )

    @property
    def asynchronous(self) -> bool:
        """Whether the producer is answered before the event is delivered."""
        return self.metadata.annotations.get(_ASYNC_HANDLER) == "true"


class AttributesFilter(_Word, frozen=True):
    """A Trigger's `filter`."""

    attributes: dict[Annotated[str, Meta(pattern="^[a-z][a-z0-9]*$")], str] = {}


class FilterSpec(_Word, frozen=True):
    """One entry of a Trigger's `filters`: exactly one dialect."""

    all: "Annotated[list[FilterSpec], Meta(min_length=1)] | UnsetType" = UNSET
    any: "Annotated[list[FilterSpec], Meta(min_length=1)] | UnsetType" = UNSET
    not_: "FilterSpec | UnsetType" = msgspec.field(default=UNSET, name="not")
    exact: _Texts | UnsetType = UNSET
    prefix: _Texts | UnsetType = UNSET
    suffix: _Texts | UnsetType = UNSET
    cesql: _NonEmpty | UnsetType = UNSET

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not UNSET for name in self.__struct_fields__) != 1:
            raise ValueError("a filter has exactly one dialect")

    @property
    def dialect(self) -> str:
        """The name of the one field that is set."""
        return next(name for name in self.__struct_fields__ if getattr(self, name) is not UNSET)

    @property
    def terms(self) -> Any:
        """What the dialect is given: attribute values, parts, or an expression."""
        return getattr(self, self.dialect)


class TriggerSpec(_Word, frozen=True):
    """A Trigger's spec."""

    subscriber: Destination
    broker: str | UnsetType = UNSET
    broker_ref: Reference | UnsetType = UNSET
    filter: AttributesFilter | UnsetType = UNSET
    filters: list[FilterSpec] = []
    delivery: DeliverySpec | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.broker is UNSET) == (self.broker_ref is UNSET):
            raise ValueError("a Trigger has broker or brokerRef, and one of them only")


class TriggerManifest(_Word, frozen=True):
    """A Trigger as written in YAML."""

    api_version: Literal["eventing.knative.dev/v1"]
    kind: Literal["Trigger"]
    metadata: Metadata
    spec: TriggerSpec
    status: Any = None

    def __post_init__(self) -> None:
        self.metadata.check_annotations(
            {
                "kafka.eventing.knative.dev/delivery.order": {"ordered", "unordered"},
                f"{_EVENTING}injection": {"enabled", "disabled"},
            }
        )


class Overrides(_Word, frozen=True):
    """A source's `ceOverrides`."""

    extensions: dict[Annotated[str, Meta(pattern="^[a-z0-9]+$")], str] = {}


class PingSourceSpec(_Word, frozen=True):
    """A PingSource's spec."""

    sink: Destination
    schedule: _NonEmpty = "* * * * *"
    timezone: str = ""
    content_type: str = ""
    data: str | UnsetType = UNSET
    data_base64: str | UnsetType = UNSET
    ce_overrides: Overrides = Overrides()

    def __post_init__(self) -> None:
        if self.data is not UNSET and self.data_base64 is not UNSET:
            raise ValueError("a PingSource has data or dataBase64, not both")


class PingSourceManifest(_Word, frozen=True):
    """A PingSource as written in YAML."""

    api_version: Literal["sources.knative.dev/v1"]
    kind: Literal["PingSource"]
    metadata: Metadata
    spec: PingSourceSpec
    status: Any = None


class RevisionSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What the laptop needs of a Service's template; the rest is the cluster's."""

    container_concurrency: Annotated[int, Meta(ge=0, le=1000)] = 0
    timeout_seconds: Annotated[int, Meta(ge=1)] = 300


class RevisionTemplate(msgspec.Struct, frozen=True):
    """A Service's `spec.template`."""

    spec: RevisionSpec


class ServiceSpec(msgspec.Struct, frozen=True):
    """A Service's spec."""

    template: RevisionTemplate


class ServiceManifest(msgspec.Struct, frozen=True, rename="camel"):
    """A Knative Service as written in YAML."""

    metadata: Metadata
    spec: ServiceSpec
