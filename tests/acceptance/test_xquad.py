"""Figures on XQuAD: right citations in two languages, and nothing lost in a power cut."""

import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.acceptance.laptop import Laptop

PARAGRAPHS = 240
QUESTIONS = 20
READY_AT_KILLS = (20, 90, 170)


def _paragraphs(file: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each paragraph's number, its text and its questions."""
    number = 0
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield number, paragraph["context"], [qa["question"] for qa in paragraph["qas"]]
            number += 1


def _questions(file: Path) -> list[tuple[str, str]]:
    """Return questions spread over the articles, with the name of the right paragraph."""
    every = [(asked[0], f"p{number:03}.txt") for number, _, asked in _paragraphs(file)]
    return list(islice(every, 0, None, PARAGRAPHS // QUESTIONS))


@pytest.fixture(scope="module")
def xquad(shared: Path) -> Path:
    return shared / "data" / "xquad"


@pytest.fixture(scope="module")
def corpus(xquad: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("xquad")
    for number, context, _ in _paragraphs(xquad / "xquad.en.json"):
        (folder / f"p{number:03}.txt").write_text(context, encoding="utf-8")
    return folder


def _cited(laptop: Laptop, question: str, name: str) -> bool:
    answered = laptop.lore_json("simulate", "ask", question)
    return any(citation["title"] == name for citation in answered["citations"])


@pytest.mark.timeout(600)
def test_answers_cite_the_right_paragraph(laptop: Laptop, corpus: Path, xquad: Path) -> None:
    files = laptop.lore_json("ingest", str(corpus))["files"]
    assert {file["status"] for file in files} == {"ready"}
    assert len(files) == PARAGRAPHS
    english = sum(_cited(laptop, *asked) for asked in _questions(xquad / "xquad.en.json"))
    german = sum(_cited(laptop, *asked) for asked in _questions(xquad / "xquad.de.json"))
    assert (english >= 19, german >= 15) == (True, True), f"en {english}, de {german} of 20"


@pytest.mark.timeout(600)
def test_killed_at_any_moment_every_document_becomes_ready_once(
    new_laptop: Laptop, corpus: Path
) -> None:
    new_laptop.start()
    new_laptop.wait_for("Lorekeeper is up.")
    sample = new_laptop.statistics()
    upload(new_laptop, corpus)
    for ready in READY_AT_KILLS:
        while new_laptop.statistics()["readyDocuments"] < sample["documents"] + ready:
            time.sleep(0.2)
        new_laptop.kill()
        new_laptop.start()
    while (now := new_laptop.statistics())["readyDocuments"] < sample["documents"] + PARAGRAPHS:
        assert now["failedDocuments"] == 0
        time.sleep(0.5)
    assert now["documents"] == sample["documents"] + PARAGRAPHS
    # Asking again adds nothing: every file is known by its bytes.
    files = new_laptop.lore_json("ingest", str(corpus))["files"]
    assert {file["status"] for file in files} == {"ready"}
    assert now["passages"] == sample["passages"] + sum(file["chunks"] for file in files)


def upload(laptop: Laptop, corpus: Path) -> None:
    """Upload every file and wait for none of them."""
    for file in sorted(corpus.iterdir()):
        laptop.send(
            "PUT",
            "/api/guilds/1/documents",
            params={"name": f"{corpus.name}/{file.name}", "origin": "cli"},
            content=file.read_bytes(),
        ).raise_for_status()
