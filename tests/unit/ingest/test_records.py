import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.parsers.elements import Element, RefusedError
from functions.ingest.parsers.records import read

LONG = "word " * 150


def elements_of(source: str) -> list[Element]:
    return [element for page in read(source.encode()) for element in page.elements]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{"a": {"b": 1.50, "c": true, "d": null}}', ["a.b: 1.50\na.c: true"]),  # as written
        ('[{"n": "x"}, {"n": "y"}]', ["n: x", "n: y"]),  # one record each
        ('{"n": 1}\n{"n": 2}\n\n', ["n: 1", "n: 2"]),  # JSON Lines
        ('{"tags": ["a", "b", 3]}', ["tags: a, b, 3"]),
        ('{"a": [{"x": 1}, [2]]}', ["a[0].x: 1\na[1]: 2"]),
        ('["a", "b"]', ["- a\n- b"]),
        ('{"two words": {"x.y": "1"}}', ["two words.x.y: 1"]),
        ('{"a": 1, "b": 2, "a": 3}', ["a: 1\nb: 2\na (3): 3"]),  # a name given twice
        ('"text"', ["text"]),
        ("[]", []),
        ("12345678901234567890.10", ["12345678901234567890.10"]),
    ],
)
def test_every_value_stands_behind_its_path(source: str, expected: list[str]) -> None:
    assert [element.text for element in elements_of(source)] == expected


def test_large_objects_get_headings() -> None:
    value: dict[str, Any] = {"version": 2, "sword": {"text": LONG}, "bow": {"text": LONG}}

    found = [(element.kind, element.level, element.text) for element in elements_of(_json(value))]

    assert found == [
        ("table", 0, "version: 2"),
        ("heading", 1, "sword"),
        ("table", 0, f"text: {LONG.strip()}"),
        ("heading", 1, "bow"),
        ("table", 0, f"text: {LONG.strip()}"),
    ]


def test_large_records_are_headed_by_their_name() -> None:
    value = [{"id": "7", "name": "Sword", "text": LONG, "more": LONG}]

    assert elements_of(_json(value))[0] == Element("heading", "Sword", level=1)


def test_a_notebook_is_its_cells() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {"cell_type": "code", "source": "x = 1", "outputs": [{"data": "unread"}]},
    ]

    assert elements_of(_json({"nbformat": 4, "cells": cells})) == [
        Element("heading", "Title", level=1),
        Element("paragraph", "text"),
        Element("code", "x = 1"),
    ]


def test_deep_nesting_is_flattened_without_recursion() -> None:
    (element,) = elements_of('{"a":' * 300 + "1" + "}" * 300)

    assert element.text == ".".join("a" * 300) + ": 1"


WORDS = st.text("abcdefgh", min_size=1, max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.integers() | st.booleans() | st.just(LONG),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=30,
)


@given(VALUES)
def test_no_value_is_lost(value: Any) -> None:
    text = "\n".join(element.text for element in elements_of(_json(value)))

    for leaf in _leaves(value):
        assert leaf in text


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value.strip() if isinstance(value, str) else _json(value)


@pytest.mark.parametrize(
    "source",
    [
        '{"a": 1',  # cut off
        '{"a": 1} text',
        '{"a": 1}\n{"a": \n',  # cut off in a later line
        "{'a': 1}",  # Python, not JSON
    ],
)
def test_what_is_not_json_is_refused(source: str) -> None:
    with pytest.raises(RefusedError):
        elements_of(source)


def _json(value: Any) -> str:
    return json.dumps(value)


def test_a_channel_that_was_exported_is_read_as_its_messages() -> None:
    def message(content: str, **others: Any) -> dict[str, Any]:
        author = {"id": "9", "name": "anna", "nickname": "Anna", "avatarUrl": "https://x/y.png"}
        when = "2026-03-01T12:05:00.000+00:00"
        return {"id": "1", "content": content, "author": author, "timestamp": when, **others}

    attached = [{"id": "3", "url": "https://x/map.png", "fileName": "map.png"}]
    channel = {
        "guild": {"id": "1", "name": "Acme"},
        "channel": {"id": "2", "name": "support"},
        "messages": [
            message("How much is Gold?"),
            message("", reactions=[{"emoji": "x"}]),
            message("9.99 EUR.", attachments=attached),
            message("", embeds=[{"title": "Rules", "fields": [{"name": "1", "value": "Be kind"}]}]),
        ],
    }
    assert elements_of(json.dumps(channel)) == [
        Element("title", "Acme: support"),
        Element("paragraph", "Anna, 2026-03-01 12:05: How much is Gold?"),
        Element("paragraph", "Anna, 2026-03-01 12:05: 9.99 EUR. [map.png]"),
        Element("paragraph", "Anna, 2026-03-01 12:05:\nRules\n1: Be kind"),
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"content": "ok", "author": "Tim", "timestamp": "2026-01-01", "decision": "9 EUR"},
        {"content": ["ok"], "author": {"name": "Tim"}, "timestamp": "now", "decision": "9 EUR"},
    ],
)
def test_messages_of_other_kinds_keep_all_they_say(message: dict[str, Any]) -> None:
    source = json.dumps({"messages": [message], "guild": {}, "channel": {}})
    assert "9 EUR" in " ".join(element.text for element in elements_of(source))
