from functions.runtime.embedder.twin import HashEmbedder
from functions.search.highlights import MOST_SENTENCES, highlight
from functions.search.weighing import weigh


async def test_the_sentence_with_the_questions_words_scores_highest() -> None:
    embedder = HashEmbedder()
    texts = ["Nothing here. The museum opens at nine.", "Trees grow. 博物馆。"]
    marks = await highlight(
        texts,
        query=await embedder.embed_query("museum opens"),
        wanted=weigh({"museum": 1.0, "opens": 1.0}, passages=2, holding={"museum": 1}),
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
    marks = await highlight(["A word. " * 500], query=vector, wanted=[], embedder=embedder)
    assert len(marks[0]) == MOST_SENTENCES


async def test_text_without_sentences_has_no_highlights() -> None:
    embedder = HashEmbedder()
    vector = await embedder.embed_query("word")
    assert await highlight(["---"], query=vector, wanted=[], embedder=embedder) == [[]]
