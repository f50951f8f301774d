from collections.abc import Callable

import msgspec
import pytest

from functions.generate.extracting import choose, extract, tidy
from functions.runtime.passages import Passage

Make = Callable[..., Passage]


def test_the_best_sentence_of_the_best_passage_is_cited_first(passage: Make) -> None:
    draft = extract(
        [
            passage("Weak start. The town has a museum. It rains.", scores=(0.1, 0.9, 0.0)),
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
    draft = extract([passage("The museum opens at nine. Trees are green.", scores=(1.0, 0.02))])
    assert draft.text == "The museum opens at nine. [1]"


def test_four_good_sentences_are_three(passage: Make) -> None:
    text = "Alpha rises early. Bravo falls down. Charlie sleeps well. Delta waits outside."
    draft = extract([passage(text, scores=(1.0, 1.0, 1.0, 1.0))])
    assert draft.text.count("[1]") == 3


def test_a_passage_that_says_far_more_speaks_alone(passage: Make) -> None:
    draft = extract(
        [
            passage("The town has a museum.", scores=(0.02,)),
            passage("The museum opens at nine daily.", scores=(1.0,), number=2),
        ]
    )
    assert draft.text == "The museum opens at nine daily. [1]"
    assert draft.citations[0].title == "document-2.txt"


def test_what_says_half_the_same_again_has_to_say_it_better(passage: Make) -> None:
    text = "The museum opens at nine. The museum opens late. It opened in 1902 here."
    found = [passage(text, scores=(1.0, 0.05, 0.04))]
    assert [sentence.text for sentence in choose(found, most=2)] == [
        "The museum opens at nine.",
        "It opened in 1902 here.",
    ]


def test_one_sentence_is_the_best_one(passage: Make) -> None:
    found = [
        passage("The town has a museum.", scores=(0.9,)),
        passage("The museum opens at nine daily.", scores=(1.0,), number=2),
    ]
    assert [sentence.rank for sentence in choose(found, most=1)] == [1]


TABLE = "key | meaning\nPORT | where it listens\nHOST | where it is reached"


@pytest.mark.parametrize(
    ("text", "scores", "expected", "remark"),
    [
        (TABLE, (1.0, 0.1, 0.7), "HOST | where it is reached [1]", "never column names"),
        (TABLE, (0.0, 1.0, 0.2), "PORT | where it listens [1]", "one row where one says most"),
        ("Situation. It is raining all day.", (1.0, 0.5), "It is raining all day. [1]", "a word"),
        (
            "a --> b\nb --> c\nc --> d\nd --> a\n\nIt pours all day.",
            (1.0, 0.5),
            "It pours all day. [1]",
            "a diagram",
        ),
        (
            f"```\n{'make it so ' * 60}\n```\n\nIt pours all day.",
            (1.0, 1.0, 0.5),
            "It pours all day. [1]",
            "halves of a block of code",
        ),
        ("情况。今天整天都在下雨。", (1.0, 0.5), "今天整天都在下雨。 [1]", "a word in Chinese"),
        ("Raining\n\nIt pours all day.", (1.0, 0.0), "It pours all day. [1]", "a heading"),
        (
            "![Map of the rain](https://a.example/map.png)\n\nIt pours all day.",
            (1.0, 0.5),
            "It pours all day. [1]",
            "a picture",
        ),
        (
            "- [All about the rain](https://a.example/rain)\n- It pours all day.",
            (1.0, 0.5),
            "It pours all day. [1]",
            "an address",
        ),
        (
            'Run:\n\nlore ask "Does it rain?"\n\nIt exits with zero. It pours all day.',
            (0.01, 1.0, 0.01, 0.7),
            "It pours all day. [1]",
            "a question quoted in a command is no question answered below",
        ),
    ],
)
def test_what_says_nothing_by_itself_is_not_quoted(
    passage: Make, text: str, scores: tuple[float, ...], expected: str, remark: str
) -> None:
    assert extract([passage(text, scores=scores)]).text == expected, remark


def test_a_line_that_is_the_passages_heading_is_not_quoted(passage: Make) -> None:
    found = passage("Opening hours of the museum. It opens at nine daily.", scores=(1.0, 0.5))
    found = msgspec.structs.replace(found, location="museum.md › Opening hours of the museum.")
    assert extract([found]).text == "It opens at nine daily. [1]"


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
    draft = extract([passage(text, scores=(1.0, 0.02))])
    assert draft.text == "Hold the button. [1]"


def test_what_introduces_a_list_introduces_every_step(passage: Make) -> None:
    text = "To reset it:\n1. Hold the button.\n2. Wait for ten seconds.\n3. Let it go again."
    draft = extract([passage(text, scores=(1.0, 0.0, 0.0, 0.0))])
    assert draft.text == "Hold the button. [1] Wait for ten seconds. [1] Let it go again. [1]"


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
