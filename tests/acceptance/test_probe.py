"""A hundred documents as people write them: each can be found by its own words."""

import hashlib
from itertools import islice
from pathlib import Path

import pytest

from tests.acceptance.laptop import ROOT, Laptop

DOCUMENTS = 100
BYTES = range(2_000, 12_000)


def _pages() -> list[Path]:
    """Return this project's documentation and the manuals of the packages it is built with."""
    own = sorted((ROOT / "docs").rglob("*.md"))
    packages = sorted((ROOT / "frontend" / "node_modules").rglob("README.md"))
    fit = [page for page in packages if page.stat().st_size in BYTES]
    once = {hashlib.sha256(page.read_bytes()).digest(): page for page in [*own, *fit]}
    return list(islice(once.values(), DOCUMENTS))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    pages = _pages()
    if len(pages) < DOCUMENTS:
        pytest.skip("the dashboard's packages are not installed: run make setup")
    for page in pages:
        name = str(page.relative_to(ROOT)).replace("/", "_")
        (tmp_path / name).write_bytes(page.read_bytes())
    return tmp_path


@pytest.mark.timeout(600)
def test_a_hundred_real_documents_are_found_by_their_own_words(
    new_laptop: Laptop, library: Path
) -> None:
    new_laptop.start()
    new_laptop.wait_for("Lorekeeper is up.")
    files = new_laptop.lore_json("ingest", str(library))["files"]
    assert {file["status"] for file in files} == {"ready"}
    assert len(files) == DOCUMENTS
    far = {file["name"]: file["rank"] for file in files if file["rank"] > 3}
    assert far == {}
