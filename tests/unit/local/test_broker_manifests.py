"""The manifests the cluster gets, read as the cluster reads them."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from functions.local.broker import (
    Broker,
    Delivery,
    ManifestError,
    Manifests,
    PingSource,
    Service,
    build_broker,
    read_manifests,
)
from functions.local.broker.durations import Duration
from functions.local.broker.schedules import Schedule

KINDS = {
    "Broker": "eventing.knative.dev/broker_v1",
    "Trigger": "eventing.knative.dev/trigger_v1",
    "PingSource": "sources.knative.dev/pingsource_v1",
}
BROKER = """
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
"""
TRIGGER = """
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: t}
spec:
  broker: default
  subscriber: {uri: http://x/}
"""
PING = """
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: tick}
spec:
  sink: {uri: http://x/}
"""
SERVICE = "apiVersion: serving.knative.dev/v1, kind: Service, name: dead-letter"


def read(folder: Path, text: str, *, namespace: str = "rag") -> Manifests:
    file = folder / "some.yaml"
    file.write_text(text, encoding="utf-8")
    return read_manifests(file, namespace=namespace)


def changed(text: str, **spec: Any) -> str:
    document = yaml.safe_load(text)
    document.setdefault("spec", {}).update(spec)
    return yaml.safe_dump(document)


def test_the_good_examples_are_read(shared: Path) -> None:
    manifests = read_manifests(shared / "schemas/knative/examples/good.yaml")
    assert manifests.brokers == (
        Broker(
            namespace="rag",
            name="default",
            delivery=Delivery(
                retry=5,
                backoff_policy="exponential",
                backoff_delay=1.0,
                timeout=30.0,
                dead_letter="http://fn-dead-letter.rag.svc.cluster.local",
            ),
        ),
    )
    ingest, answers = manifests.triggers
    assert (ingest.broker, ingest.subscriber) == (
        "default",
        "http://fn-ingest.rag.svc.cluster.local/events",
    )
    assert ingest.delivery == Delivery(
        retry=8, backoff_policy="linear", backoff_delay=2.0, timeout=120.0, format="binary"
    )
    assert answers.namespace == "default"
    assert answers.delivery is None
    assert manifests.ping_sources == (
        PingSource(
            namespace="default",
            name="nightly-sweep",
            sink="http://broker-ingress.knative-eventing.svc.cluster.local/default/default",
            schedule=Schedule("15 3 * * *", "Etc/UTC"),
            content_type="application/json",
            data=b'{"sweep":"stale-chunks"}',
            extensions={"sweepkind": "nightly"},
        ),
    )
    assert manifests.services == (
        Service(namespace="rag", name="fn-search", container_concurrency=10, timeout=30),
    )


def test_our_own_manifests_wire_a_broker() -> None:
    manifests = read_manifests(Path(__file__).parents[3] / "knative/base", namespace="lorekeeper")
    build_broker(manifests.brokers, manifests.triggers, http=httpx.AsyncClient())
    assert {trigger.subscriber for trigger in manifests.triggers} <= {
        service.url for service in manifests.services
    }
    assert manifests.ping_sources


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every key."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs:
        if isinstance(node, dict):
            yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))


def renamed(document: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield the document with one key misspelt, for every key but what chooses the schema."""
    for path in paths(document):
        if path in {("apiVersion",), ("kind",)}:
            continue
        mutant = copy.deepcopy(document)
        parent: Any = mutant
        for step in path[:-1]:
            parent = parent[step]
        parent[f"{path[-1]}x"] = parent.pop(path[-1])
        yield path, mutant


def test_every_misspelt_key_gets_the_verdict_of_the_real_schemas(
    shared: Path, tmp_path: Path
) -> None:
    schemas = shared / "schemas/knative"
    judged = 0
    for document in yaml.safe_load_all((schemas / "examples/good.yaml").read_text()):
        if document["kind"] not in KINDS:
            continue
        schema = json.loads((schemas / f"knative/{KINDS[document['kind']]}.json").read_text())
        validator = Draft202012Validator(schema)
        for path, mutant in renamed(document):
            judged += 1
            try:
                read(tmp_path, yaml.safe_dump(mutant))
                accepted = True
            except ManifestError:
                accepted = False
            assert accepted is validator.is_valid(mutant), (document["kind"], path)
    assert judged > 70


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("kind: [", "the file", "while parsing"),
        ("- 1", "kind", "is missing"),
        ("metadata: {name: x}", "kind", "is missing"),
        (BROKER.replace("/v1", "/v1beta1"), "Broker apiVersion", "is not eventing.knative.dev/v1"),
        (BROKER.replace("{name: default}", "{}"), "Broker metadata", "missing required field"),
        (changed(BROKER, delivery={"retry": "5"}), "Broker default spec.delivery.retry", "`int`"),
        (changed(BROKER, delivery={"retry": -1}), "Broker default spec.delivery.retry", ">= 0"),
        (
            changed(BROKER, delivery={"timeout": "30s"}),
            "Broker default spec.delivery.timeout",
            "'30s' is not an ISO 8601 duration",
        ),
        (
            changed(BROKER, delivery={"timeout": "PT0S"}),
            "Broker default spec.delivery",
            "timeout must be more than nothing",
        ),
        (
            changed(BROKER, delivery={"backoffPolicy": "constant"}),
            "Broker default spec.delivery.backoffPolicy",
            "constant",
        ),
        (changed(BROKER, dead="x"), "Broker default spec", "unknown field `dead`"),
        (
            BROKER.replace(
                "{name: default}",
                "{name: d, annotations: {messaging.knative.dev/async-handler: 'yes'}}",
            ),
            "Broker d",
            "false, true",
        ),
        (
            BROKER.replace(
                "{name: default}",
                "{name: d, annotations: {messaging.knative.dev/async-handler: true}}",
            ),
            "Broker d metadata.annotations",
            "Expected `str`, got `bool`",
        ),
        (
            BROKER.replace(
                "{name: default}",
                "{name: d, annotations: {messaging.knative.dev/async-handlr: 'true'}}",
            ),
            "Broker d",
            "not known",
        ),
        (changed(TRIGGER, subscriber={}), "Trigger t spec.subscriber", "needs ref or uri"),
        (changed(TRIGGER, subscriber={"uri": "/x"}), "Trigger t", "is not an http URL"),
        (
            changed(
                TRIGGER,
                subscriber={
                    "uri": "http://x/",
                    "ref": {"apiVersion": "v1", "kind": "Service", "name": "s"},
                },
            ),
            "Trigger t",
            "must be a path",
        ),
        (
            changed(
                TRIGGER,
                subscriber={
                    "ref": {
                        "apiVersion": "messaging.knative.dev/v1",
                        "kind": "Channel",
                        "name": "c",
                    }
                },
            ),
            "Trigger t",
            "cannot reach a messaging.knative.dev Channel",
        ),
        (
            changed(TRIGGER, brokerRef={"apiVersion": "v", "kind": "Broker", "name": "b"}),
            "Trigger t spec",
            "one of them only",
        ),
        (changed(PING, schedule="every day"), "PingSource tick", "is not cron"),
        (changed(PING, schedule="@every 1h"), "PingSource tick", "is not cron"),
        (changed(PING, schedule="0 0 30 2 *"), "PingSource tick", "is not cron"),
        (changed(PING, timezone="Mars/Olympus"), "PingSource tick", "no time zone 'Mars/Olympus'"),
        (changed(PING, data="a", dataBase64="YQ=="), "PingSource tick spec", "not both"),
        (
            changed(PING, data="[1]", contentType="application/json"),
            "PingSource tick",
            "not a JSON object",
        ),
        (changed(PING, ceOverrides={"extensions": {"a-b": "x"}}), "PingSource tick", "regex"),
        (BROKER + "---" + BROKER, "Broker default metadata.name", "was read before"),
    ],
)
def test_a_bad_manifest_is_refused_by_file_and_field(
    tmp_path: Path, text: str, field: str, reason: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, text)
    assert caught.value.file == str(tmp_path / "some.yaml")
    assert caught.value.field.startswith(field), caught.value.message
    assert reason in caught.value.reason


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"nowhere\.yaml"):
        read_manifests(tmp_path / "nowhere.yaml")


