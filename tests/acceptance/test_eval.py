"""``lore eval`` on this project's own documentation, with floors under its figures."""

import pytest

from tests.acceptance.laptop import ROOT, Laptop

DOCUMENTATION = ROOT / "tests" / "data" / "documentation"
# Measured .840, .733, .933 and .950.
FLOORS = {"ndcg_at_10": 0.81, "recall_at_1": 0.68, "recall_at_10": 0.9, "refusal_auroc": 0.9}
FIGURES = {
    "name",
    "language",
    "queries",
    "ndcg_at_10",
    "recall_at_1",
    "recall_at_5",
    "recall_at_10",
    "recall_at_100",
    "mrr",
    "refusal_auroc",
    "parts",
}


@pytest.mark.timeout(600)
def test_search_finds_the_sections_that_answer(new_laptop: Laptop) -> None:
    new_laptop.home.mkdir(parents=True)
    measured = new_laptop.lore_json("eval", str(DOCUMENTATION), "--save", "first")
    (figures,) = measured["sets"]
    assert figures.keys() >= FIGURES
    assert figures["parts"].keys() == {"dense", "bm25"}
    assert figures["queries"] == 60
    assert {name: figures[name] >= floor for name, floor in FLOORS.items()} == dict.fromkeys(
        FLOORS, True
    ), figures
    assert figures["by_language"].keys() == {"de", "en", "zh"}
    again = new_laptop.lore_json("eval", str(DOCUMENTATION), "--against", "first")
    compared = again["sets"][0]["against"]
    assert {row["difference"] for row in compared} == {0.0}
    assert {row["helped"] for row in compared} == {"no difference told"}
