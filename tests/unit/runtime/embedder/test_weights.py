from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from functions.runtime.embedder import ModelUnusableError
from functions.runtime.embedder.weights import parse


def test_sizes_pieces_and_normalisation_are_read(network: Any) -> None:
    weights = parse(network.encode())

    assert (weights.shape.hidden, weights.shape.layers, weights.shape.heads) == (384, 1, 6)
    assert weights.shape.epsilon == pytest.approx(1e-12)
    assert weights.pieces.texts[:5] == ("<s>", "<pad>", "</s>", "<unk>", "▁query")
    assert (weights.pieces.begin, weights.pieces.end) == (0, 2)
    assert (weights.pieces.padding, weights.pieces.unknown) == (1, 3)
    assert weights.pieces.scores[[0, -1]].tolist() == [-1, -2]
    assert weights.normalisation == {0x2167: "VIII", 0x200B: ""}


def test_plain_tensors_are_read_exactly(network: Any) -> None:
    weights = parse(network.encode())

    found = weights.tensor("l0.q.b", 384)

    assert np.array_equal(found, network.tensors["l0.q.b"])


def test_packed_weights_keep_their_order_and_sign(network: Any) -> None:
    row = np.arange(-7, 25, dtype="f4").clip(max=7)  # every level from 1 to 15
    network.tensors = {"ladder": np.stack([row, row[::-1] * 2])}
    network.packed = frozenset({"ladder"})

    found = parse(network.encode()).tensor("ladder", 2, 32)

    assert np.array_equal(found, network.tensors["ladder"])


def cut(size: int) -> Callable[[Any], bytes]:
    return lambda network: network.encode()[:size]


def changed(**fields: Any) -> Callable[[Any], bytes]:
    def encode(network: Any) -> bytes:
        for name, value in fields.items():
            setattr(network, name, value)
        return bytes(network.encode())

    return encode


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(cut(0), "ends at byte 0", id="empty"),
        pytest.param(changed(magic=b"GGUF"), "does not begin with E5S1", id="another format"),
        pytest.param(cut(20), "ends at byte 20", id="cut in the header"),
        pytest.param(cut(100), "ends at byte 100", id="cut in the pieces"),
        pytest.param(cut(400), "ends at byte 400", id="cut in the table of tensors"),
        pytest.param(changed(sizes=(384, 1, 5, 64, 16, 512, 2)), "no network", id="odd heads"),
        pytest.param(changed(sizes=(384, 1, 0, 64, 16, 512, 2)), "no network", id="no heads"),
        pytest.param(changed(sizes=(384, 1, 6, 64, 4, 512, 2)), "do not fit", id="more pieces"),
        pytest.param(changed(block=64), "blocks hold 64", id="another packing"),
        pytest.param(changed(special=(0, 2, 1, 99)), "outside the vocabulary", id="lost mark"),
        pytest.param(changed(pieces=[b"\xff"] * 4), "not UTF-8", id="bytes that are no text"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(
    network: Any, damage: Callable[[Any], bytes], reason: str
) -> None:
    with pytest.raises(ModelUnusableError, match=reason):
        parse(damage(network))


def test_pieces_out_of_order_are_refused(network: Any) -> None:
    offset = 4 + 4 + 7 * 4 + 4 + 4 + 5 * 4 + 8
    data = bytearray(network.encode())
    data[offset + 4 : offset + 8] = b"\xff\xff\0\0"

    with pytest.raises(ModelUnusableError, match="do not fill their text"):
        parse(bytes(data))


def test_a_tensor_cut_short_is_refused(network: Any) -> None:
    weights = parse(network.encode()[:-1])

    with pytest.raises(ModelUnusableError, match="ends at byte"):
        weights.tensor(list(network.tensors)[-1], 384)


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        pytest.param("l9.q.w", (384, 384), "l9.q.w is missing", id="absent"),
        pytest.param("l0.q.w", (384, 383), "instead of 147072", id="another shape"),
    ],
)
def test_a_tensor_that_is_not_as_expected_is_refused(
    network: Any, name: str, shape: tuple[int, ...], reason: str
) -> None:
    weights = parse(network.encode())

    with pytest.raises(ModelUnusableError, match=reason):
        weights.tensor(name, *shape)


def test_a_packed_tensor_of_broken_blocks_is_refused(network: Any) -> None:
    network.tensors = {"odd": np.ones(32, "f4")}
    network.packed = frozenset({"odd"})
    data = network.encode().replace(b"odd\x01\x20", b"odd\x01\x21")

    with pytest.raises(ModelUnusableError, match="odd has type 1"):
        parse(data).tensor("odd", 33)
