"""What holds for every manifest, in the base and in both overlays."""

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from functions.runtime.settings import Settings

Manifest = dict[str, Any]
Check = Callable[[Manifest], list[str]]


@pytest.fixture(scope="session")
def schema_errors(shared: Path) -> Check:
    script = shared / "schemas" / "knative" / "check.py"
    if not script.is_file():
        pytest.skip("the Knative and Kubernetes schemas are not beside this checkout")
    specification = importlib.util.spec_from_file_location("schema_check", script)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    errors: Check = module.errors
    return errors


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _pod(manifest: Manifest) -> Manifest | None:
    """The pod that a manifest makes, if it makes any."""
    template = manifest.get("spec", {}).get("template")
    return template["spec"] if template else None


def _pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for manifest in manifests:
        if (pod := _pod(manifest)) is not None:
            yield _name(manifest), pod


def _containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for name, pod in _pods(manifests):
        for container in pod["containers"]:
            yield f"{name}/{container['name']}", container


def _named(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item for item in manifests if item["kind"] == kind}


def test_every_manifest_satisfies_its_schema(
    manifests: list[Manifest], schema_errors: Check
) -> None:
    assert {_name(item): schema_errors(item) for item in manifests if schema_errors(item)} == {}


def test_nothing_is_defined_twice(manifests: list[Manifest]) -> None:
    counts = Counter((item["apiVersion"], _name(item)) for item in manifests)
    assert [name for name, count in counts.items() if count > 1] == []


def test_everything_lives_in_the_one_namespace(manifests: list[Manifest]) -> None:
    elsewhere = [
        _name(item)
        for item in manifests
        if item["kind"] != "Namespace" and item["metadata"].get("namespace") != "lorekeeper"
    ]
    assert elsewhere == []


def test_the_namespace_refuses_whatever_is_not_restricted(manifests: list[Manifest]) -> None:
    labels = _named(manifests, "Namespace")["lorekeeper"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_kustomization_takes_every_file_of_the_base(root: Path) -> None:
    folder = root / "knative" / "base"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(listed) == sorted(files)


@pytest.mark.parametrize("overlay", ["development", "production"])
def test_every_file_of_an_overlay_is_used_and_every_patch_has_a_target(
    root: Path, base: list[Manifest], overlay: str
) -> None:
    folder = root / "knative" / "overlays" / overlay
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    patches = [patch["path"] for patch in kustomization["patches"] if "path" in patch]
    added = [name for name in kustomization["resources"] if name != "../../base"]
    files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(patches + added) == sorted(files)
    known = {(item["apiVersion"], _name(item)) for item in base}
    for patch in patches:
        item = yaml.safe_load((folder / patch).read_text())
        assert (item["apiVersion"], _name(item)) in known, patch


def test_every_container_is_hardened(manifests: list[Manifest]) -> None:
    found = {name: item.get("securityContext", {}) for name, item in _containers(manifests)}
    assert found
    for name, context in found.items():
        assert context.get("runAsNonRoot") is True, name
        assert context.get("runAsUser", 0) > 0, name
        assert context.get("allowPrivilegeEscalation") is False, name
        assert context.get("readOnlyRootFilesystem") is True, name
        assert context.get("capabilities") == {"drop": ["ALL"]}, name
        assert context.get("seccompProfile") == {"type": "RuntimeDefault"}, name


def test_no_pod_gets_a_token_for_the_kubernetes_api(manifests: list[Manifest]) -> None:
    accounts = _named(manifests, "ServiceAccount")
    assert all(item["automountServiceAccountToken"] is False for item in accounts.values())
    for name, pod in _pods(manifests):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["serviceAccountName"] in accounts, name


def test_every_container_can_write_to_tmp(manifests: list[Manifest]) -> None:
    for name, container in _containers(manifests):
        assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]], name  # noqa: S108


