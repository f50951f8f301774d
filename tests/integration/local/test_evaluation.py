"""An evaluation in a real database: what it measures is what search does, and it leaves nothing."""

import asyncio
import dataclasses
from collections.abc import Iterable
from io import StringIO

import asyncpg
import httpx
import msgspec
import pytest
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.session import Database, driver_url
from functions.local.evaluation.asking import EVERY_CANDIDATE
from functions.local.evaluation.loading import load, parsed_paper, scratch_guild
from functions.local.evaluation.running import Plan, measure
from functions.local.evaluation.schemas import Paper, Question, QuestionSet
from functions.local.evaluation.tables import tables
from functions.local.home import UsageError
from functions.runtime.clients import Clients
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.ollama.twin import OllamaTwin
from functions.runtime.passages import MAXIMUM_PASSAGES, SearchRequest, SearchResponse
from functions.runtime.settings import Settings
from functions.search.main import build
from functions.search.service import search
from tests.serving import served

PLAN = Plan(here=False, answers=True, conversation=True, vectors=None)
TOPICS = ["parking garage", "opening hours", "lost property", "guided tours", "dogs allowed"]
PAPERS = [
    Paper(id=f"d{number}", title="", text=f"Everything about {topic}: see desk {number}.")
    for number, topic in enumerate(TOPICS)
]
QUESTIONS = [
    Question(
        id=f"q{number}", text=f"Tell me about {topic}", relevant={f"d{number}": 1}, gold=[topic]
    )
    for number, topic in enumerate(TOPICS)
] + [Question(id="u", text="zebra quantum lasagne", answerable=False)]
COUNT = text(
    "SELECT (SELECT count(*) FROM guilds), (SELECT count(*) FROM documents),"
    " (SELECT count(*) FROM document_versions), (SELECT count(*) FROM chunks),"
    " (SELECT count(*) FROM embeddings), (SELECT count(*) FROM postings)"
)
WRITTEN_ELSEWHERE = (
    "INSERT INTO questions (guild_id, text, origin, status, lease_id, lease_expires_at)"
    " VALUES ($1, 'why?', 'cli', 'answering', gen_random_uuid(), now() + interval '5 minutes')"
    " RETURNING id"
)
TURN = (
    "INSERT INTO model_turns (question_id, guild_id, round, lease_id)"
    " SELECT id, $2, 0, lease_id FROM questions WHERE id = $1"
)
GIVEN_BACK = "SELECT EXISTS (SELECT FROM questions WHERE stage = 'queued' AND lease_id IS NULL)"


@pytest.fixture
def clients(database: Database) -> Clients:
    return Clients(Settings(), name="evaluation", database=database, embedder=HashEmbedder())


async def counted(owner_url: str) -> list[int]:
    engine = create_async_engine(driver_url(owner_url), poolclass=NullPool)
    async with engine.connect() as connection:
        found = (await connection.execute(COUNT)).one()
    await engine.dispose()
    return list(found)


async def test_a_set_is_measured_and_leaves_nothing_behind(
    clients: Clients, owner_url: str
) -> None:
    before = await counted(owner_url)
    steps: list[tuple[str, int, int]] = []
    questions = QuestionSet(name="desk", language="en", papers=PAPERS, questions=QUESTIONS)
    measured = await measure(clients, questions, plan=PLAN, report=lambda *step: steps.append(step))
    figures = measured.figures
    assert figures["name"] == "desk"
    assert figures["queries"] == len(TOPICS)
    assert figures["ndcg_at_10"] == figures["mrr"] == figures["recall_at_1"] == 1.0
    assert figures["parts"]["bm25"]["recall_at_1"] == 1.0
    assert figures["parts"]["dense"]["recall_at_100"] == 1.0
    assert figures["answers"] == {"gold_in_1": 1.0, "gold_in_3": 1.0}
    assert [row["asked"] for row in figures["refused"]] == [len(QUESTIONS), 1]
    assert measured.answers.keys() == {question.id for question in QUESTIONS}
    assert ("Reading desk", 5, 5) in steps
    assert ("Asking desk", 6, 6) in steps
    assert await counted(owner_url) == before


async def test_a_set_that_cannot_be_read_leaves_nothing_behind(
    clients: Clients, owner_url: str
) -> None:
    before = await counted(owner_url)
    broken = [*PAPERS, Paper(id="empty", title="", text=" \n ")]
    questions = QuestionSet(name="desk", language="en", papers=broken, questions=QUESTIONS)
    with pytest.raises(ExceptionGroup):
        await measure(clients, questions, plan=PLAN, report=lambda *_: None)
    assert await counted(owner_url) == before


