from collections.abc import Callable

import pytest

from functions.generate.extracting import extract, tidy
from functions.runtime.passages import Passage

Make = Callable[..., Passage]


def test_the_best_sentence_of_the_best_passage_is_cited_first(passage: Make) -> None:
    draft = extract(
        [
            passage("Weak start. The town has a museum. It rains.", scores=(0.1, 0.5, 0.0)),
            passage("The museum opens at nine daily.", scores=(1.0,), number=2),
        ]
    )
    assert draft.text == "The town has a museum. [1] The museum opens at nine daily. [2]"
    assert [(c.number, c.title) for c in draft.citations] == [
        (1, "document-1.txt"),
        (2, "document-2.txt"),
    ]
    assert [c.quote for c in draft.citations] == [
        "The town has a museum.",
        "The museum opens at nine daily.",
    ]


def test_sentences_stand_in_the_documents_order(passage: Make) -> None:
    draft = extract([passage("First comes salt. Then add pepper here.", scores=(0.8, 1.0))])
    assert draft.text == "First comes salt. [1] Then add pepper here. [1]"
    assert draft.citations[0].quote == "First comes salt. … Then add pepper here."


def test_a_repetition_is_left_out(passage: Make) -> None:
    draft = extract(
        [
            passage("The museum opens at nine.", scores=(1.0,)),
            passage("At nine the museum opens.", scores=(1.0,), number=2),
        ]
    )
    assert draft.text == "The museum opens at nine. [1]"


def test_a_weak_sentence_is_left_out(passage: Make) -> None:
    draft = extract([passage("The museum opens at nine. Trees are green.", scores=(1.0, 0.3))])
    assert draft.text == "The museum opens at nine. [1]"


def test_four_good_sentences_are_three(passage: Make) -> None:
    text = "Alpha rises. Bravo falls. Charlie sleeps. Delta waits."
    draft = extract([passage(text, scores=(1.0, 1.0, 1.0, 1.0))])
    assert draft.text.count("[1]") == 3


@pytest.mark.parametrize(
    "text",
    [
        "## How do I reset it?\n\nHold the button.",
        "How do I reset it? Hold the button.",
        "Resetting\n\nHold the button.",
        "To reset it:\n- Hold the button.",
    ],
)
def test_what_stands_under_a_heading_or_question_is_the_answer(passage: Make, text: str) -> None:
    draft = extract([passage(text, scores=(1.0, 0.2))])
    assert draft.text.startswith("Hold the button. [1]")


def test_code_is_quoted_whole_and_its_number_stands_below(passage: Make) -> None:
    draft = extract([passage("```\nlore  ask\n```", scores=(1.0,))])
    assert draft.text == "```\nlore  ask\n```\n[1]"


def test_without_highlights_the_passage_speaks_for_itself(passage: Make) -> None:
    draft = extract([passage("| 1 | 2 |")])
    assert draft.text == "| 1 | 2 | [1]"


@pytest.mark.parametrize(
    ("sentence", "expected", "remark"),
    [
        ("- item one", "item one", "list mark"),
        ("1. First do this", "First do this", "number"),
        ("## Heading", "Heading", "heading mark"),
        ("> - quoted item", "quoted item", "nested marks"),
        ("split\nover   lines", "split over lines", "white space"),
        ("as shown.[12]", "as shown.", "foreign footnote"),
        ("-5 degrees", "-5 degrees", "a minus is no mark"),
    ],
)
def test_a_sentence_is_tidied(sentence: str, expected: str, remark: str) -> None:
    assert tidy(sentence) == expected, remark
