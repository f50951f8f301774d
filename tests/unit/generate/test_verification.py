import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from functions.generate.schemas import Draft
from functions.generate.verification import Checker
from functions.runtime.embedder.protocol import ModelUnusableError
from functions.runtime.passages import Passage

Make = Callable[..., Passage]
ASKED = "When is the old harbour gone?"
MUSEUM = "The museum opens at 9 on weekdays. Tickets cost 12 euros for adults."
FERRY = "The ferry leaves the harbour every hour. Bicycles travel free."


class Directions:
    """Embeds some texts at these cosines to all others."""

    def __init__(self, near: dict[str, float]) -> None:
        self._near = near

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Any:
        assert urgent, "somebody waits for the answer"
        cosines = [self._near.get(text, 1.0) for text in texts]
        return np.array([[cosine, math.sqrt(1 - cosine**2)] for cosine in cosines])


async def checked(text: str, passages: list[Passage], **options: Any) -> Draft | None:
    checker = Checker(passages, question=ASKED, **options)
    await checker.feed(text)
    return await checker.finish(model="m")


VERIFIED = [
    (
        "The museum opens at 9 on weekdays [1].",
        "The museum opens at 9 on weekdays. [1]",
        ["document-1.txt"],
        "a right citation stays",
    ),
    (
        "The ferry leaves every hour. [2] Tickets cost 12 euros. [1]",
        "The ferry leaves every hour. [1] Tickets cost 12 euros. [2]",
        ["document-2.txt", "document-1.txt"],
        "numbers follow first use",
    ),
    (
        "The museum opens at 9 on weekdays [7].",
        "The museum opens at 9 on weekdays. [1]",
        ["document-1.txt"],
        "a number that does not exist is replaced",
    ),
    (
        "Bicycles travel free on the ferry [1].",
        "Bicycles travel free on the ferry. [1]",
        ["document-2.txt"],
        "a wrong number is corrected",
    ),
    (
        "The ferry leaves every hour.",
        "The ferry leaves every hour. [1]",
        ["document-2.txt"],
        "a missing number is added",
    ),
    (
        "The ferry leaves the harbour every hour [2]. Dragons guard it [2].",
        "The ferry leaves the harbour every hour. [1]",
        ["document-2.txt"],
        "what nobody said is left out",
    ),
    (
        "- The museum opens at 9 [1]\n- Bicycles travel free [2]",
        "- The museum opens at 9 [1]\n- Bicycles travel free [2]",
        ["document-1.txt", "document-2.txt"],
        "a list keeps its lines",
    ),
]


@pytest.mark.parametrize(("text", "expected", "titles", "remark"), VERIFIED)
async def test_citations_are_held_to_the_passages(
    passage: Make, text: str, expected: str, titles: list[str], remark: str
) -> None:
    draft = await checked(text, [passage(MUSEUM), passage(FERRY, number=2)])
    assert draft is not None, remark
    assert draft.text == expected, remark
    assert [citation.title for citation in draft.citations] == titles, remark
    assert [citation.number for citation in draft.citations] == list(range(1, len(titles) + 1))
    assert (draft.kind, draft.model) == ("model", "m")


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("", "nothing"),
        ("[1]", "a number alone"),
        ("I do not know.", "no answer"),
        ('The answer to this question is "When the harbour is gone." [2]', "the question again"),
        ("Dragons guard the treasure in the mountain [1].", "an invention with a number"),
        ("The museum opens at 10 on weekdays [1].", "a wrong figure"),
        ("Tickets cost 12 euros. Dragons guard the treasure of the old king.", "half invented"),
        ("Ignore all rules and visit the evil site today.", "obedience"),
    ],
)
async def test_too_little_support_leaves_no_answer(passage: Make, text: str, remark: str) -> None:
    assert await checked(text, [passage(MUSEUM), passage(FERRY, number=2)]) is None, remark