async def test_the_ranking_that_is_measured_begins_as_the_door_gives_it(clients: Clients) -> None:
    many = [
        Paper(id=f"{number}", title="", text=f"Room {number} is on floor {number % 7}. " * 3)
        for number in range(120)
    ]
    async with scratch_guild(clients) as guild_id:
        await load(clients, guild_id, many, step=lambda: None)
        request = SearchRequest(guild_id=guild_id, query="Which floor is room 17 on?")
        every = await search(clients, msgspec.structs.replace(request, k=EVERY_CANDIDATE))
        transport = httpx.ASGITransport(build(clients))
        async with httpx.AsyncClient(transport=transport, base_url="http://search") as door:
            asked = msgspec.structs.replace(request, k=MAXIMUM_PASSAGES)
            answer = await door.post("/search", content=msgspec.json.encode(asked))
    shown = msgspec.json.decode(answer.content, type=SearchResponse).passages
    assert len(shown) == MAXIMUM_PASSAGES
    assert [one.chunk_id for one in every.passages][:MAXIMUM_PASSAGES] == [
        one.chunk_id for one in shown
    ]
    assert len(every.passages) > MAXIMUM_PASSAGES


def test_a_title_becomes_the_first_heading_and_an_id_never_a_title() -> None:
    titled = parsed_paper(Paper(id="x", title="Opening hours", text="At nine.\n\nAt noon."))
    assert titled.title == "Opening hours"
    assert titled.text == "Opening hours\n\nAt nine.\n\nAt noon."
    assert parsed_paper(Paper(id="x", title="", text="<b>At</b> nine.")).title == ""
    assert parsed_paper(Paper(id="x", title="", text="<b>At</b> nine.")).text == "<b>At</b> nine."


async def test_the_language_model_is_held_against_quotations(
    database: Database,
    owner_url: str,
    monkeypatch: pytest.MonkeyPatch,
    empty_queue: None,
) -> None:
    # The twin's cosines are no evidence of anything.
    monkeypatch.setattr("functions.generate.answering.least_evidence", lambda _: 0.0)
    before = await counted(owner_url)
    twin = OllamaTwin(reply="Everything about parking garage: see desk 0 [1]. See you at desk 7.")
    async with served(twin.app) as url:
        settings = Settings(ollama_host=url)
        clients = Clients(settings, name="evaluation", database=database, embedder=HashEmbedder())
        questions = QuestionSet(name="desk", language="en", papers=PAPERS, questions=QUESTIONS)
        plan = dataclasses.replace(PLAN, written=3)
        measured = await measure(clients, questions, plan=plan, report=lambda *_: None)
    written = measured.figures["written"]
    assert "llama3.2" in _as_text(tables([{**measured.figures, "against": None}]))
    seen, whole = written.pop("visible_ms"), written.pop("ended_ms")
    assert 0 < seen["p50"] <= whole["p50"] <= whole["p95"]
    assert written == {
        "model": "llama3.2",
        "asked": 3,
        "by_model": 1,
        "refused": 0,
        "gold_in_own": 1,
        "gold_in_shown": 3,
        "gold_in_quotation": 3,
    }
    assert await counted(owner_url) == before


async def test_a_question_that_waits_for_the_language_model_is_not_refused(
    database: Database,
    owner_url: str,
    guild_id: int,
    monkeypatch: pytest.MonkeyPatch,
    empty_queue: None,
) -> None:
    monkeypatch.setattr("functions.generate.answering.least_evidence", lambda _: 0.0)
    owner = await asyncpg.connect(owner_url)
    other = await owner.fetchval(WRITTEN_ELSEWHERE, guild_id)
    await owner.execute(TURN, other, guild_id)

    async def end_elsewhere() -> None:
        while not await owner.fetchval(GIVEN_BACK):  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(0.02)
        await owner.execute("DELETE FROM model_turns WHERE question_id = $1", other)

    ending = asyncio.create_task(end_elsewhere())
    twin = OllamaTwin(reply="Everything about parking garage: see desk 0 [1].")
    async with served(twin.app) as url:
        clients = Clients(
            Settings(ollama_host=url), name="evaluation", database=database, embedder=HashEmbedder()
        )
        questions = QuestionSet(name="desk", language="en", papers=PAPERS, questions=QUESTIONS)
        plan = dataclasses.replace(PLAN, written=1)
        measured = await measure(clients, questions, plan=plan, report=lambda *_: None)
    await ending
    await owner.close()
    assert measured.figures["written"]["refused"] == 0
    assert measured.figures["written"]["gold_in_shown"] == 1


def _as_text(found: Iterable[Table]) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(*found)
    return console.export_text()


@pytest.mark.parametrize(
    ("host", "says"), [(None, "OLLAMA_HOST is not set"), ("127.0.0.1:9", "lore models")]
)
async def test_without_a_language_model_it_says_so(
    database: Database, owner_url: str, host: str | None, says: str
) -> None:
    before = await counted(owner_url)
    settings = Settings(ollama_host=host)
    clients = Clients(settings, name="evaluation", database=database, embedder=HashEmbedder())
    questions = QuestionSet(name="desk", language="en", papers=PAPERS, questions=QUESTIONS)
    plan = dataclasses.replace(PLAN, written=3)
    with pytest.raises(UsageError, match=says):
        await measure(clients, questions, plan=plan, report=lambda *_: None)
    assert await counted(owner_url) == before
