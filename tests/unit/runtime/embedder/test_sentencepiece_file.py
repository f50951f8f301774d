from typing import Any

import pytest
from sentencepiece import SentencePieceProcessor

from functions.runtime.embedder import sentencepiece_file
from functions.runtime.embedder.weights import parse


@pytest.fixture
def processor(network: Any) -> SentencePieceProcessor:
    proto = sentencepiece_file.encode(parse(network.encode()).pieces)
    return SentencePieceProcessor(model_proto=proto)


def test_ids_scores_and_marks_survive(processor: SentencePieceProcessor, network: Any) -> None:
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]

    assert pieces == [piece.decode() for piece in network.pieces]
    assert processor.get_score(len(pieces) - 1) == -2
    assert (processor.bos_id(), processor.eos_id()) == (0, 2)
    assert (processor.pad_id(), processor.unk_id()) == (1, 3)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("red fox", ["▁red", "▁fox"], id="a space before the first word"),
        pytest.param("query: red", ["▁query", ":", "▁red"], id="the prefix"),
        pytest.param("RED", ["▁", "RED"], id="unknown, and left in its case"),
        pytest.param("</s>", ["▁", "</s>"], id="text that looks like a mark stays text"),
        pytest.param("<mask>", ["▁", "<mask>"], id="the same for the mask"),
    ],
)
def test_text_is_split_as_the_pieces_say(
    processor: SentencePieceProcessor, text: str, pieces: list[str]
) -> None:
    assert processor.encode(text, out_type=str) == pieces


def test_marks_written_in_a_text_have_no_power(processor: SentencePieceProcessor) -> None:
    assert {0, 1, 2, 12}.isdisjoint(processor.encode("<s> <pad> </s> <mask>"))
