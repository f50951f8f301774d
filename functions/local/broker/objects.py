"""The Knative objects a laptop needs, resolved: URLs for references, seconds for durations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from functions.local.broker.filters import All, Filter
from functions.local.broker.schedules import Schedule

CLUSTER_DOMAIN = "svc.cluster.local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How events are delivered; durations in seconds, ``timeout`` for each attempt."""

    retry: int = 0
    backoff_policy: Literal["linear", "exponential"] | None = None
    backoff_delay: float = 0.0
    timeout: float | None = None
    dead_letter: str | None = None
    format: Literal["json", "binary"] | None = None

    def backoff(self, retry: int) -> float:
        """Return the seconds to wait before a retry, counted from 0.

        Without both a policy and a delay there is no wait; the linear policy's first retry comes
        at once too, as measured.
        """
        if self.backoff_policy is None:
            return 0.0
        factor = 2**retry if self.backoff_policy == "exponential" else retry
        return self.backoff_delay * factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A Broker; ``asynchronous`` answers the producer before anything is delivered."""

    namespace: str
    name: str
    asynchronous: bool = False
    delivery: Delivery | None = None

    @property
    def url(self) -> str:
        """Where producers post."""
        return broker_url(self.name, namespace=self.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A subscription: events of ``broker`` that pass ``filter`` go to the URL ``subscriber``."""

    namespace: str
    name: str
    broker: str
    subscriber: str
    filter: Filter = field(default_factory=All)
    delivery: Delivery | None = None
    uid: str = ""

    @property
    def url(self) -> str:
        """The address that dead letters name as the one that failed: Knative's broker filter."""
        uid = self.uid or uuid5(NAMESPACE_URL, f"{self.namespace}/{self.name}")
        host = f"http://broker-filter.knative-eventing.{CLUSTER_DOMAIN}"
        return f"{host}/triggers/{self.namespace}/{self.name}/{uid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PingSource:
    """A clock that posts ``data`` to the URL ``sink`` when ``schedule`` is due."""

    namespace: str
    name: str
    sink: str
    schedule: Schedule = field(default_factory=Schedule)
    content_type: str = ""
    data: bytes = b""
    extensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A function; ``container_concurrency`` 0 means no limit, ``timeout`` is in seconds."""

    namespace: str
    name: str
    container_concurrency: int = 0
    timeout: int = 300

    @property
    def url(self) -> str:
        """Where the cluster reaches it."""
        return service_url(self.name, namespace=self.namespace)


def service_url(name: str, *, namespace: str) -> str:
    """Return the address of a Service inside the cluster."""
    return f"http://{name}.{namespace}.{CLUSTER_DOMAIN}"


def broker_url(name: str, *, namespace: str) -> str:
    """Return the address of a Broker inside the cluster."""
    return f"http://broker-ingress.knative-eventing.{CLUSTER_DOMAIN}/{namespace}/{name}"
