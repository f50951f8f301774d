"""Laptops: one that everybody may use, and new ones for those who break them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.laptop import ROOT, Laptop


@pytest.fixture(scope="session")
def model() -> None:
    """Skip where the embedding model was not installed; make setup installs it."""
    folder = Path(os.environ.get("LORE_MODELS") or ROOT / ".lore" / "models")
    if not (folder / "multilingual-e5-small").is_dir():
        pytest.skip("the embedding model is not installed: run make setup")


@pytest.fixture
def new_laptop(model: None) -> Iterator[Laptop]:
    """A laptop that nobody has started yet."""
    folder = Path(tempfile.mkdtemp(prefix="lore-"))
    laptop = Laptop(folder / "home")
    yield laptop
    _discard(laptop, folder)


@pytest.fixture(scope="session")
def laptop(model: None) -> Iterator[Laptop]:
    """A laptop that runs and has read its sample knowledge base."""
    folder = Path(tempfile.mkdtemp(prefix="lore-"))
    laptop = Laptop(folder / "home")
    laptop.start()
    laptop.wait_for("Lorekeeper is up.")
    yield laptop
    _discard(laptop, folder)


def _discard(laptop: Laptop, folder: Path) -> None:
    if laptop.process and laptop.process.poll() is None:
        laptop.stop()
    shutil.rmtree(folder, ignore_errors=True)