def test_every_volume_is_mounted_and_every_mount_has_a_volume(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if (pod := _pod(manifest)) is None:
            continue
        claims = manifest["spec"].get("volumeClaimTemplates", [])
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        volumes |= {claim["metadata"]["name"] for claim in claims}
        mounts = {mount["name"] for item in pod["containers"] for mount in item["volumeMounts"]}
        assert volumes == mounts, _name(manifest)


def test_every_container_states_what_memory_it_may_use(manifests: list[Manifest]) -> None:
    for name, container in _containers(manifests):
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
        # A CPU limit stretches a cold start more than anything else does.
        assert set(container["resources"]["limits"]) == {"memory"}, name


def test_every_image_is_pinned_to_a_version(manifests: list[Manifest]) -> None:
    for name, container in _containers(manifests):
        _, _, tag = container["image"].rpartition(":")
        assert re.search(r"\d", tag), name
        assert tag != "latest", name


def _example_secrets(root: Path) -> dict[str, str]:
    lines = (root / "knative" / "secrets.example.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_secrets_come_by_reference_and_each_key_is_documented(
    root: Path, manifests: list[Manifest]
) -> None:
    used: set[str] = set()
    for name, container in _containers(manifests):
        for variable in container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                assert reference["name"] == "lorekeeper-secrets", name
                used.add(reference["key"])
            else:
                assert not re.search(r"PASSWORD|SECRET|TOKEN|DATABASE", variable["name"]), name
    assert used == set(_example_secrets(root))
    assert "Secret" not in {item["kind"] for item in manifests}


def test_the_example_of_the_secrets_holds_none(root: Path) -> None:
    filled = {key: value for key, value in _example_secrets(root).items() if value}
    assert sorted(filled) == ["LORE_DATABASE_OWNER_URL", "LORE_DATABASE_URL"]
    assert ":POSTGRES_PASSWORD@" in filled["LORE_DATABASE_OWNER_URL"]
    assert ":LORE_DATABASE_PASSWORD@" in filled["LORE_DATABASE_URL"]


def test_only_the_migrations_connect_as_the_owner(manifests: list[Manifest]) -> None:
    holders = {
        name
        for name, container in _containers(manifests)
        for variable in container.get("env", [])
        if variable.get("valueFrom", {}).get("secretKeyRef", {}).get("key")
        == "LORE_DATABASE_OWNER_URL"
    }
    assert holders == {"Job/migrate/migrate"}


def test_every_config_map_that_is_read_exists(manifests: list[Manifest]) -> None:
    known = _named(manifests, "ConfigMap")
    for name, container in _containers(manifests):
        for source in container.get("envFrom", []):
            assert source["configMapRef"]["name"] in known, name


def test_every_variable_is_one_that_the_programs_read(manifests: list[Manifest]) -> None:
    read = {field.encode_name for field in msgspec.structs.fields(Settings)}
    read |= {"PORT", "LORE_DATABASE_PASSWORD"}
    assert set(_named(manifests, "ConfigMap")["lorekeeper-settings"]["data"]) <= read
    for name, container in _containers(manifests):
        if container["image"].rpartition(":")[0].endswith("lorekeeper/functions"):
            assert {variable["name"] for variable in container.get("env", [])} <= read, name


def test_a_plain_service_finds_the_pods_and_the_port_it_names(manifests: list[Manifest]) -> None:
    plain = [item for item in manifests if (item["apiVersion"], item["kind"]) == ("v1", "Service")]
    assert sorted(item["metadata"]["name"] for item in plain) == ["gateway", "ollama", "postgres"]
    for item in plain:
        assert item["spec"].get("type", "ClusterIP") == "ClusterIP"
        wanted = item["spec"]["selector"].items()
        templates = [other["spec"]["template"] for other in manifests if _pod(other)]
        (pod,) = [
            template["spec"]
            for template in templates
            if wanted <= template["metadata"]["labels"].items()
        ]
        ports = {port["name"] for port in pod["containers"][0]["ports"]}
        assert {port["targetPort"] for port in item["spec"]["ports"]} <= ports


def test_a_workload_selects_its_own_pods(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest["kind"] in {"Deployment", "StatefulSet"}:
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"].items() <= labels.items()
