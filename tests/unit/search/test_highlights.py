from math import exp

import numpy as np
import pytest

from functions.runtime.embedder.twin import HashEmbedder
from functions.search.highlights import (
    MOST_SENTENCES,
    PASSAGE_MEANING,
    WORDS,
    WORDS_AFTER,
    WORDS_BEFORE,
    highlight,
)
from functions.search.schemas import Readable, Term, Word
from functions.search.weighing import weigh, words_by_language


def readable(text: str, wanted: list[Term] | None = None, cosine: float = 0.8) -> Readable:
    return Readable(text=text, cosine=cosine, wanted=wanted or [])


def asked(question: str, language: str = "en") -> list[Term]:
    words: dict[str, Word] = dict(words_by_language(question, [language])[-1][1])
    return weigh(words, passages=2, holding={})


async def by_words(*texts: Readable) -> list[list[float]]:
    """Return the scores where every sentence means the same."""
    embedder = HashEmbedder()
    vector = np.zeros(embedder.dimensions, dtype=np.float32)
    marks = await highlight(texts, query=vector, embedder=embedder)
    return [[mark.score for mark in found] for found in marks]


async def test_the_sentence_with_the_questions_words_scores_highest() -> None:
    embedder = HashEmbedder()
    texts = ["Nothing here. The museum opens at nine.", "Trees grow. 博物馆。"]
    marks = await highlight(
        [readable(text, asked("museum opens")) for text in texts],
        query=await embedder.embed_query("museum opens"),
        embedder=embedder,
    )
    assert [len(found) for found in marks] == [2, 2]
    best = max(marks[0], key=lambda mark: mark.score)
    assert texts[0][best.start : best.end] == "The museum opens at nine."
    assert best.score == 1.0
    assert all(0 <= mark.score < 1 for found in marks for mark in found if mark != best)


async def test_a_wall_of_sentences_is_not_embedded_whole() -> None:
    embedder = HashEmbedder()
    vector = await embedder.embed_query("word")
    marks = await highlight([readable("A word. " * 500)], query=vector, embedder=embedder)
    assert len(marks[0]) == MOST_SENTENCES


async def test_text_without_sentences_has_no_highlights() -> None:
    assert await by_words(readable("---")) == [[]]


@pytest.mark.parametrize(
    ("question", "language", "text", "remark"),
    [
        ("Museums", "de", "Die Museumsinsel ist alt.", "a compound"),
        ("Häuser", "de", "Altes Haus hier.", "an inflection"),
        ("музеи", "ru", "Музей открыт.", "another alphabet"),
        ("博物馆", "zh", "这是博物馆。", "no spaces"),
        ("wifi", "en", "The Wi-Fi works.", "a short compound"),
        ("Wi-Fi", "en", "The Wi-Fi works.", "the same in its own spelling"),
    ],
)
async def test_words_meet_by_their_parts(
    question: str, language: str, text: str, remark: str
) -> None:
    scores = await by_words(
        readable("A tree.", asked(question, language)), readable(text, asked(question, language))
    )
    assert scores == [[round(exp(-WORDS), 4)], [1.0]], remark


async def test_a_sentence_goes_on_from_the_one_before_and_leads_to_the_one_after() -> None:
    [scores] = await by_words(readable("A tree. The museum is old. It opened.", asked("museum")))
    assert scores == [
        round(exp(WORDS_AFTER - WORDS), 4),
        1.0,
        round(exp(WORDS_BEFORE - WORDS), 4),
    ]


async def test_a_row_says_nothing_about_the_next_one() -> None:
    [scores] = await by_words(readable("museum | old\nshop | new", asked("museum")))
    assert scores == [1.0, round(exp(-WORDS), 4)]


async def test_what_every_sentence_holds_tells_little() -> None:
    [scores, _] = await by_words(
        readable("The museum is old.", asked("museum tower")),
        readable("The museum sleeps. A museum has a tower.", asked("museum tower")),
    )
    assert scores[0] < exp(-WORDS / 2)


async def test_a_sentence_of_a_nearer_passage_is_likelier() -> None:
    scores = await by_words(readable("It rains.", cosine=0.86), readable("It rains.", cosine=0.83))
    assert scores == [[1.0], [round(exp(-0.03 * PASSAGE_MEANING), 4)]]
