from functions.local.calibration import PAIRS, measure
from functions.runtime.embedder.twin import HashEmbedder


async def test_an_answer_is_nearer_than_other_text() -> None:
    scale = await measure(HashEmbedder(dimensions=256))
    assert scale.related > scale.unrelated + 0.1


def test_no_question_and_no_passage_stands_twice() -> None:
    assert len({question for question, _ in PAIRS}) == len(PAIRS)
    assert len({passage for _, passage in PAIRS}) == len(PAIRS)
