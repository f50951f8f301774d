"""Let the language model answer questions of a set as a server's would, and see what it is worth.

What its own text holds is told beside what members see of it and beside a quotation: a weak model
must not spoil what the documents say.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import numpy as np
from sqlalchemy import TextClause, text

from functions.generate.extracting import MOST_SENTENCES
from functions.generate.service import generate
from functions.local.evaluation.gold import holds_gold
from functions.local.evaluation.schemas import Figures, Outcome
from functions.local.home import UsageError
from functions.runtime.clients import Clients
from functions.runtime.events import QUESTION_ASKED, Event
from functions.runtime.ollama.client import Message, OllamaClient, Piece
from functions.search.main import build

LOOK_SECONDS: Final = 0.05
ASK = text(
    "INSERT INTO questions (guild_id, text, origin) VALUES (:guild_id, :text, 'cli') RETURNING id"
)
SEEN = text("SELECT partial IS NOT NULL OR answer IS NOT NULL FROM questions WHERE id = :id")
ENDED = text("SELECT answered_at, answer, answer_kind FROM questions WHERE id = :id")

Step = Callable[[], None]
Look = Callable[[TextClause], Awaitable[Any]]


class OverheardModel(OllamaClient):
    """A model of which every word is kept, whatever is shown of it."""

    own = ""

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[Piece, None]:
        """Yield what the model writes as it writes."""
        self.own = ""
        async with aclosing(super().stream(messages)) as pieces:
            async for piece in pieces:
                self.own += piece.text
                yield piece


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One question's answer: who wrote it, whether it holds the gold span, and how soon it came.

    ``visible_ms`` is when a page could show the first of it, ``ended_ms`` when it was whole.
    """

    kind: str | None
    own: bool
    shown: bool
    quoted: bool
    visible_ms: float
    ended_ms: float


@dataclass(frozen=True, kw_only=True)
class Writing:
    """The answering of questions in the guilds of their sets."""

    clients: Clients
    model: OverheardModel

    async def answer_all(
        self, guild_id: int, outcomes: Sequence[Outcome], *, step: Step
    ) -> Figures:
        """Answer questions one by one: a second one would wait for the model."""
        await self.model.warm_up()
        answers = []
        for outcome in outcomes:
            answers.append(await self._answer(guild_id, outcome))
            step()
        return _figures(answers, model=self.model.model)

    async def _answer(self, guild_id: int, outcome: Outcome) -> Answer:
        question = outcome.question
        asked = {"guild_id": guild_id, "text": question.text}
        async with self.clients.database.guild(guild_id) as session:
            row_id: UUID = (await session.execute(ASK, asked)).scalar_one()
        self.model.own = ""
        started = time.perf_counter()
        event = Event(
            id=str(row_id),
            source="/lorekeeper/evaluation",
            type=QUESTION_ASKED,
            data={"question_id": str(row_id)},
        )
        look = partial(self._row, guild_id, row_id)
        answering = asyncio.create_task(self._generate(event, look))
        while not answering.done() and not (await look(SEEN))[0]:
            await asyncio.wait({answering}, timeout=LOOK_SECONDS)
        visible = time.perf_counter() - started
        await answering
        ended = time.perf_counter() - started
        row = await look(ENDED)
        return Answer(
            kind=row.answer_kind,
            own=holds_gold(self.model.own, question.gold),
            shown=holds_gold(row.answer or "", question.gold),
            quoted=holds_gold(outcome.sentences.get(MOST_SENTENCES, ""), question.gold),
            visible_ms=visible * 1000,
            ended_ms=ended * 1000,
        )

    async def _generate(self, event: Event, look: Look) -> None:
        """Hand in the question until it has ended: while others write it is given back."""
        await generate(self.clients, event)
        while not (await look(ENDED)).answered_at:
            await asyncio.sleep(LOOK_SECONDS)
            await generate(self.clients, event)

    async def _row(self, guild_id: int, row_id: UUID, statement: TextClause) -> Any:
        async with self.clients.database.guild(guild_id) as session:
            return (await session.execute(statement, {"id": row_id})).one()


@asynccontextmanager
async def writing(clients: Clients) -> AsyncIterator[Writing]:
    """Put the parts together that answer, with search in this process.

    Raises UsageError where no language model can be had.
    """
    settings = clients.settings
    if settings.ollama_host is None:
        raise UsageError("OLLAMA_HOST is not set: there is no language model to write answers.")
    mounts = {settings.search_url: httpx.ASGITransport(build(clients))}
    async with httpx.AsyncClient(mounts=mounts) as http:
        answering = Clients(
            settings,
            name="generate",
            http=http,
            database=clients.database,
            embedder=clients.embedder,
        )
        model = OverheardModel(
            http,
            host=settings.ollama_host,
            model=settings.chat_model,
            context_tokens=settings.context_tokens,
        )
        if not await model.is_ready():
            raise UsageError(
                f"The Ollama at {settings.ollama_host} does not answer or has no model"
                f" {settings.chat_model}. See lore models."
            )
        answering.ollama = model
        try:
            yield Writing(clients=answering, model=model)
        finally:
            await answering.close()


def spread_evenly(outcomes: Sequence[Outcome], count: int) -> list[Outcome]:
    """Return so many of the questions whose answer is known, from all over the set."""
    known = [outcome for outcome in outcomes if outcome.question.gold]
    if len(known) <= count:
        return known
    return [known[place * len(known) // count] for place in range(count)]


def _figures(answers: Sequence[Answer], *, model: str) -> Figures:
    # Where the gate refused, nobody wrote or quoted.
    given = [answer for answer in answers if answer.kind]
    return {
        "model": model,
        "asked": len(answers),
        "refused": len(answers) - len(given),
        "by_model": sum(answer.kind == "model" for answer in given),
        "gold_in_own": sum(answer.own for answer in given),
        "gold_in_shown": sum(answer.shown for answer in given),
        "gold_in_quotation": sum(answer.quoted for answer in given),
        "visible_ms": _spread([answer.visible_ms for answer in answers]),
        "ended_ms": _spread([answer.ended_ms for answer in answers]),
    }


def _spread(milliseconds: Sequence[float]) -> dict[str, int]:
    half, most = np.percentile(milliseconds, [50, 95])
    return {"p50": round(float(half)), "p95": round(float(most))}
