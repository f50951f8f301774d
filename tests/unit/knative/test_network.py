"""NetworkPolicies: who may speak to whom, read from the selectors as the cluster reads them."""

from typing import Any

Manifest = dict[str, Any]

FUNCTIONS = {"discord", "ingest", "search", "generate", "sweep"}


def _pods(manifests: list[Manifest]) -> dict[str, dict[str, str]]:
    """The labels of every pod, by its name label."""
    templates = [
        item["spec"]["template"] for item in manifests if "template" in item.get("spec", {})
    ]
    labels = [template["metadata"]["labels"] for template in templates]
    return {item["app.kubernetes.io/name"]: item for item in labels}


def _policies(manifests: list[Manifest]) -> list[Manifest]:
    return [item["spec"] for item in manifests if item["kind"] == "NetworkPolicy"]


def _selects(selector: Manifest, labels: dict[str, str]) -> bool:
    exact = selector.get("matchLabels", {}).items() <= labels.items()
    expressions = selector.get("matchExpressions", [])
    assert all(expression["operator"] == "In" for expression in expressions)
    return exact and all(labels.get(item["key"]) in item["values"] for item in expressions)


def _selected(selector: Manifest, manifests: list[Manifest]) -> set[str]:
    return {name for name, labels in _pods(manifests).items() if _selects(selector, labels)}


def _callers(manifests: list[Manifest], callee: str, port: int) -> set[str]:
    """The pods let into `callee` at `port`; "anybody" where the policy names no one."""
    found: set[str] = set()
    for policy in _policies(manifests):
        if callee not in _selected(policy["podSelector"], manifests):
            continue
        for rule in policy.get("ingress", []):
            assert port in [item["port"] for item in rule["ports"]]
            peers = rule.get("from")
            found |= {"anybody"} if peers is None else set()
            for peer in peers or []:
                found |= _selected(peer["podSelector"], manifests)
    return found


def _reaching_out(manifests: list[Manifest]) -> set[str]:
    found: set[str] = set()
    for policy in _policies(manifests):
        blocks = [peer for rule in policy.get("egress", []) for peer in rule["to"]]
        if any("ipBlock" in peer for peer in blocks):
            found |= _selected(policy["podSelector"], manifests)
    return found


def test_everything_is_denied_to_begin_with(manifests: list[Manifest]) -> None:
    nothing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert nothing in _policies(manifests)


def _selectors(policy: Manifest) -> list[Manifest]:
    """Every pod selector of a policy: whom it is for, and whom it lets in or out."""
    rules = [rule.get("from", []) for rule in policy.get("ingress", [])]
    rules += [rule.get("to", []) for rule in policy.get("egress", [])]
    peers = [peer["podSelector"] for rule in rules for peer in rule if "podSelector" in peer]
    return [policy["podSelector"], *peers]


def test_every_selector_finds_a_pod_and_every_name_in_it_too(manifests: list[Manifest]) -> None:
    labels = {value for pod in _pods(manifests).values() for value in pod.values()}
    for policy in _policies(manifests):
        for selector in _selectors(policy):
            assert _selected(selector, manifests), selector
            for expression in selector.get("matchExpressions", []):
                assert set(expression["values"]) <= labels, selector


def test_only_those_who_ask_a_model_reach_its_server(manifests: list[Manifest]) -> None:
    assert _callers(manifests, "ollama", 11434) == {"generate", "ingest", "search", "chat-model"}


def test_only_our_own_parts_reach_the_database(manifests: list[Manifest]) -> None:
    assert _callers(manifests, "postgres", 5432) == FUNCTIONS | {"gateway", "migrate"}


def test_the_gateway_takes_calls_from_anybody(manifests: list[Manifest]) -> None:
    assert _callers(manifests, "gateway", 8080) == {"anybody"}


def test_functions_are_called_through_knative_only(manifests: list[Manifest]) -> None:
    for name in FUNCTIONS:
        rules = [
            peer
            for policy in _policies(manifests)
            if name in _selected(policy["podSelector"], manifests)
            for rule in policy.get("ingress", [])
            for peer in rule["from"]
        ]
        namespaces = [
            namespace
            for peer in rules
            for item in peer["namespaceSelector"]["matchExpressions"]
            for namespace in item["values"]
        ]
        assert namespaces == ["knative-serving", "knative-eventing", "kourier-system"], name


def test_only_who_must_reaches_the_internet(manifests: list[Manifest]) -> None:
    assert _reaching_out(manifests) == {"generate", "ingest", "ollama"}


def _outside(manifests: list[Manifest]) -> list[tuple[Manifest, set[str]]]:
    """Every rule that leads to the internet, and the pods it is for."""
    return [
        (rule, _selected(policy["podSelector"], manifests))
        for policy in _policies(manifests)
        for rule in policy.get("egress", [])
        if "ipBlock" in rule["to"][0]
    ]


def test_only_ingest_reads_what_is_not_encrypted(manifests: list[Manifest]) -> None:
    ports = {item["port"]: pods for rule, pods in _outside(manifests) for item in rule["ports"]}
    assert ports == {443: {"generate", "ingest", "ollama"}, 80: {"ingest"}}


def test_the_internet_means_no_private_address(manifests: list[Manifest]) -> None:
    outside = _outside(manifests)
    assert outside
    for rule, _ in outside:
        excepted = {network for peer in rule["to"] for network in peer["ipBlock"]["except"]}
        assert excepted >= {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
        assert excepted >= {"127.0.0.0/8", "100.64.0.0/10", "fc00::/7", "fe80::/10"}


def test_no_ingress_leads_past_the_gateway(manifests: list[Manifest]) -> None:
    ingresses = [item for item in manifests if item["kind"] == "Ingress"]
    backends = {
        path["backend"]["service"]["name"]
        for item in ingresses
        for rule in item["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert backends <= {"gateway"}
