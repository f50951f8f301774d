"""Which events a Trigger lets through, from its manifest on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.local.broker import ManifestError, read_manifests
from functions.local.broker.cesql import parse_cesql
from functions.local.broker.filters import Filter

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/shop/test",
    "type": "org.example.order.created.v1",
    "subject": "order-7",
    "guildid": "42",
    "empty": "",
}
CREATED = {"type": "org.example.order.created.v1"}


def read_filter(folder: Path, **spec: Any) -> Filter:
    document = {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": {"name": "t"},
        "spec": {"broker": "default", "subscriber": {"uri": "http://x/"}, **spec},
    }
    file = folder / "trigger.yaml"
    file.write_text(yaml.safe_dump(document))
    return read_manifests(file).triggers[0].filter


@pytest.mark.parametrize(
    ("spec", "expected", "remark"),
    [
        ({}, True, "no filter takes all"),
        ({"filter": {}}, True, "an empty filter takes all"),
        ({"filter": {"attributes": {}}}, True, "no attributes take all"),
        ({"filter": {"attributes": CREATED}}, True, "equal"),
        ({"filter": {"attributes": {"type": "org.example.order"}}}, False, "a prefix is not equal"),
        ({"filter": {"attributes": CREATED | {"source": "/x"}}}, False, "one of two differs"),
        ({"filter": {"attributes": {"subject": ""}}}, True, "an empty value takes any"),
        ({"filter": {"attributes": {"time": ""}}}, False, "but it must be there"),
        ({"filter": {"attributes": {"empty": ""}}}, False, "and not be empty"),
        ({"filter": {"attributes": {"guildid": "42"}}}, True, "an extension"),
        ({"filters": []}, True, "no filters take all"),
        ({"filters": [], "filter": {"attributes": {"id": "2"}}}, False, "then filter counts"),
        ({"filters": [{"exact": CREATED}], "filter": {"attributes": {"id": "2"}}}, True, "or not"),
        ({"filters": [{"exact": {"id": "2"}}], "filter": {"attributes": CREATED}}, False, "or not"),
        ({"filters": [{"exact": CREATED | {"id": "2"}}]}, False, "every attribute counts"),
        ({"filters": [{"exact": {"absent": "x"}}]}, False, "absent"),
        ({"filters": [{"prefix": {"type": "org."}}]}, True, "prefix"),
        ({"filters": [{"prefix": {"type": "created"}}]}, False, "prefix elsewhere"),
        ({"filters": [{"prefix": {"absent": "x"}}]}, False, "absent"),
        ({"filters": [{"suffix": {"type": ".v1"}}]}, True, "suffix"),
        ({"filters": [{"suffix": {"type": "org"}}]}, False, "suffix elsewhere"),
        ({"filters": [{"exact": CREATED}, {"exact": {"id": "2"}}]}, False, "all entries count"),
        ({"filters": [{"any": [{"exact": {"id": "2"}}, {"exact": CREATED}]}]}, True, "any"),
        ({"filters": [{"any": [{"exact": {"id": "2"}}]}]}, False, "none of one"),
        ({"filters": [{"all": [{"exact": {"id": "1"}}, {"exact": CREATED}]}]}, True, "all"),
        ({"filters": [{"all": [{"exact": {"id": "2"}}, {"exact": CREATED}]}]}, False, "not all"),
        ({"filters": [{"not": {"suffix": {"source": "/test"}}}]}, False, "not"),
        ({"filters": [{"not": {"not": {"exact": CREATED}}}]}, True, "not not"),
        ({"filters": [{"not": {"exact": {"absent": "x"}}}]}, True, "not absent"),
        ({"filters": [{"cesql": "EXISTS guildid AND guildid <> ''"}]}, True, "CESQL"),
    ],
)
def test_a_trigger_lets_through_what_knative_would(
    tmp_path: Path, spec: dict[str, Any], *, expected: bool, remark: str
) -> None:
    assert read_filter(tmp_path, **spec).matches(EVENT) is expected, remark


@pytest.mark.parametrize(
    ("spec", "remark"),
    [
        ({"filters": [{}]}, "no dialect"),
        ({"filters": [{"exact": CREATED, "prefix": CREATED}]}, "two dialects"),
        ({"filters": [{"exact": {}}]}, "no attribute"),
        ({"filters": [{"exact": {"type": ""}}]}, "an empty value"),
        ({"filters": [{"exact": {"Type": "x"}}]}, "a name in capitals"),
        ({"filters": [{"any": []}]}, "no parts"),
        ({"filters": [{"regex": {"type": "."}}]}, "an unknown dialect"),
        ({"filters": [{"cesql": "LENGTH(type) > 3"}]}, "CESQL beyond text"),
        ({"filter": {"attributes": {"my-ext": "x"}}}, "a name with a dash"),
        ({"filter": {"type": "x"}}, "attributes forgotten"),
    ],
)
def test_a_wrong_filter_is_refused_by_file_and_field(
    tmp_path: Path, spec: dict[str, Any], remark: str
) -> None:
    with pytest.raises(ManifestError, match=r"trigger\.yaml: Trigger t") as caught:
        read_filter(tmp_path, **spec)
    assert caught.value.file.endswith("trigger.yaml"), remark


@pytest.mark.parametrize(
    ("expression", "expected", "remark"),
    [
        ("type = 'org.example.order.created.v1'", True, "equal"),
        ('type != "x"', True, "double quotes"),
        ("guildid <> '42'", False, "unlike"),
        ("EXISTS subject", True, "there"),
        ("exists absent", False, "keywords in any case"),
        ("NOT EXISTS absent", True, "not there"),
        ("absent = 'x'", False, "an absent attribute is an error, and an error is false"),
        ("NOT (absent = 'x')", False, "NOT does not turn an error into true"),
        ("EXISTS absent AND absent = 'x' OR TRUE", False, "AND and OR share a rank, right first"),
        ("(EXISTS absent AND absent = 'x') OR TRUE", True, "parentheses"),
        ("TRUE OR absent = 'x'", True, "OR leaves the right side alone"),
        ("FALSE XOR id = '1'", True, "one of two"),
        ("TRUE XOR TRUE", False, "not both"),
        ("type LIKE 'org.%.v_'", True, "wildcards"),
        ("subject LIKE 'order'", False, "the whole text"),
        (r"subject LIKE 'order\_7'", False, "an escaped wildcard"),
        ("subject NOT LIKE 'x%'", True, "unlike"),
        ("id IN ('0', '1')", True, "one of"),
        ("id NOT IN ('0', '1')", False, "none of"),
        (r"subject <> 'it\'s'", True, "an escaped quote"),
    ],
)
def test_cesql_over_text_holds_as_in_knative(
    expression: str, *, expected: bool, remark: str
) -> None:
    assert parse_cesql(expression).holds(EVENT) is expected, remark


@pytest.mark.parametrize(
    ("expression", "remark"),
    [
        ("", "nothing"),
        ("type", "no comparison"),
        ("type =", "half a comparison"),
        ("type = 'x", "an open quote"),
        ("(type = 'x'", "an open parenthesis"),
        ("type = 'x' type", "something left"),
        ("id > 3", "an order"),
        ("NOT id = '1'", "NOT binds closer than the comparison: it could never hold"),
        ("id IN ()", "an empty set"),
        ("UPPER(id) = '1'", "a function"),
        ("AND = 'x'", "a keyword for a name"),
    ],
)
def test_cesql_beyond_text_is_refused_with_the_expression(expression: str, remark: str) -> None:
    with pytest.raises(ValueError, match="cannot be read") as caught:
        parse_cesql(expression)
    assert repr(expression) in str(caught.value), remark