def test_folders_are_read_whole_and_other_kinds_passed_over(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "broker.yaml").write_text(f"{BROKER}\n---\n---\n{TRIGGER}", encoding="utf-8")
    (tmp_path / "functions/ping.yml").write_text(PING, encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text("resources: [broker.yaml]", encoding="utf-8")
    (tmp_path / "map.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, data: {a: b}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: ollama}, spec: {}}",
        encoding="utf-8",
    )
    manifests = read_manifests(tmp_path, namespace="rag")
    assert [len(part) for part in (manifests.brokers, manifests.triggers)] == [1, 1]
    assert [source.name for source in manifests.ping_sources] == ["tick"]
    assert manifests.services == ()
    assert manifests.brokers[0].namespace == "rag"


@pytest.mark.parametrize(
    ("value", "asynchronous"), [("'true'", True), ("'false'", False), (None, False)]
)
def test_the_annotation_makes_a_broker_asynchronous(
    tmp_path: Path, value: str | None, *, asynchronous: bool
) -> None:
    annotations = f"messaging.knative.dev/async-handler: {value}" if value else ""
    text = BROKER.replace("{name: default}", f"{{name: d, annotations: {{{annotations}}}}}")
    assert read(tmp_path, text).brokers[0].asynchronous is asynchronous


@pytest.mark.parametrize(
    ("destination", "url", "remark"),
    [
        (f"{{ref: {{{SERVICE}}}}}", "http://dead-letter.rag.svc.cluster.local", "a function"),
        (
            f"{{ref: {{{SERVICE}}}, uri: /letters}}",
            "http://dead-letter.rag.svc.cluster.local/letters",
            "a path below",
        ),
        (
            f"{{ref: {{{SERVICE}, namespace: other}}}}",
            "http://dead-letter.other.svc.cluster.local",
            "another namespace",
        ),
        (
            "{ref: {apiVersion: v1, kind: Service, name: plain}}",
            "http://plain.rag.svc.cluster.local",
            "a Kubernetes Service",
        ),
        (
            "{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: second}}",
            "http://broker-ingress.knative-eventing.svc.cluster.local/rag/second",
            "a Broker",
        ),
        ("{uri: 'https://example.org/x?y=1'}", "https://example.org/x?y=1", "a uri"),
    ],
)
def test_a_destination_becomes_a_url(
    tmp_path: Path, destination: str, url: str, remark: str
) -> None:
    text = f"{TRIGGER}  delivery: {{deadLetterSink: {destination}}}\n"
    delivery = read(tmp_path, text).triggers[0].delivery
    assert delivery == Delivery(dead_letter=url), remark


def test_a_backoff_needs_both_policy_and_delay(tmp_path: Path) -> None:
    texts = ("{retry: 3, backoffPolicy: linear}", "{retry: 3, backoffDelay: PT1S}")
    for text in texts:
        delivery = read(tmp_path, f"{TRIGGER}  delivery: {text}\n").triggers[0].delivery
        assert delivery is not None
        assert [delivery.backoff(retry) for retry in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0.5S", 0.5),
        ("PT0,2S", 0.2),
        ("PT10M", 600),
        ("PT1H2M3S", 3723),
        ("P1D", 86400),
        ("P1W", 604800),
        ("P1DT12H", 129600),
        ("P1Y", 31556952),
        ("P1M", 2629746),
    ],
)
def test_an_iso_duration_becomes_seconds(text: str, seconds: float) -> None:
    assert Duration.parse(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1S", "10s", "PT1X", "PT-1S", "-PT1S", 5, None]
)
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 duration"):
        Duration.parse(text)