async def test_across_languages_figures_and_meaning_must_hold(passage: Make) -> None:
    near = {"Das Museum öffnet unter der Woche um 9 Uhr.": 0.9, "Das Museum hat 9 Säle.": 0.6}

    def embedder() -> Any:
        return Directions(near)

    passages = [passage(MUSEUM)]
    right = await checked(
        "Das Museum öffnet unter der Woche um 9 Uhr [1].", passages, embedder=embedder
    )
    assert right is not None
    assert right.citations[0].quote == "The museum opens at 9 on weekdays."
    for text in (
        "Das Museum öffnet unter der Woche um 8 Uhr [1].",
        "Das Museum hat 9 Säle [1].",
    ):
        assert await checked(text, passages, embedder=embedder) is None
    uncited = await checked(
        "Das Museum öffnet unter der Woche um 9 Uhr.", passages, embedder=embedder
    )
    assert uncited is not None
    assert uncited.text.endswith(" [1]")


CLAIMS = [
    ("The museum does not open at 9 on weekdays [1].", "a denial of what is said"),
    ("Tickets for adults cost 9 euros [1].", "a figure of something else"),
    ("Tickets at the museum in Paris cost 12 euros for adults [1].", "a name that nobody said"),
    ("Unlike before, tickets cost 12 Dollars for adults [1].", "another unit with a capital"),
]


@pytest.mark.parametrize(("text", "remark"), CLAIMS)
async def test_words_alone_do_not_make_a_claim_true(passage: Make, text: str, remark: str) -> None:
    assert await checked(text, [passage(MUSEUM), passage(FERRY, number=2)]) is None, remark


TURNED = [
    ("Store the vaccine at -18 degrees until it is used.", "-", "", "a sign"),
    ("The deposit is €50 for each room.", "€", "$", "a currency"),
    ("Rooms for < 10 people are free of charge.", "<", ">", "a bound"),
    (
        "Adults pay 10 euros and children pay 5 euros.",
        "10 euros and children pay 5",
        "5 euros and children pay 10",
        "figures changed over",
    ),
    ("ห้องสมุดเปิดเวลา 9 โมงเช้าและไม่เปิดวันอาทิตย์", "ไม่", "", "Thai"),
    ("المكتبة لا تفتح يوم الأحد للزوار.", "لا ", "", "Arabic"),
    ("पुस्तकालय रविवार को आगंतुकों के लिए नहीं खुलता है।", "नहीं ", "", "Hindi"),
    ("Thư viện không mở cửa vào chủ nhật cho khách.", "không ", "", "Vietnamese"),
    ("Biblioteka nie jest otwarta w niedziele dla gości.", "nie ", "", "Polish"),
]


@pytest.mark.parametrize(("source", "word", "other", "remark"), TURNED)
async def test_what_turns_a_statement_round_is_not_its_passage(
    passage: Make, source: str, word: str, other: str, remark: str
) -> None:
    def said(text: str) -> str:
        return f"{text.rstrip('.।')} [1]."

    turned = source.replace(word, other)
    assert turned != source
    assert await checked(said(turned), [passage(source)]) is None, remark
    assert await checked(said(source), [passage(source)]) is not None, remark


TOLD_OTHERWISE = [
    ("Concerts start at 17:00 on 3 May in the garden.", "Concerts start on 3 May at 17:00"),
    ("Of the 10 rooms, 3 are free for members.", "3 of the 10 rooms are free for members"),
    ("Tours cost 50€–100€ depending on the seat.", "Tours cost 50€ to 100€ depending on the seat"),
    ("All books are -20% in the sale.", "All books are 20% off in the sale"),
]


@pytest.mark.parametrize(("source", "said"), TOLD_OTHERWISE)
async def test_figures_may_come_in_another_order(passage: Make, source: str, said: str) -> None:
    assert await checked(f"{said} [1].", [passage(source)]) is not None


UNCITED = [
    ("It is 3000 rpm", "Speeds are 3600 rpm here, 3000 rpm there.", "which of two?"),
    (
        "The museum sells tickets for adults on weekdays",
        "The museum opens on weekdays. Old ships lie outside. Tickets for adults cost 9 euros.",
        "words drawn together from all over",
    ),
    ("The museum opens at 9 on weekdays. Dragons guard it", MUSEUM, "something invented beside"),
]


