"""Laptops: one that everybody may use, and new ones for those who break them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.acceptance.laptop import ROOT, Laptop, borrowed

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def model() -> None:
    """Skip where the embedding model was not installed; make setup installs it."""
    folder = Path(os.environ.get("LORE_MODELS") or ROOT / ".lore" / "models")
    if not (folder / "multilingual-e5-small").is_dir():
        pytest.skip("the embedding model is not installed: run make setup")


@pytest.fixture
def new_laptop(model: None) -> Iterator[Laptop]:
    """A laptop that nobody has started yet."""
    with borrowed() as laptop:
        yield laptop


@pytest.fixture(scope="session")
def laptop(model: None) -> Iterator[Laptop]:
    """A laptop that runs and has read its sample knowledge base."""
    with borrowed() as laptop:
        laptop.start()
        laptop.wait_for("Lorekeeper is up.")
        yield laptop


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()
