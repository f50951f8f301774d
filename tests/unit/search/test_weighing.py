import pytest

from functions.search.weighing import inverse_frequency, weigh


def test_the_idf_is_never_negative_and_falls_with_frequency() -> None:
    weights = [inverse_frequency(passages=100, holding=n) for n in range(101)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_a_question_weighs_one_in_all_and_each_word_once() -> None:
    wanted = weigh(["whale", "the", "whale"], passages=50, holding={"the": 50, "whale": 2})
    assert [term.text for term in wanted] == ["the", "whale"]
    assert sum(term.share for term in wanted) == pytest.approx(1.0)
    assert wanted[1].share > 0.95


def test_a_word_of_the_only_passage_still_tells_something() -> None:
    wanted = weigh(["whale", "shark"], passages=1, holding={"whale": 1})
    shares = {term.text: term.share for term in wanted}
    assert shares["whale"] > 0.4


def test_no_words_weigh_nothing() -> None:
    assert weigh([], passages=3, holding={}) == []
