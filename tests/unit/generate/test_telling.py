import pytest

from functions.generate.telling import denies, figures, names, say_the_same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs 1,234.50 euros, or 1.234 in all.", {"1.234.50", "1234"}),
        ("Am 3. Oktober um 9:30", {"3", "9", "30"}),
        ("1\u202f200 and 1,200 and 1200", {"1200"}),
        ("١٢ عاما", {"12"}),
        ("３ rooms", {"3"}),
        ("no figure", set()),
    ],
)
def test_a_figure_is_the_same_in_every_spelling(text: str, expected: set[str]) -> None:
    assert figures(text) == expected


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


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Dogs are not allowed in the house.", True),
        ("Dogs can't come into the house.", True),
        ("Nobody is to enter the house.", True),
        ("Hunde sind in dem Haus nicht erlaubt.", True),
        ("Les chiens ne sont pas admis dans la maison.", True),
        ("狗不能进去。", True),
        ("Dogs are allowed in the house.", False),
        ("It was not until 1902 that the house opened.", False),
        ("Not only dogs are allowed in the house.", False),
        ("Im Haus sind Hunde erlaubt und auch Katzen.", False),
    ],
)
def test_a_denial_is_told_from_an_affirmation(sentence: str, expected: bool) -> None:  # noqa: FBT001
    assert denies(sentence) is expected


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
