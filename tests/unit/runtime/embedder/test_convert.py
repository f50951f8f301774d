import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.embedder import MODEL_NAME, ModelUnusableError, manifest
from functions.runtime.embedder.convert import convert
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.embedder.install import install
from functions.runtime.embedder.weights import parse


@pytest.fixture
def source(tmp_path: Path, network: Any) -> Path:
    source = tmp_path / "weights"
    source.write_bytes(network.encode())
    return source


async def test_the_converted_network_computes_what_the_weights_say(
    source: Path, tmp_path: Path, network: Any, expect: Callable[..., Any]
) -> None:
    convert(source, tmp_path / "model")
    weights = parse(network.encode())
    unpacked = {name: weights.tensor(name, *found.shape) for name, found in network.tensors.items()}
    model = Embedder.open(tmp_path / "model", threads=1)

    found = await model.embed_passages(["red green blue fox"])
    model.close()

    assert found[0] @ expect(unpacked, [0, 5, 6, 7, 8, 9, 10, 2]) > 0.999


def test_the_converted_folder_is_complete_and_nothing_lies_beside_it(
    source: Path, tmp_path: Path
) -> None:
    convert(source, tmp_path / "model")

    assert manifest.is_complete(tmp_path / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "weights"]


def test_a_half_finished_folder_is_replaced_whole(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "leftover.bin").write_bytes(b"half")

    convert(source, target)

    assert manifest.is_complete(target)
    assert not (target / "leftover.bin").exists()
    assert not (target / "replaced").exists()


def test_damaged_weights_leave_what_was_there(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "model"
    convert(source, target)
    source.write_bytes(source.read_bytes()[:-1])

    with pytest.raises(ModelUnusableError):
        convert(source, target)

    assert manifest.is_complete(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "weights"]


def test_an_installed_model_is_not_fetched_again(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / MODEL_NAME)
    before = (tmp_path / MODEL_NAME / "model.bin").stat()
    lines: list[str] = []

    folder = install(tmp_path, report=lines.append)

    assert folder == tmp_path / MODEL_NAME
    assert (folder / "model.bin").stat() == before
    assert lines == ["multilingual-e5-small is installed already."]


def remove(folder: Path, name: str) -> None:
    (folder / name).unlink()


def shorten(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])


def restamp(folder: Path, key: str) -> None:
    path = folder / manifest.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: "of another time"}))


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        pytest.param(remove, "manifest.json", id="never finished"),
        pytest.param(shorten, "manifest.json", id="manifest cut"),
        pytest.param(remove, "model.bin", id="network lost"),
        pytest.param(shorten, "sentencepiece.model", id="pieces cut"),
        pytest.param(restamp, "converter", id="written by another converter"),
        pytest.param(restamp, "source_sha256", id="made of other weights"),
    ],
)
def test_a_folder_that_is_not_as_converted_is_not_complete(
    source: Path, tmp_path: Path, damage: Callable[[Path, str], None], name: str
) -> None:
    convert(source, tmp_path / "model")

    damage(tmp_path / "model", name)

    assert not manifest.is_complete(tmp_path / "model")
    with pytest.raises(ModelUnusableError, match="python -m"):
        Embedder.open(tmp_path / "model")


def test_files_of_the_right_size_and_wrong_content_are_named_unusable(
    source: Path, tmp_path: Path
) -> None:
    convert(source, tmp_path / "model")
    path = tmp_path / "model" / "model.bin"
    path.write_bytes(bytes(path.stat().st_size))

    with pytest.raises(ModelUnusableError, match="cannot be loaded"):
        Embedder.open(tmp_path / "model")


def test_the_engine_is_given_no_vocabulary_it_would_not_use(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "model")

    words = json.loads((tmp_path / "model" / "vocabulary.json").read_text())

    assert words == ["<s>", "<pad>", "</s>", "<unk>"]
