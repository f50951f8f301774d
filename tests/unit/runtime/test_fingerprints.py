from itertools import combinations

import pytest

from functions.runtime.fingerprints import MOST_BITS, distance, fingerprint, say_the_same

PORTS = "The web server listens on port 8080 of every interface, and its logs go to a file."
PASSAGES = [
    PORTS,
    "Bees tell each other by a dance in the hive where they have found flowers full of nectar.",
    "Die Verkehrsbetriebe fahren in der Nacht jede Stunde, am Wochenende jede halbe Stunde.",
    "大熊猫主要以竹子为食，生活在中国西南部的山区，每天要吃十几公斤。",
    "Каждое утро поезд отправляется с центрального вокзала и приходит в город к полудню.",
]

LIKE = [
    (str.upper, "case"),
    (lambda text: text.replace(" ", "\n\t "), "spaces"),
    (lambda text: text.replace(",", " -").replace("，", "").rstrip(".。"), "punctuation"),
    (lambda text: f"“{text}”\u200b", "quotation marks and what cannot be seen"),
    (lambda text: " ".join(reversed(text.split(" "))), "another order"),
]


@pytest.mark.parametrize("passage", PASSAGES)
@pytest.mark.parametrize(("change", "remark"), LIKE)
def test_the_same_words_have_the_same_fingerprint(
    passage: str, change: object, remark: str
) -> None:
    assert callable(change)
    changed = change(passage)
    assert fingerprint(changed) == fingerprint(passage), remark
    assert say_the_same(changed, passage), remark


def test_other_passages_are_far() -> None:
    prints = [fingerprint(passage) for passage in PASSAGES]
    assert all(distance(*pair) > MOST_BITS for pair in combinations(prints, 2))


def test_a_fingerprint_fits_a_signed_column_whatever_the_text() -> None:
    prints = [fingerprint("word" * number) for number in range(1, 200)]
    assert all(-(2**63) <= number < 2**63 for number in prints)
    assert min(prints) < 0 < max(prints)
    assert distance(-1, 0) == 64
    assert fingerprint("… !?") == 0


TOLD_APART = [
    (PORTS, PORTS.replace("8080", "9090"), "another port"),
    (PORTS, PORTS.replace("8080", "8080 or 9090"), "one port more"),
    ("It costs 1.50 a month." + PORTS, "It costs 15.0 a month." + PORTS, "where the point stands"),
    (PORTS + " Members may enter.", PORTS + " Members may not enter.", "a negation"),
    (PORTS + " You can enter.", PORTS + " You can't enter.", "a negation drawn together"),
    (PORTS + " Das Tor ist offen.", PORTS + " Das Tor ist nicht offen.", "a German one"),
    (PASSAGES[3] + "可以进入。", PASSAGES[3] + "不可以进入。", "a Chinese one"),
    (PORTS, PORTS.replace("web", "proxy"), "another server"),
    (PORTS + " It is written in C++.", PORTS + " It is written in C#.", "another language"),
    (PORTS + " Keep it at -18 degrees.", PORTS + " Keep it at 18 degrees.", "a sign"),
    (PORTS + " It costs $50.", PORTS + " It costs €50.", "another currency"),
    (PORTS + " Adults 10, others 5.", PORTS + " Adults 5, others 10.", "figures changed over"),
    (PORTS, PORTS + " Whoever needs another one asks the people of the house.", "a sentence more"),
    ("Use TCP on the first line.", "Use UDP on the first line.", "one word of a few"),
    ("A 1", "1 A A 1", "a figure said twice"),
]


@pytest.mark.parametrize(("one", "other", "remark"), TOLD_APART)
def test_what_differs_in_a_word_that_matters_is_told_apart(
    one: str, other: str, remark: str
) -> None:
    assert not say_the_same(one, other), remark
    assert not say_the_same(other, one), remark


def test_a_line_of_boilerplate_says_nothing() -> None:
    long = " ".join(PASSAGES[:3])
    printed = "Printed from the handbook. " + long
    assert say_the_same(long, printed)
    assert say_the_same(printed, long)
    assert distance(fingerprint(long), fingerprint(printed)) <= MOST_BITS


def test_thousands_are_one_figure_however_they_are_written() -> None:
    assert say_the_same("It holds 1,190 books.", "It holds 1190 books.")
