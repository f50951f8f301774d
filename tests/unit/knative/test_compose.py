"""docker-compose.yml: every part, closed to the outside, wired by the names of the cluster."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from functions.runtime.settings import Settings

Part = dict[str, Any]

FUNCTIONS = {"discord", "ingest", "search", "generate", "sweep"}
ONE_SHOT = {"migrate", "chat-model"}
OURS = FUNCTIONS | {"gateway", "broker", "migrate", "chat-model"}


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def compose(text: str) -> Part:
    read: Part = yaml.safe_load(text)
    return read


@pytest.fixture(scope="module")
def parts(compose: Part) -> dict[str, Part]:
    found: dict[str, Part] = compose["services"]
    return found


def _on_network(parts: dict[str, Part], network: str) -> set[str]:
    return {name for name, part in parts.items() if network in part["networks"]}


def test_every_part_of_the_system_is_there(parts: dict[str, Part]) -> None:
    assert set(parts) == OURS | {"postgres", "ollama"}


def test_our_parts_run_one_image_and_each_its_own_program(parts: dict[str, Part]) -> None:
    assert {parts[name]["image"] for name in OURS} == {"lorekeeper/functions:0.1.0"}
    assert all("build" in parts[name] for name in OURS)
    for name in FUNCTIONS:
        assert parts[name]["command"] == ["python", "-m", f"functions.{name}"]
    assert parts["gateway"]["command"] == ["python", "-m", "gateway"]


def test_images_are_those_of_the_cluster(parts: dict[str, Part], base: list[Part]) -> None:
    templates = [item["spec"]["template"] for item in base if "template" in item.get("spec", {})]
    images = {item["image"] for template in templates for item in template["spec"]["containers"]}
    assert {part["image"] for part in parts.values()} == images


def test_whatever_keeps_running_has_a_health_check(parts: dict[str, Part]) -> None:
    assert {name for name, part in parts.items() if "healthcheck" not in part} == ONE_SHOT


def test_nothing_starts_before_what_it_needs(parts: dict[str, Part]) -> None:
    for name in FUNCTIONS | {"gateway"}:
        assert parts[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "broker": {"condition": "service_healthy"},
        }
    assert parts["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_only_the_gateway_and_the_webhook_are_published_and_only_locally(
    parts: dict[str, Part],
) -> None:
    published = {name: part["ports"] for name, part in parts.items() if "ports" in part}
    assert set(published) == {"gateway", "discord"}
    for ports in published.values():
        assert all(port.startswith("${LORE_BIND:-127.0.0.1}:") for port in ports)


def test_the_database_is_on_a_network_without_a_way_out(
    compose: Part, parts: dict[str, Part]
) -> None:
    assert parts["postgres"]["networks"] == ["database"]
    assert compose["networks"]["database"] == {"internal": True}
    assert compose["networks"]["events"] == {"internal": True}
    assert _on_network(parts, "database") == FUNCTIONS | {"gateway", "migrate", "postgres"}


def test_the_model_server_is_on_a_network_without_a_way_in(
    compose: Part, parts: dict[str, Part]
) -> None:
    assert parts["ollama"]["networks"] == ["model", "library"]
    assert compose["networks"]["model"] == {"internal": True}
    callers = {"generate", "ingest", "search"}
    assert _on_network(parts, "model") == callers | {"ollama", "chat-model"}


def test_only_who_must_has_a_way_to_the_outside(parts: dict[str, Part]) -> None:
    assert _on_network(parts, "public") == {"discord", "gateway", "ingest", "generate"}
    assert _on_network(parts, "library") == {"ollama"}


def test_the_queue_lets_as_many_write_as_the_model_has_slots(parts: dict[str, Part]) -> None:
    slots = parts["ollama"]["environment"]["OLLAMA_NUM_PARALLEL"]
    for name in ("generate", "sweep"):
        assert parts[name]["environment"]["LORE_MODEL_SLOTS"] == slots


def test_every_part_is_without_rights_and_without_a_writable_disk(
    parts: dict[str, Part],
) -> None:
    for name, part in parts.items():
        assert part["read_only"] is True, name
        assert part["cap_drop"] == ["ALL"], name
        assert part["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "network_mode", "pid"} & set(part), name


def test_the_names_of_the_cluster_lead_to_the_containers(
    parts: dict[str, Part], base: list[Part]
) -> None:
    aliases = {
        alias: name
        for name, part in parts.items()
        if isinstance(part["networks"], dict)
        for alias in (part["networks"].get("events") or {}).get("aliases", [])
    }
    for name in FUNCTIONS | {"gateway"}:
        assert aliases[f"{name}.lorekeeper.svc.cluster.local"] == name
        assert parts[name]["environment"]["PORT"] == "80"
    (settings,) = [item["data"] for item in base if item["kind"] == "ConfigMap"]
    sink = settings["K_SINK"]
    assert aliases[sink.split("/")[2]] == "broker"
    assert {parts[name]["environment"]["K_SINK"] for name in FUNCTIONS} == {sink}
    assert parts["generate"]["environment"]["LORE_SEARCH_URL"] == settings["LORE_SEARCH_URL"]


def test_the_broker_reads_the_manifests_of_the_cluster(parts: dict[str, Part], root: Path) -> None:
    command = parts["broker"]["command"]
    assert command[:4] == ["python", "-m", "functions.local", "broker"]
    assert command[command.index("--manifests") + 1] == "/app/knative/base"
    assert "COPY knative/base knative/base" in (root / "Dockerfile").read_text()


def test_no_secret_has_a_default(text: str) -> None:
    secrets = re.findall(r"\$\{(\w*(?:SECRET|PASSWORD|TOKEN(?!S))\w*)(\W+)", text)
    assert {name for name, _ in secrets} == {
        "LORE_SECRET_KEY",
        "LORE_POSTGRES_PASSWORD",
        "LORE_DATABASE_PASSWORD",
        "DISCORD_BOT_TOKEN",
    }
    # One that is not needed may be empty.
    assert all(operator == ":?" or operator.startswith(":-}") for _, operator in secrets)


def test_whether_anybody_may_sign_in_is_the_operators_word(parts: dict[str, Part]) -> None:
    for name in FUNCTIONS | {"gateway"}:
        assert parts[name]["environment"]["LORE_ENV"].startswith("${LORE_ENV:?")


def test_every_variable_is_one_that_the_programs_read(parts: dict[str, Part]) -> None:
    read = {field.encode_name for field in msgspec.structs.fields(Settings)}
    read |= {"PORT", "LORE_DATABASE_PASSWORD"}
    for name in OURS:
        assert set(parts[name].get("environment", {})) <= read, name


def test_only_the_migrations_connect_as_the_owner(parts: dict[str, Part]) -> None:
    owners = {name for name, part in parts.items() if "//lorekeeper:" in str(part)}
    assert owners == {"migrate"}
