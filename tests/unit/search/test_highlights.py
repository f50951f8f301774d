import numpy as np

from functions.runtime.embedder.twin import HashEmbedder
from functions.search.highlights import MEANING_SHARE, MOST_SENTENCES, highlight
from functions.search.schemas import Readable, Term, Word
from functions.search.weighing import weigh, words_by_language


def readable(text: str, wanted: list[Term] | None = None, language: str | None = None) -> Readable:
    return Readable(text=text, language=language, wanted=wanted or [])


async def test_the_sentence_with_the_questions_words_scores_highest() -> None:
    embedder = HashEmbedder()
    words = {"museum": Word(), "opens": Word()}
    texts = ["Nothing here. The museum opens at nine.", "Trees grow. 博物馆。"]
    marks = await highlight(
        [readable(text, weigh(words, passages=2, holding={"museum": 1})) for text in texts],
        query=await embedder.embed_query("museum opens"),
        embedder=embedder,
    )
    assert [len(found) for found in marks] == [2, 2]
    best = max(marks[0], key=lambda mark: mark.score)
    assert texts[0][best.start : best.end] == "The museum opens at nine."
    assert best.score == 1.0
    assert all(0 <= mark.score <= 1 for found in marks for mark in found)


async def test_a_wall_of_sentences_is_not_embedded_whole() -> None:
    embedder = HashEmbedder()
    vector = await embedder.embed_query("word")
    marks = await highlight([readable("A word. " * 500)], query=vector, embedder=embedder)
    assert len(marks[0]) == MOST_SENTENCES


async def test_text_without_sentences_has_no_highlights() -> None:
    embedder = HashEmbedder()
    vector = await embedder.embed_query("word")
    assert await highlight([readable("---")], query=vector, embedder=embedder) == [[]]


async def test_a_sentence_is_read_in_its_documents_language() -> None:
    embedder = HashEmbedder()
    words = dict(words_by_language("Häuser", ["de"])[-1][1])
    wanted = weigh(words, passages=2, holding={"haus": 1})
    [marks] = await highlight(
        [readable("Ein Baum. Altes Haus.", wanted, "de")],
        query=np.zeros(embedder.dimensions, dtype=np.float32),
        embedder=embedder,
    )
    assert [mark.score for mark in marks] == [MEANING_SHARE, 1.0]
