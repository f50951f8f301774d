"""Ask search the questions of a set."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from functions.generate.extracting import choose
from functions.local.evaluation.schemas import Outcome, Question, Ranked
from functions.runtime.clients import Clients
from functions.runtime.errors import LorekeeperError
from functions.runtime.passages import (
    MAXIMUM_QUERY,
    MAXIMUM_TURNS,
    Passage,
    SearchRequest,
    SearchResponse,
)
from functions.search.service import search

# Everything that search looked at: a hundred by meaning, a hundred by words.
EVERY_CANDIDATE: Final = 200
QUESTIONS_AT_ONCE: Final = 4
SENTENCES: Final = (1, 3)

Step = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Asking:
    """The asking of one set in its guild: ``door`` is search's own, over HTTP.

    With ``answers`` the sentences are chosen that would be quoted; without ``conversation`` only
    the last turn is asked.
    """

    clients: Clients
    door: httpx.AsyncClient
    guild_id: int
    papers: Mapping[UUID, str]
    answers: bool
    conversation: bool

    async def ask_all(self, questions: Sequence[Question], *, step: Step) -> list[Outcome]:
        """Return the outcomes in the order of the questions."""
        slots = asyncio.Semaphore(QUESTIONS_AT_ONCE)

        async def one(question: Question) -> Outcome:
            async with slots:
                outcome = await self._ask(question)
            step()
            return outcome

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(question)) for question in questions]
        return [task.result() for task in tasks]

    async def _ask(self, question: Question) -> Outcome:
        words = self._words(question)
        shown = await self._through_the_door({**words, "highlights": self.answers})
        # The door gives fifty passages at most, and recall at a hundred needs more.
        every = await search(self.clients, SearchRequest(**words, k=EVERY_CANDIDATE))
        ranked = self._by_paper(every.passages)
        return Outcome(
            question=question,
            fused=[found.paper for found in ranked],
            dense=[found.paper for found in sorted(ranked, key=_nearest)],
            bm25=[found.paper for found in sorted(ranked, key=_wordiest) if found.bm25 > 0],
            shown=[self.papers[passage.document_id] for passage in shown.passages],
            evidence=shown.evidence,
            sentences=_quoted(shown.passages) if self.answers and shown.passages else {},
        )

    def _words(self, question: Question) -> dict[str, Any]:
        words: dict[str, Any] = {"guild_id": self.guild_id, "query": question.text[:MAXIMUM_QUERY]}
        if self.conversation:
            turns = [turn[:MAXIMUM_QUERY] for turn in question.turns if turn.strip()]
            words["turns"] = turns[-MAXIMUM_TURNS:]
        return words

    async def _through_the_door(self, words: dict[str, Any]) -> SearchResponse:
        answer = await self.door.post("/search", content=msgspec.json.encode(words))
        if answer.status_code != httpx.codes.OK:
            raise LorekeeperError(f"Search refused a question: {answer.text}")
        return msgspec.json.decode(answer.content, type=SearchResponse)

    def _by_paper(self, passages: Sequence[Passage]) -> list[Ranked]:
        """Return documents in the order of their best passages, with the best of each score."""
        found: dict[str, Ranked] = {}
        for passage in passages:
            paper = self.papers[passage.document_id]
            before = found.get(paper, Ranked(paper=paper, cosine=-1.0, bm25=0.0))
            found[paper] = Ranked(
                paper=paper,
                cosine=max(before.cosine, passage.cosine or -1.0),
                bm25=max(before.bm25, passage.bm25 or 0.0),
            )
        return list(found.values())


def _nearest(found: Ranked) -> float:
    return -found.cosine


def _wordiest(found: Ranked) -> float:
    return -found.bm25


def _quoted(passages: Sequence[Passage]) -> dict[int, str]:
    return {
        most: " ".join(sentence.text for sentence in choose(passages, most=most))
        for most in SENTENCES
    }
