import pytest

from functions.runtime.lexical import fold, tokens
from functions.runtime.statements import (
    DENYING_ANYWHERE,
    DENYING_IN_ITSELF,
    Figure,
    denies,
    figures,
    numbers,
    signs,
)


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
        ("50€–100€, 50 €–100 €, 10$-20$", ["50", "100", "50", "100", "10", "20"]),
        ("9:00 –17:00, 5'-6'", ["9", "00", "17", "00", "5", "6"]),
        ("-20% and 20 % off", ["20", "20"]),
    ],
)
def test_a_minus_belongs_to_its_figure(text: str, expected: list[str]) -> None:
    assert [figure.number for figure in figures(text)] == expected


def test_a_currency_is_its_own_figures_in_every_spelling() -> None:
    assert figures("￥50") == figures("¥50")
    assert [one.unit for one in figures("Plan 1 €5, plan 2 €10 in 2024")] == ["", "€", "", "€", ""]


@pytest.mark.parametrize("word", sorted(DENYING_ANYWHERE | DENYING_IN_ITSELF))
def test_every_word_that_denies_can_be_met(word: str) -> None:
    assert tokens(word) == [word]
    assert fold(word) in DENYING_ANYWHERE or word.casefold() in DENYING_IN_ITSELF


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
        ("No-one may enter the house.", True),
        ("Hunde er ikke tilladt i huset.", True),
        ("A loja não abre aos domingos.", True),
        ("Il negozio non apre la domenica.", True),
        ("No se permiten perros.", True),
        ("Magazinul nu este deschis duminica.", True),
        ("A bolt vasárnap nem tart nyitva.", True),
        ("Anjing tidak diperbolehkan di rumah.", True),
        ("무료가 아니며 유료입니다.", True),
        ("Χωρίς εισιτήριο δεν μπαίνει κανείς.", True),
        ("도서관은 토요일뿐만 아니라 일요일에도 문을 엽니다.", False),
        ("Nu er butikken åben til klokken otte.", False),
        ("نحن نميز بين الأمرين", False),
        ("It was not until 1902 that the house opened.", False),
        ("Not only dogs are allowed in the house.", False),
        ("Im Haus sind Hunde erlaubt und auch Katzen.", False),
    ],
)
def test_a_denial_is_told_from_an_affirmation(sentence: str, expected: bool) -> None:  # noqa: FBT001
    assert denies(sentence) is expected
