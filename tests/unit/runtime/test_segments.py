"""What is written of a segment is read again, in each of its forms."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.segments import (
    decode,
    decode_chunk_ids,
    decode_lengths,
    encode,
    encode_chunk_ids,
    encode_lengths,
    encode_passages,
)


def read(slots: bytes | None, frequencies: bytes, *, passages: int) -> dict[int, int]:
    postings = decode(slots, frequencies, passages=passages)
    held = range(passages) if postings.slots is None else postings.slots.tolist()
    pairs = zip(held, postings.frequencies.tolist(), strict=True)
    return {slot: frequency for slot, frequency in pairs if frequency}


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcdefgh"), st.integers(1, 600) | st.integers(1, 3), max_size=8
        ),
        min_size=1,
        max_size=40,
    )
)
def test_every_frequency_is_read_as_it_was_written(passages: list[dict[str, int]]) -> None:
    segment = encode_passages([Counter(passage) for passage in passages])
    postings = segment.postings
    assert segment.lengths == [sum(passage.values()) for passage in passages]
    assert postings.terms == sorted({term for passage in passages for term in passage})
    for term, slots, frequencies in zip(
        postings.terms, postings.slots, postings.frequencies, strict=True
    ):
        expected = {slot: held[term] for slot, held in enumerate(passages) if term in held}
        assert read(slots, frequencies, passages=len(passages)) == expected


@pytest.mark.parametrize(
    ("passages", "slots", "frequencies", "size", "remark"),
    [
        (65_536, [0, 65_535], [1, 255], 6, "the last slot of two bytes"),
        (65_537, [0, 65_536], [1, 255], 10, "the first slot of four"),
        (65_536, [7, 9], [1, 256], 12, "one wide frequency widens all of the term's"),
        (10, [1, 2, 3, 4], [1, 1, 2, 1], 10, "a common term has a byte for each slot"),
        (10, [1, 2, 3, 4], [1, 1, 300, 1], 24, "but not where one is wide"),
        (9, [1, 2, 3], [1, 1, 1], 9, "as long either way"),
    ],
)
def test_a_term_takes_the_shortest_form_that_holds_it(
    passages: int, slots: list[int], frequencies: list[int], size: int, remark: str
) -> None:
    encoded = encode(
        ["term"], np.array([len(slots)]), np.array(slots), np.array(frequencies), passages=passages
    )
    written = encoded.slots[0], encoded.frequencies[0]
    assert len(written[0] or b"") + len(written[1]) == size, remark
    found = read(*written, passages=passages)
    assert found == dict(zip(slots, frequencies, strict=True)), remark


def test_a_segment_without_a_word_has_no_postings() -> None:
    segment = encode_passages([Counter(), Counter()])
    assert (segment.lengths, segment.postings.terms) == ([0, 0], [])


def test_ids_and_lengths_are_read_as_they_were_written() -> None:
    ids, lengths = [1, 2**40, 3], [0, 70_000, 5]
    assert decode_chunk_ids(encode_chunk_ids(ids)).tolist() == ids
    assert decode_lengths(encode_lengths(lengths)).tolist() == lengths
