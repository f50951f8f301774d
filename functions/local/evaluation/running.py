"""Run an evaluation: a database, the model, and each set in a guild of its own."""

import asyncio
import logging
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx

from db.migrate import migrate
from functions.local.evaluation.asking import Asking
from functions.local.evaluation.comparing import Answered, kept
from functions.local.evaluation.gold import gold_figures
from functions.local.evaluation.loading import load, scratch_guild
from functions.local.evaluation.measures import (
    calibration,
    calibration_error,
    mean_figures,
    refusal_auroc,
)
from functions.local.evaluation.refusals import refused_shares
from functions.local.evaluation.schemas import Figures, Outcome, QuestionSet
from functions.local.evaluation.vectors import RememberingEmbedder
from functions.local.evaluation.writing import spread_evenly, writing
from functions.local.home import models_path
from functions.local.owner import opened_owner
from functions.local.postgres import start_postgres
from functions.runtime.clients import Clients
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.embedder.install import install
from functions.runtime.embedder.manifest import MANIFEST
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.settings import load_settings
from functions.search.main import build

POOL_SIZE: Final = 10
UNTOLD: Final = "und"
log = logging.getLogger(__name__)

# (what is done, how much of it, of how much)
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How an evaluation is run; ``vectors`` is the file that remembers them, None for no memory.

    ``here`` takes the database of this installation instead of a fresh one. ``written`` is how many
    questions the language model answers.
    """

    here: bool
    answers: bool
    conversation: bool
    vectors: Path | None
    written: int = 0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A set's figures, and what is kept to compare them with."""

    figures: Figures
    answers: dict[str, Answered]


@asynccontextmanager
async def opened(plan: Plan) -> AsyncIterator[Clients]:
    """Open the database and the model that the sets are measured with."""
    folder = await asyncio.to_thread(install, models_path(), report=log.info)
    embedder = await asyncio.to_thread(Embedder.open, folder)
    with ExitStack() as stack:
        stack.callback(embedder.close)
        model: EmbeddingModel = embedder
        if plan.vectors is not None:
            plan.vectors.parent.mkdir(parents=True, exist_ok=True)
            edition = (folder / MANIFEST).read_text(encoding="utf-8")
            remembering = RememberingEmbedder(embedder, file=plan.vectors, edition=edition)
            model = stack.enter_context(remembering)
        async with _database_url(here=plan.here) as url:
            settings = load_settings(
                {**os.environ, "LORE_DATABASE_URL": url, "LORE_DATABASE_POOL": str(POOL_SIZE)}
            )
            clients = Clients(settings, name="evaluation", embedder=model)
            try:
                yield clients
            finally:
                await clients.close()


@asynccontextmanager
async def _database_url(*, here: bool) -> AsyncIterator[str]:
    if here:
        async with opened_owner() as owner:
            yield str(owner.clients.settings.database_url)
        return
    with tempfile.TemporaryDirectory(prefix="lore-", ignore_cleanup_errors=True) as folder:
        postgres = await asyncio.to_thread(start_postgres, Path(folder) / "postgres")
        try:
            await migrate(postgres.owner_url)
            yield postgres.app_url
        finally:
            await asyncio.to_thread(postgres.stop)


async def measure(
    clients: Clients, questions: QuestionSet, *, plan: Plan, report: Report
) -> Measured:
    """Return the figures of one set, read into a guild that is gone afterwards."""
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        # Whoever wants answers learns at once where no model can write them.
        answering = await stack.enter_async_context(writing(clients)) if plan.written else None
        guild_id = await stack.enter_async_context(scratch_guild(clients))
        papers = await load(
            clients,
            guild_id,
            questions.papers,
            step=_counting(report, f"Reading {questions.name}", len(questions.papers)),
        )
        outcomes = await _ask(clients, questions, guild_id, papers, plan=plan, report=report)
        written = None
        if answering and (chosen := spread_evenly(outcomes, plan.written)):
            step = _counting(report, f"Answering {questions.name}", len(chosen))
            written = await answering.answer_all(guild_id, chosen, step=step)
    figures = {**_figures(questions, outcomes), "written": written}
    figures["seconds"] = round(time.perf_counter() - started, 1)
    return Measured(figures=figures, answers=kept(outcomes))


async def _ask(
    clients: Clients,
    questions: QuestionSet,
    guild_id: int,
    papers: Mapping[UUID, str],
    *,
    plan: Plan,
    report: Report,
) -> list[Outcome]:
    transport = httpx.ASGITransport(build(clients))
    async with httpx.AsyncClient(transport=transport, base_url="http://search") as door:
        asking = Asking(
            clients=clients,
            door=door,
            guild_id=guild_id,
            papers=papers,
            answers=plan.answers,
            conversation=plan.conversation,
        )
        step = _counting(report, f"Asking {questions.name}", len(questions.questions))
        return await asking.ask_all(questions.questions, step=step)


def _counting(report: Report, what: str, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        report(what, done, total)

    report(what, 0, total)
    return step


def _figures(questions: QuestionSet, outcomes: Sequence[Outcome]) -> Figures:
    bins = calibration(outcomes)
    auroc = refusal_auroc(outcomes)
    return {
        "name": questions.name,
        "language": questions.language,
        "queries": _judged(outcomes),
        **mean_figures(outcomes, _fused),
        "refusal_auroc": None if auroc is None else round(auroc, 4),
        "parts": {
            "dense": mean_figures(outcomes, _dense),
            "bm25": mean_figures(outcomes, _bm25),
        },
        "documents": len(questions.papers),
        "asked": len(outcomes),
        "calibration": bins,
        "calibration_error": calibration_error(bins),
        "by_language": _by_language(questions, outcomes),
        "answers": gold_figures(outcomes),
        "refused": refused_shares(outcomes),
    }


def _judged(outcomes: Sequence[Outcome]) -> int:
    return sum(bool(outcome.question.relevant) for outcome in outcomes)


def _fused(outcome: Outcome) -> Sequence[str]:
    return outcome.fused


def _dense(outcome: Outcome) -> Sequence[str]:
    return outcome.dense


def _bm25(outcome: Outcome) -> Sequence[str]:
    return outcome.bm25


def _by_language(questions: QuestionSet, outcomes: Sequence[Outcome]) -> dict[str, Figures]:
    """Return the figures of each language that questions of the set are said to be in."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.question.language or questions.language or UNTOLD].append(outcome)
    return {
        language: {"queries": _judged(group), **mean_figures(group, _fused)}
        for language, group in sorted(groups.items())
    }
