"""The file is read back as the format's description says; a real server reads it elsewhere."""

import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np

from functions.runtime.embedder.gguf import ALIGNMENT, SOURCE_KEY, convert
from functions.runtime.embedder.weights import parse
from tests.unit.runtime.embedder.conftest import HIDDEN, INNER, PIECES, VOCABULARY, Network

NUMBERS = {4: "I", 5: "i", 6: "f", 7: "?"}


class File:
    """Reads what the description of GGUF, version 3, promises."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        assert self.take("4s") == b"GGUF"
        version, tensors, values = self.take("I"), self.take("Q"), self.take("Q")
        assert version == 3
        self.values = {self.text(): self.value(self.take("I")) for _ in range(values)}
        self.tensors = {self.text(): self.tensor() for _ in range(tensors)}
        self.start = self.at + -self.at % ALIGNMENT

    def take(self, layout: str) -> Any:
        (taken,) = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return taken

    def text(self) -> str:
        return str(self.take(f"{self.take('Q')}s"), "utf-8")

    def value(self, kind: int) -> Any:
        if kind == 8:
            return self.text()
        if kind == 9:
            inner, count = self.take("I"), self.take("Q")
            return [self.value(inner) for _ in range(count)]
        return self.take(NUMBERS[kind])

    def tensor(self) -> tuple[tuple[int, ...], int, int]:
        sizes = tuple(self.take("Q") for _ in range(self.take("I")))
        return sizes, self.take("I"), self.take("Q")


def written(network: Network, folder: Path) -> File:
    (folder / "weights").write_bytes(network.encode())
    convert(folder / "weights", folder / "model.gguf")
    assert sorted(path.name for path in folder.iterdir()) == ["model.gguf", "weights"]
    return File((folder / "model.gguf").read_bytes())


def test_the_network_is_described(network: Network, tmp_path: Path) -> None:
    values = written(network, tmp_path).values
    assert values["general.architecture"] == "bert"
    assert values[SOURCE_KEY] == hashlib.sha256(network.encode()).hexdigest()
    assert values["bert.embedding_length"] == HIDDEN
    assert values["bert.context_length"] == 512
    assert values["bert.pooling_type"] == 1
    assert values["bert.attention.causal"] is False


def test_the_tokenizer_has_a_piece_for_every_row(network: Network, tmp_path: Path) -> None:
    values = written(network, tmp_path).values
    tokens = values["tokenizer.ggml.tokens"]
    kinds = values["tokenizer.ggml.token_type"]
    spare = VOCABULARY - len(PIECES)
    assert tokens[: len(PIECES)] == PIECES
    assert len(set(tokens)) == len(values["tokenizer.ggml.scores"]) == VOCABULARY
    assert kinds == [3, 3, 3, 2, *[1] * 8, 3, *[5] * spare]
    assert (values["tokenizer.ggml.bos_token_id"], values["tokenizer.ggml.eos_token_id"]) == (0, 2)


def test_every_tensor_is_there_as_it_was_packed(network: Network, tmp_path: Path) -> None:
    file = written(network, tmp_path)
    weights = parse((tmp_path / "weights").read_bytes())
    pairs = {"emb.word": "token_embd.weight", "l0.fo.w": "blk.0.ffn_down.weight"}
    pairs |= {"l0.q.b": "blk.0.attn_q.bias", "l0.oln.w": "blk.0.layer_output_norm.weight"}
    assert len(file.tensors) == len(network.tensors)
    assert file.tensors["blk.0.ffn_down.weight"][0] == (INNER, HIDDEN)
    for source, name in pairs.items():
        sizes, kind, offset = file.tensors[name]
        stored, packed = weights.packed(source)
        assert kind == {0: 0, 1: 2}[stored]
        assert np.prod(sizes) == network.tensors[source].size
        assert offset % ALIGNMENT == 0
        first = file.start + offset
        assert file.data[first : first + len(packed)] == packed
