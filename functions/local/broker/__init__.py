from functions.local.broker.app import build_broker
from functions.local.broker.chaos import Chaos
from functions.local.broker.dispatch import Dispatcher
from functions.local.broker.manifests import ManifestError, Manifests, read_manifests
from functions.local.broker.objects import Broker, Delivery, PingSource, Service, Trigger

__all__ = [
    "Broker",
    "Chaos",
    "Delivery",
    "Dispatcher",
    "ManifestError",
    "Manifests",
    "PingSource",
    "Service",
    "Trigger",
    "build_broker",
    "read_manifests",
]
