import pytest

from functions.generate.telling import names, say_the_same


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The museum was founded by Anna Smith in Paris.", {"Anna", "Smith", "Paris"}),
        ("Tickets are sold by the iPhone app.", {"iPhone"}),
        ("Das Museum wurde von der Stadt gegründet.", set()),
        ("博物馆使用 OpenAI 的模型。", {"OpenAI"}),
        ("Everybody may enter.", set()),
    ],
)
def test_names_are_seen_where_a_language_shows_them(sentence: str, expected: set[str]) -> None:
    assert names(sentence) == expected


HOURS = "When does the museum open on weekdays?"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (HOURS, "when does the museum open on weekdays", True),
        (HOURS, "Hi, can you tell me when the museum opens on weekdays?", True),
        (HOURS, "When does the museum open on weekends?", False),
        (HOURS, "Where does the museum open on weekdays?", False),
        ("How do I rotate the API key?", "how to rotate api key", True),
        ("Does Arsenal beat Chelsea?", "Does Chelsea beat Arsenal?", False),
        ("Is it allowed with a dog?", "Is it allowed without a dog?", False),
        ("Are dogs allowed?", "Are dogs not allowed?", False),
        ("Can members vote?", "Can only members vote?", False),
        ("Who is the president?", "Who was the president?", False),
        ("What changed from 1.2 to 1.3?", "What changed from 1.3 to 1.4?", False),
        ("Wie komme ich nach Berlin?", "wie komme ich nach berlin", True),
        ("Wie komme ich nach Berlin?", "Wie komme ich von Berlin?", False),
        ("Who can I invite?", "Who can invite you?", False),
        ("How do we reset it?", "How can I reset it?", True),
        ("How do I run the C++ tests?", "How do I run the C# tests?", False),
        ("How do I run the C++ tests?", "how to run C++ tests", True),
        ("What happens at -5 degrees?", "What happens at 5 degrees?", False),
        ("What is the fee above €50?", "What is the fee above $50?", False),
        ("Which plan has < 10 users?", "Which plan has > 10 users?", False),
        ("博物馆几点开门？", "博物馆几点开门", True),
        ("博物馆几点开门？", "博物馆几点关门？", False),
    ],
)
def test_the_same_question_is_told_from_a_similar_one(
    one: str,
    other: str,
    expected: bool,  # noqa: FBT001
) -> None:
    assert say_the_same(one, other) is expected
