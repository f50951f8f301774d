import pytest

from functions.runtime.statements import Figure, denies, figures, numbers, signs


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
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at -18 degrees", ["-18"]),
        ("at \u22125 °C, minus 7 at night", ["-5", "-7"]),
        ("(-5)", ["-5"]),
        ("5-10 °C, 5\u201310", ["5", "10", "5", "10"]),
        ("COVID-19 on 2024-11-30", ["19", "2024", "11", "30"]),
    ],
)
def test_a_minus_belongs_to_its_figure(text: str, expected: list[str]) -> None:
    assert [figure.number for figure in figures(text)] == expected


def test_a_figure_knows_its_unit_and_its_bound() -> None:
    assert figures("-$50 or 50 €, <10 and > 20 %") == [
        Figure(number="-50", unit="$", bound=""),
        Figure(number="50", unit="€", bound=""),
        Figure(number="10", unit="", bound="<"),
        Figure(number="20", unit="%", bound=">"),
    ]
    assert signs("C++ and F#, a > b, #tag") == ["++", "#", ">"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Dogs are not allowed in the house.", True),
        ("Dogs can't come into the house.", True),
        ("Nobody is to enter the house.", True),
        ("Hunde sind in dem Haus nicht erlaubt.", True),
        ("Les chiens ne sont pas admis dans la maison.", True),
        ("狗不能进去。", True),
        ("ห้องสมุดไม่เปิดวันอาทิตย์", True),
        ("المكتبة لا تفتح يوم الأحد للزوار.", True),
        ("पुस्तकालय रविवार को नहीं खुलता है।", True),
        ("Thư viện không mở cửa vào chủ nhật cho khách.", True),
        ("Biblioteka nie jest otwarta w niedziele dla gości.", True),
        ("کتابخانه روزهای جمعه باز نمی\u200cشود", True),
        ("הספרייה לא פתוחה", True),
        ("Biblioteket är inte öppet på söndagar", True),
        ("Knihovna není otevřena", True),
        ("Η βιβλιοθήκη δεν είναι ανοιχτή", True),
        ("Kütüphane pazar günleri açık değil", True),
        ("도서관은 일요일에 열지 않습니다", True),
        ("Dogs are allowed in the house.", False),
        ("المكتبة تفتح يوم الأحد للزوار.", False),
        ("ห้องสมุดเปิดวันอาทิตย์", False),
        ("Biblioteka jest otwarta w niedziele dla gości.", False),
        ("It was not until 1902 that the house opened.", False),
        ("Not only dogs are allowed in the house.", False),
        ("Im Haus sind Hunde erlaubt und auch Katzen.", False),
    ],
)
def test_a_denial_is_told_from_an_affirmation(sentence: str, expected: bool) -> None:  # noqa: FBT001
    assert denies(sentence) is expected