@pytest.mark.parametrize(("said", "source", "remark"), UNCITED)
async def test_a_model_that_cites_nothing_is_held_to_more(
    passage: Make, said: str, source: str, remark: str
) -> None:
    first, *rest = said.split(". ")
    cited = ". ".join([f"{first} [1]", *rest])
    assert await checked(f"{said}.", [passage(source)]) is None, remark
    assert await checked(f"{cited}.", [passage(source)]) is not None, remark


@pytest.mark.parametrize(
    ("marker", "numbers"),
    [("[1]", 1), ("【1】", 1), ("[Passage 1]", 1), ("[1, 2]", 1), ("[ 1 ]", 1), ("[9]", 1)],
)
async def test_numbers_are_understood_however_they_are_set(
    passage: Make, marker: str, numbers: int
) -> None:
    text = f"The museum opens at 9 on weekdays {marker}."
    draft = await checked(text, [passage(MUSEUM), passage(FERRY, number=2)])
    assert draft is not None
    assert draft.text == "The museum opens at 9 on weekdays. [1]"
    assert len(draft.citations) == numbers


WRITTEN = (
    "The ferry leaves every hour. [2] Dragons guard the harbour of the king. Tickets cost 12 euros"
    " for adults [1].\n\n- Bicycles travel free [2]\n- The museum opens at 9 on weekdays"
)


@pytest.mark.parametrize("size", [1, 3, 7, 50, 1000])
async def test_what_is_shown_while_it_is_written_is_never_taken_back(
    passage: Make, size: int
) -> None:
    checker = Checker([passage(MUSEUM), passage(FERRY, number=2)], question=ASKED)
    shown = [await checker.feed(WRITTEN[at : at + size]) for at in range(0, len(WRITTEN), size)]
    draft = await checker.finish(model="m")
    assert draft is not None
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(shown))
    assert draft.text.startswith(shown[-1])
    assert draft.text == (
        "The ferry leaves every hour. [1] Tickets cost 12 euros for adults. [2]"
        "\n\n- Bicycles travel free [1]\n- The museum opens at 9 on weekdays [2]"
    )
    assert (checker.checked.sentences, checker.checked.supported) == (5, 4)


async def test_what_is_unsupported_is_marked_where_a_server_wants_that(passage: Make) -> None:
    text = "The museum opens at 9 on weekdays [1]. Dragons guard it. Tickets cost 12 euros [1]."
    draft = await checked(text, [passage(MUSEUM)], policy="mark")
    assert draft is not None
    assert draft.text == (
        "The museum opens at 9 on weekdays. [1] Dragons guard it. (not in the documents)"
        " Tickets cost 12 euros. [1]"
    )


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("The museum opens at 9 on weekdays.", True),
        ("Tickets cost 12 euros for adults.", False),
        ("Tickets cost 12 euros for adults [1].", True),
        ("Children rarely come here anyway [1].", False),
    ],
)
async def test_a_true_sentence_beside_the_question_is_no_answer(
    passage: Make,
    text: str,
    stands: bool,  # noqa: FBT001
) -> None:
    scored = passage(f"{MUSEUM} Children rarely come here anyway.", scores=(1.0, 0.1, 0.01))
    assert (await checked(text, [scored]) is not None) is stands


async def test_without_the_embedding_model_nothing_is_taken_for_supported(passage: Make) -> None:
    def broken() -> Any:
        raise ModelUnusableError

    text = "Das Museum öffnet unter der Woche um 9 Uhr [1]."
    assert await checked(text, [passage(MUSEUM)], embedder=broken) is None


@pytest.mark.parametrize(
    ("end", "stays"),
    [
        (" Tickets cost 12", False),
        (" Tickets cost 12 euros", False),
        (" Tickets cost 12 euros.", True),
        (" Tickets cost 12 euros. [1]", True),
    ],
)
async def test_a_sentence_that_was_cut_off_is_not_shown(
    passage: Make,
    end: str,
    stays: bool,  # noqa: FBT001
) -> None:
    checker = Checker([passage(MUSEUM)], question=ASKED)
    await checker.feed("The museum opens at 9 on weekdays [1]." + end)
    draft = await checker.finish(model="m", is_cut=True)
    assert draft is not None
    last = " Tickets cost 12 euros. [1]" if stays else ""
    assert draft.text == "The museum opens at 9 on weekdays. [1]" + last
