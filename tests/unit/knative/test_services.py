"""The Knative Services: what a schema cannot say about one, and how they fit together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.settings import Settings

Manifest = dict[str, Any]

FUNCTIONS = {"discord", "ingest", "search", "generate", "sweep"}
SCALING = "autoscaling.knative.dev/"
# What needs no feature flag in the cluster.
PLAIN_FIELDS = {
    "serviceAccountName",
    "automountServiceAccountToken",
    "containerConcurrency",
    "timeoutSeconds",
    "responseStartTimeoutSeconds",
    "idleTimeoutSeconds",
    "containers",
    "volumes",
}
RESERVED = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}


def _services(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {
        item["metadata"]["name"]: item
        for item in manifests
        if item["apiVersion"] == "serving.knative.dev/v1"
    }


def _specifications(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for name, item in _services(manifests).items():
        yield name, item["spec"]["template"]["spec"]


def _scale(service: Manifest, annotation: str) -> int:
    return int(service["spec"]["template"]["metadata"]["annotations"][SCALING + annotation])


def test_every_function_is_one_service_in_a_file_of_its_name(root: Path) -> None:
    for name in FUNCTIONS:
        text = (root / "knative" / "base" / f"{name}.yaml").read_text()
        assert re.findall(r"(?m)^  name: (\w+)$", text) == [name]


def test_every_function_runs_its_own_folder(root: Path, manifests: list[Manifest]) -> None:
    services = _services(manifests)
    assert set(services) == FUNCTIONS
    for name, specification in _specifications(manifests):
        (container,) = specification["containers"]
        assert container["command"] == ["python", "-m", f"functions.{name}"]
        assert (root / "functions" / name).is_dir()


def test_only_discord_is_public(manifests: list[Manifest]) -> None:
    visibility = "networking.knative.dev/visibility"
    public = {
        name
        for name, item in _services(manifests).items()
        if item["metadata"]["labels"].get(visibility) != "cluster-local"
    }
    assert public == {"discord"}


def test_the_largest_scale_is_set_and_not_below_the_smallest(manifests: list[Manifest]) -> None:
    for name, item in _services(manifests).items():
        assert 0 <= _scale(item, "min-scale") <= _scale(item, "max-scale"), name
        assert _scale(item, "max-scale") >= 1, name


def test_no_partial_timeout_exceeds_the_whole(manifests: list[Manifest]) -> None:
    for name, specification in _specifications(manifests):
        whole = specification["timeoutSeconds"]
        # Below 45 s Knative has no time to drain a pod before it is killed.
        assert 45 <= whole <= 600, name
        # Left out it is 300 s: who answers later is cut off, and its pod may be taken away at work.
        until_answered = specification.get("responseStartTimeoutSeconds", min(whole, 300))
        assert until_answered <= whole, name
        assert whole <= 300 or until_answered > 300, name
        assert specification.get("idleTimeoutSeconds", 0) <= whole, name


def test_readiness_is_probed_often_and_over_http(manifests: list[Manifest]) -> None:
    for name, specification in _specifications(manifests):
        probe = specification["containers"][0]["readinessProbe"]
        # Every 50 ms; it excludes a failure threshold and a timeout of its own.
        assert probe == {"httpGet": {"path": "/readyz"}, "periodSeconds": 0}, name


def test_no_service_needs_a_feature_flag(manifests: list[Manifest]) -> None:
    for name, specification in _specifications(manifests):
        assert set(specification) <= PLAIN_FIELDS, name
        assert all(set(volume) <= {"name", "emptyDir"} for volume in specification["volumes"])


def test_no_service_sets_what_knative_injects(manifests: list[Manifest]) -> None:
    for name, specification in _specifications(manifests):
        variables = {variable["name"] for variable in specification["containers"][0]["env"]}
        assert not variables & RESERVED, name


@pytest.mark.parametrize("environment", ["base", "production"])
def test_discord_never_sleeps_where_members_wait(
    environment: str, request: pytest.FixtureRequest
) -> None:
    services = _services(request.getfixturevalue(environment))
    sleepers = {name for name, item in services.items() if _scale(item, "min-scale") == 0}
    assert sleepers == FUNCTIONS - {"discord"}


def test_development_runs_one_pod_of_each_and_lets_discord_sleep(
    development: list[Manifest],
) -> None:
    services = _services(development)
    assert {_scale(item, "max-scale") for item in services.values()} == {1}
    assert _scale(services["discord"], "min-scale") == 0
    annotations = services["discord"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations[SCALING + "scale-to-zero-pod-retention-period"] == "30m"


def _stateful(manifests: list[Manifest], name: str) -> Manifest:
    """The one container of a StatefulSet."""
    sets = {item["metadata"]["name"]: item for item in manifests if item["kind"] == "StatefulSet"}
    (container,) = sets[name]["spec"]["template"]["spec"]["containers"]
    found: Manifest = container
    return found


def _slots(manifests: list[Manifest]) -> tuple[int, int]:
    """How many answers the queue lets through, and how many the model server writes at once."""
    (settings,) = [item["data"] for item in manifests if item["kind"] == "ConfigMap"]
    environment = {item["name"]: item["value"] for item in _stateful(manifests, "ollama")["env"]}
    return int(settings["LORE_MODEL_SLOTS"]), int(environment["OLLAMA_NUM_PARALLEL"])


def test_the_queue_lets_as_many_write_as_the_model_has_slots(manifests: list[Manifest]) -> None:
    allowed, slots = _slots(manifests)
    assert allowed == slots
    service = _services(manifests)["generate"]["spec"]["template"]["spec"]
    # Who is refused, or only asks for its place in line, must not wait for those who write.
    assert service["containerConcurrency"] >= 4 * slots


def test_all_pools_at_their_largest_fit_into_postgresql(manifests: list[Manifest]) -> None:
    pool = Settings().database_pool
    pods = sum(_scale(item, "max-scale") for item in _services(manifests).values())
    (scaler,) = [item for item in manifests if item["kind"] == "HorizontalPodAutoscaler"]
    pods += scaler["spec"]["maxReplicas"]
    limit = re.search(r"max_connections=(\d+)", " ".join(_stateful(manifests, "postgres")["args"]))
    assert limit is not None
    # Three are the superuser's, and one is the migrations'.
    assert pods * pool + 4 <= int(limit[1])


def test_the_gateways_scale_between_their_bounds(manifests: list[Manifest]) -> None:
    (scaler,) = [item for item in manifests if item["kind"] == "HorizontalPodAutoscaler"]
    assert 1 <= scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"] <= 4
    (gateway,) = [item for item in manifests if item["kind"] == "Deployment"]
    # A count in the Deployment would undo the autoscaler's at every apply.
    assert "replicas" not in gateway["spec"]
