"""How ``lore questions`` puts a record into words."""

from typing import Any

import pytest

from functions.local.commands import questions
from functions.local.gateway_client import GatewayClient
from functions.runtime.errors import NotFoundError

NOTHING: dict[str, Any] = {
    "model": None,
    "evidence": None,
    "gate": None,
    "leastEvidence": None,
    "leftOut": None,
    "turns": [],
    "rewritten": None,
    "promptVersion": None,
    "promptTokens": None,
    "writtenTokens": None,
    "doneReason": None,
    "checkedSentences": None,
    "supportedSentences": None,
    "fallback": None,
    "cachedFrom": None,
    "passages": [],
}


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({}, []),
        (
            {"evidence": 0.62, "leastEvidence": 0.3, "gate": "STRICT"},
            [("evidence", "0.62 of at least 0.30 (strict)")],
        ),
        ({"evidence": 0.0}, [("evidence", "0.00")]),
        (
            {"promptVersion": "3", "promptTokens": 900, "writtenTokens": 0},
            [("prompt", "3, 900 tokens"), ("written", "0 tokens")],
        ),
        (
            {"checkedSentences": 4, "supportedSentences": 0},
            [("checked", "0 of 4 sentences supported")],
        ),
        ({"fallback": "STOPPED"}, [("instead", "somebody stopped it")]),
        ({"turns": ["One?", "Two?"]}, [("heard before", "One? · Two?")]),
    ],
)
def test_what_is_known_is_told_and_nothing_else(
    change: dict[str, Any], facts: list[tuple[str, str]]
) -> None:
    assert questions._facts(NOTHING | change) == facts


def test_writing_does_not_count_the_reading_within_it() -> None:
    timings = [
        {"stage": stage, "milliseconds": taken}
        for stage, taken in {
            "total": 1300.0,
            "queue": 50.0,
            "search": 100.0,
            "writing": 1000.0,
            "search.dense": 9.0,
            "first_token": 400.0,
        }.items()
    ]
    assert questions._stages(timings) == [
        ("searching", 100.0),
        ("waiting for the model", 50.0),
        ("reading the passages", 400.0),
        ("writing", 600.0),
    ]
    assert questions._total(timings) == 1150.0


class Gateway(GatewayClient):
    """A gateway with these questions and no other."""

    def __init__(self, *ids: str) -> None:
        super().__init__("http://gateway.test")
        self.ids = ids

    async def query(self, *_: object) -> dict[str, Any]:  # type: ignore[override]
        return {"guild": {"questions": {"nodes": [{"id": one} for one in self.ids]}}}


async def test_the_first_letters_of_an_id_are_enough_where_they_name_one() -> None:
    gateway = Gateway("ab12", "ab34", "cd56")
    assert await questions._whole_id(gateway, "CD") == "cd56"
    for beginning in ("ab", "ef"):
        with pytest.raises(NotFoundError):
            await questions._whole_id(gateway, beginning)
    whole = "7f2c7f2c-0000-4000-8000-000000000000"
    assert await questions._whole_id(gateway, whole) == whole
