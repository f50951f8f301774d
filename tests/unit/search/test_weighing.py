import pytest

from functions.search.schemas import Reading, Word
from functions.search.weighing import (
    inverse_frequency,
    reachable,
    weigh,
    words_by_language,
    words_of,
)


def test_the_idf_is_never_negative_and_falls_with_frequency() -> None:
    weights = [inverse_frequency(passages=100, holding=n) for n in range(101)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_a_question_weighs_one_in_all_and_each_word_once() -> None:
    wanted = weigh({"whale": Word(), "the": Word()}, passages=50, holding={"the": 50, "whale": 2})
    assert [term.text for term in wanted] == ["the", "whale"]
    assert sum(term.share for term in wanted) == pytest.approx(1.0)
    assert wanted[1].share > 0.95


def test_a_word_of_the_only_passage_still_tells_something() -> None:
    wanted = weigh({"whale": Word(), "shark": Word()}, passages=1, holding={"whale": 1})
    shares = {term.text: term.share for term in wanted}
    assert shares["whale"] > 0.4


def test_no_words_weigh_nothing() -> None:
    assert weigh({}, passages=3, holding={}) == []


def test_a_word_counts_once_even_beside_its_stem() -> None:
    parts = words_of("What is the meaning of life?")
    assert parts["meaning"] == parts["mean"] == 0.5
    assert parts["life"] == 1.0
    words = {term: Word(part=part) for term, part in parts.items()}
    shares = {term.text: term.share for term in weigh(words, passages=50, holding={})}
    assert shares["meaning"] + shares["mean"] == pytest.approx(shares["life"])


def test_each_pair_of_signs_counts_as_a_word() -> None:
    assert words_of("博物馆") == {"博物": 1.0, "物馆": 1.0}


def test_a_question_is_stemmed_as_each_language_of_the_documents_does() -> None:
    by_language = {
        language: set(words)
        for languages, words in words_by_language("Häuser", ["de", "en", "pl"])
        for language in languages
    }
    assert by_language["de"] == {"hauser", "haus"}
    assert "haus" not in by_language["en"]
    assert "hauser" in by_language["pl"]
    assert set(by_language) == {"und", "de", "en", "pl"}


def test_languages_that_stem_alike_are_asked_for_once() -> None:
    [(languages, words)] = words_by_language("博物馆 2024", ["ja", "th", "zh"])
    assert languages == ["und", "ja", "th", "zh"]
    assert words == {term: Word(part=part) for term, part in words_of("博物馆 2024").items()}


def test_what_was_asked_before_counts_half_as_much_for_each_turn_since() -> None:
    [(_, words)] = words_by_language("price", [], turns=["first", "price list", "order list"])
    assert words["price"].recency == 1.0
    assert words["order"].recency == words["list"].recency == 0.5
    assert "first" not in words
    wanted = {term.text: term for term in weigh(words, passages=50, holding={})}
    assert wanted["order"].idf == pytest.approx(wanted["price"].idf / 2)


@pytest.mark.parametrize(
    ("query", "holding", "lowest", "highest", "remark"),
    [
        ("哪个博物馆有 Mona Lisa？", {"mona": 1, "lisa": 1}, 0.1, 0.5, "only the name could be"),
        ("哪个博物馆最大？", {"博物": 4, "物馆": 4}, 0.2, 0.6, "some of the signs are there"),
        ("Welches Museum ist offen?", {}, 0.999, 1.001, "Latin words could all be shared"),
        ("Где находится Google в 2024?", {}, 0.3, 0.8, "name and figure"),
        ("在哪里？", {}, 0, 0, "nothing to share"),
    ],
)
def test_what_documents_could_hold_follows_their_script(
    query: str, holding: dict[str, int], lowest: float, highest: float, remark: str
) -> None:
    readings = [
        Reading(languages=languages, wanted=weigh(words, passages=50, holding=holding))
        for languages, words in words_by_language(query, ["en"])
    ]
    assert lowest <= reachable(readings) <= highest, remark


def test_no_words_reach_nothing() -> None:
    assert reachable([]) == 0.0
