"""Broker, Triggers and PingSource: no event without a way, none lost without a trace."""

import re
from typing import Any

import pytest

Manifest = dict[str, Any]

ROUTES = {
    "dev.lorekeeper.document.uploaded.v1": "ingest",
    "dev.lorekeeper.question.asked.v1": "generate",
}
CLASS = "eventing.knative.dev/broker.class"
ASYNCHRONOUS = "messaging.knative.dev/async-handler"


def _of(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [item for item in manifests if item["kind"] == kind]


def _services(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {
        item["metadata"]["name"]: item
        for item in manifests
        if item["apiVersion"] == "serving.knative.dev/v1"
    }


def _config_map(manifests: list[Manifest], name: str) -> Manifest:
    return {item["metadata"]["name"]: item for item in _of(manifests, "ConfigMap")}[name]


def _seconds(duration: str) -> float:
    found = re.fullmatch(r"PT([\d.]+)S", duration)
    assert found is not None, f"{duration} is not in seconds"
    return float(found[1])


def _target(destination: Manifest, manifests: list[Manifest]) -> str:
    reference = destination["ref"]
    assert reference["apiVersion"] == "serving.knative.dev/v1"
    assert reference["namespace"] == "lorekeeper"
    assert reference["name"] in _services(manifests)
    return str(reference["name"])


def test_each_kind_of_event_goes_to_its_one_function(manifests: list[Manifest]) -> None:
    triggers = _of(manifests, "Trigger")
    found = {
        item["spec"]["filter"]["attributes"]["type"]: _target(item["spec"]["subscriber"], manifests)
        for item in triggers
    }
    assert found == ROUTES
    assert len(triggers) == len(ROUTES)


def test_every_trigger_names_a_broker_of_its_namespace(manifests: list[Manifest]) -> None:
    (broker,) = _of(manifests, "Broker")
    for trigger in _of(manifests, "Trigger"):
        assert trigger["spec"]["broker"] == broker["metadata"]["name"] == "default"
        assert trigger["metadata"]["namespace"] == broker["metadata"]["namespace"]


def test_every_delivery_is_retried_and_then_recorded(manifests: list[Manifest]) -> None:
    carriers = _of(manifests, "Trigger") + _of(manifests, "Broker")
    assert len(carriers) == len(ROUTES) + 1
    for item in carriers:
        delivery = item["spec"]["delivery"]
        assert delivery["retry"] >= 10
        assert delivery["backoffPolicy"] == "exponential"
        assert 0 < _seconds(delivery["backoffDelay"]) <= 1
        assert _target(delivery["deadLetterSink"], manifests) == "sweep"
        assert delivery["deadLetterSink"]["uri"] == "/dead-letters"


def test_a_delivery_outlasts_the_function_it_waits_for(manifests: list[Manifest]) -> None:
    services = _services(manifests)
    for trigger in _of(manifests, "Trigger"):
        function = services[_target(trigger["spec"]["subscriber"], manifests)]
        limit = function["spec"]["template"]["spec"]["timeoutSeconds"]
        # Shorter, and the broker doubles running work; much longer, and a lost call blocks a slot.
        assert limit < _seconds(trigger["spec"]["delivery"]["timeout"]) <= limit + 30


def test_the_sweep_is_called_directly_every_ten_seconds(manifests: list[Manifest]) -> None:
    (source,) = _of(manifests, "PingSource")
    assert source["spec"]["schedule"] == "*/10 * * * * *"
    assert _target(source["spec"]["sink"], manifests) == "sweep"
    assert "uri" not in source["spec"]["sink"]


@pytest.mark.parametrize("environment", ["base", "development"])
def test_the_broker_in_memory_answers_before_it_delivers(
    environment: str, request: pytest.FixtureRequest
) -> None:
    (broker,) = _of(request.getfixturevalue(environment), "Broker")
    assert broker["metadata"]["annotations"] == {
        CLASS: "MTChannelBasedBroker",
        ASYNCHRONOUS: "true",
    }


def test_production_keeps_its_events_on_disk(production: list[Manifest]) -> None:
    (broker,) = _of(production, "Broker")
    assert broker["metadata"]["annotations"] == {CLASS: "Kafka"}
    configuration = broker["spec"]["config"]
    settings = _config_map(production, configuration["name"])
    assert configuration["namespace"] == settings["metadata"]["namespace"]
    assert int(settings["data"]["default.topic.replication.factor"]) >= 3


def test_no_manifest_asks_for_a_channel_in_memory(manifests: list[Manifest]) -> None:
    assert "InMemoryChannel" not in str(manifests)


def test_events_are_sent_to_the_broker_that_is_there(manifests: list[Manifest]) -> None:
    (broker,) = _of(manifests, "Broker")
    kafka = broker["metadata"]["annotations"][CLASS] == "Kafka"
    host = "kafka-broker-ingress" if kafka else "broker-ingress"
    settings = _config_map(manifests, "lorekeeper-settings")
    address = f"http://{host}.knative-eventing.svc.cluster.local/lorekeeper/default"
    assert settings["data"]["K_SINK"] == address
