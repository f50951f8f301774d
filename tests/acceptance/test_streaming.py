"""Answers as they are written, on the dashboard and a terminal, by a model that takes its time."""

import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, expect

from functions.runtime.ollama.twin import OllamaTwin
from tests.acceptance.laptop import LORE, Laptop, borrowed, free_port
from tests.acceptance.visit import Visit, signed_in

pytestmark = pytest.mark.browser
QUESTION = "How is the Tessaly lamp lit?"
GUIDE = """# The Tessaly lamp

The Tessaly lamp is lit by turning its brass key twice. It burns for nine hours on one measure
of oil. Its wick is trimmed every evening before the watch begins.
"""
FIRST = "The Tessaly lamp is lit by turning its brass key twice"
LAST = "Its wick is trimmed every evening before the watch begins"
REPLY = f"{FIRST} [1]. It burns for nine hours on one measure of oil [1]. {LAST} [1]."
NEWEST = """query { guild(id: "1") { questions(first: 1) { nodes {
  id text status isStopped fallback answer } } } }"""


@contextmanager
def _served(twin: OllamaTwin) -> Iterator[str]:
    """Serve a twin; yield its address."""
    config = uvicorn.Config(
        twin.app, host="127.0.0.1", port=free_port(), log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"127.0.0.1:{config.port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def library(model: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A laptop that has read a guide, with a model that says it after, a word every while."""
    twin = OllamaTwin(REPLY)
    twin.reading, twin.pace = 0.5, 0.08
    guide = tmp_path_factory.mktemp("guide") / "lamp.md"
    guide.write_text(GUIDE, encoding="utf-8")
    with _served(twin) as address, borrowed() as laptop:
        laptop.environment |= {"OLLAMA_HOST": address, "LORE_CHAT_MODEL": "llama3.2"}
        laptop.start()
        laptop.wait_for("Lorekeeper is up.")
        laptop.lore("ingest", str(guide))
        yield laptop


@pytest.fixture
def visit(browser: Browser, library: Laptop) -> Iterator[Visit]:
    with signed_in(browser, library) as visit:
        yield visit


def _newest(laptop: Laptop) -> dict[str, Any]:
    newest: dict[str, Any] = laptop.query(NEWEST)["guild"]["questions"]["nodes"][0]
    return newest


def _wait_until_ended(laptop: Laptop) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (question := _newest(laptop))["status"] in {"ASKED", "ANSWERING"}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return question


def test_an_answer_grows_where_it_will_stand_and_is_continued(visit: Visit) -> None:
    visit.open("/ask")
    visit.ask(QUESTION)
    article = visit.page.get_by_role("article")
    text = article.get_by_role("paragraph").filter(has_text=FIRST)
    expect(text).to_be_visible(timeout=30_000)
    # The rest is still being written: what stands is shown, and may be stopped.
    expect(text).not_to_contain_text(LAST)
    expect(article.get_by_role("button", name="Stop")).to_be_visible()
    place = text.bounding_box()
    source = article.get_by_role("link", name="The Tessaly lamp")
    expect(source).to_be_visible(timeout=30_000)
    expect(text).to_contain_text(LAST)
    assert place
    assert text.bounding_box()["y"] == place["y"]  # type: ignore[index]
    visit.page.get_by_placeholder("Ask a follow-up").fill("And how long does it burn?")
    visit.page.keyboard.press("Enter")
    trail = visit.page.get_by_role("navigation", name="This conversation")
    expect(trail.get_by_role("link", name=QUESTION)).to_be_visible()
    expect(article.get_by_role("link", name="The Tessaly lamp")).to_be_visible(timeout=30_000)
    visit.page.get_by_role("button", name="Forget this conversation").click()
    expect(trail).to_have_count(0)


def test_an_answer_is_stopped_where_it_stands(visit: Visit, library: Laptop) -> None:
    visit.open("/ask")
    visit.ask(QUESTION)
    article = visit.page.get_by_role("article")
    written = article.get_by_role("paragraph").filter(has_text=FIRST)
    expect(written).to_be_visible(timeout=30_000)
    article.get_by_role("button", name="Stop").click()
    expect(article.get_by_text("Stopped.")).to_be_visible(timeout=10_000)
    question = _newest(library)
    assert (question["status"], question["fallback"]) == ("ANSWERED", "STOPPED")
    assert FIRST in question["answer"]
    assert LAST not in question["answer"]


def test_who_waits_for_the_model_sees_how_many_go_before_and_may_give_up(
    visit: Visit, library: Laptop
) -> None:
    ask = 'mutation { ask(guildId: "1", text: "How long does the Tessaly lamp burn?") { id } }'
    for _ in range(2):
        library.query(ask)
    visit.open("/ask")
    visit.ask(QUESTION)
    article = visit.page.get_by_role("article")
    waiting = re.compile(r"[12] answers? ahead of yours")
    expect(article.get_by_role("status")).to_have_text(waiting, timeout=30_000)
    # Nobody works on it, so the stop itself has to wake somebody.
    article.get_by_role("button", name="Stop").click()
    expect(article.get_by_text("The writing was stopped")).to_be_visible(timeout=10_000)
    expect(article.get_by_role("link", name="The Tessaly lamp")).to_be_visible()


def test_the_same_question_is_answered_again_where_that_is_wanted(visit: Visit) -> None:
    page = visit.page
    visit.open("/settings")
    page.get_by_role("checkbox", name="Give the same answer again").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    for _ in range(2):
        visit.open("/ask")
        visit.ask(QUESTION)
        source = page.get_by_role("button", name=re.compile("^Source 1")).first
        expect(source).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Answered before.")).to_be_visible()
    page.get_by_text("How this answer came about").click()
    page.get_by_role("link", name="this question").click()
    expect(page.get_by_text("Answered before.")).to_have_count(0)
    visit.open("/settings")
    page.get_by_role("checkbox", name="Give the same answer again").click()
    expect(page.get_by_text("Saved")).to_be_visible()


def test_ctrl_c_on_the_terminal_stops_the_answer(library: Laptop) -> None:
    before = _newest(library)["id"]
    asking = subprocess.Popen(
        [LORE, "ask", QUESTION], env=library.environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while (newest := _newest(library))["id"] == before or newest["status"] != "ANSWERING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    asking.send_signal(signal.SIGINT)
    _, told = asking.communicate(timeout=30)
    assert asking.returncode == 130
    assert "Stopped." in told
    question = _wait_until_ended(library)
    assert (question["isStopped"], question["fallback"]) == (True, "STOPPED")


def test_the_command_line_tells_how_an_answer_came_about(library: Laptop) -> None:
    assert library.lore_json("ask", QUESTION)["kind"] == "model"
    listed = library.lore("questions").stdout
    newest = _newest(library)["id"]
    assert re.search(rf"{newest[:8]}\s.*answered\s+{re.escape(QUESTION)}", listed)
    shown = library.lore("questions", "show", newest[:8]).stdout
    for words in (FIRST, "llama3.2", "balanced", "sentences supported", "writing", "used"):
        assert words in shown
    record = library.lore_json("questions", "show", newest)["record"]
    assert record["passages"][0]["title"] == "The Tessaly lamp"
    assert library.lore("questions", "show", "ffffffff", check=False).returncode == 1


def test_a_moderator_says_how_answers_are_wanted(visit: Visit) -> None:
    page = visit.page
    visit.open("/")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("radio", name=re.compile("^Strict")).click()
    page.get_by_label("Wishes for the writing").fill("Be brief.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.reload()
    expect(page.get_by_role("radio", name=re.compile("^Strict"))).to_be_checked()
    expect(page.get_by_label("Wishes for the writing")).to_have_value("Be brief.")
    page.get_by_role("radio", name=re.compile("^Balanced")).click()
    expect(page.get_by_text("Saved")).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("^Balanced"))).to_be_checked()
