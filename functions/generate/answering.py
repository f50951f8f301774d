"""From a question to its outcome: search, the evidence gate, a model's answer or a quotation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import httpx
import msgspec

from functions.generate.caching import Kept, find_known, library_of
from functions.generate.conversation import Found, hear, look_up
from functions.generate.extracting import extract
from functions.generate.gate import least_evidence
from functions.generate.progress import Progress
from functions.generate.prompts import Asked, Prompt, build_prompt, salt_of
from functions.generate.rewriting import rewrite
from functions.generate.safety import make_safe
from functions.generate.schemas import (
    Draft,
    Exchange,
    Fallback,
    GateRecord,
    Outcome,
    PassageRecord,
    Question,
    Record,
    Waiting,
    cite,
)
from functions.generate.turns import Turn
from functions.generate.verification import Checker
from functions.generate.writing import Written, write
from functions.runtime.clients import Clients
from functions.runtime.errors import UnavailableError
from functions.runtime.ollama.client import OllamaClient
from functions.runtime.passages import (
    MAXIMUM_QUERY,
    Passage,
    SearchRequest,
    SearchResponse,
)
from functions.runtime.stopwatch import Stopwatch

SEARCH_SECONDS = 20.0
NEAREST_NAMED = 3
# Discord's token lives for fifteen minutes: whoever waited this long gets a quotation in time.
LONGEST_WAIT_SECONDS = 600.0

NO_DOCUMENTS = (
    "There is nothing to answer from yet. Add a document with /kb add or on the dashboard,"
    " then ask again."
)
NOT_FOUND = "I found no answer to this in the documents here. The nearest I have: {nearest}."
NOT_UNDERSTOOD = "This question could not be looked up. Ask it in other words."


@dataclass(kw_only=True)
class Job:
    """A question that is being answered, and what is known so far of how."""

    clients: Clients
    question: Question
    turn: Turn
    progress: Progress
    watch: Stopwatch = field(default_factory=Stopwatch)
    timings: dict[str, float] = field(default_factory=dict)
    record: Record = field(default_factory=Record)
    # The passages of the prompt, in its order: a follow-up's prompt begins as this one does.
    read: list[int] = field(default_factory=list)
    # What this answer can be found again by, where the guild wants that.
    kept: Kept | None = None

    def timings_ms(self) -> dict[str, float]:
        """Return the milliseconds of every stage so far; ``total`` is without the queue."""
        return {**self.timings, **self.watch.timings_ms()}


async def answer(job: Job) -> Outcome | Waiting:
    """Return how a question ends, or that it waits for its turn at the model.

    Raises UnavailableError where trying later may help.
    """
    # Whoever queued up has its turn before anything is looked up again.
    if job.question.stage == "queued" and (waiting := await _wait(job)):
        return waiting
    library, exchanges = await _prepared(job)
    looked_up = await _look_up(job, exchanges)
    if looked_up is None:
        return Outcome(status="failed", reason=NOT_UNDERSTOOD)
    if library and not looked_up.heard and (known := await _known(job, library)):
        return known
    found = looked_up.response
    draft = await _draft(job, looked_up) if _passes(job, found) else None
    if isinstance(draft, Waiting):
        return draft
    _note_passages(job, found.passages, draft)
    return Outcome(
        status="answered" if draft else "refused",
        draft=_safe(draft or _refusal(found.passages)),
        evidence=found.evidence,
    )


async def _prepared(job: Job) -> tuple[bytes | None, list[Exchange]]:
    """Return which library answers, where answers are given again, and what was asked before."""
    question = job.question
    async with job.clients.database.guild(question.guild_id) as session:
        # Before the search: of an answer nobody may believe that it knows what came after it.
        wanted = question.caches_answers
        library = await library_of(session, question, job.clients.settings) if wanted else None
        return library, await hear(session, question.id)


async def _look_up(job: Job, exchanges: list[Exchange]) -> Found | None:
    """Return what was found for a question, by itself or as the continuation that it is."""
    rewritten = await _rewritten(job, exchanges)
    with job.watch.stage("search"):
        found = await look_up(
            partial(_search, job),
            job.question.text,
            exchanges,
            rewritten=rewritten,
            is_follow_up=job.question.is_follow_up,
        )
    if found:
        job.record.turns = [exchange.question for exchange in found.heard]
        job.record.rewritten = found.rewritten
    return found


async def _rewritten(job: Job, exchanges: Sequence[Exchange]) -> str | None:
    """Let the model say a follow-up by itself, where the guild wants that and nobody waits."""
    model = job.clients.ollama
    if not exchanges or not job.question.rewrites_questions or model is None:
        return None
    if not await model.is_ready() or await job.turn.take():
        return None
    with job.watch.stage("rewriting"):
        return await rewrite(model, job.question.text, exchanges, salt=_salt(job))


async def _known(job: Job, library: bytes) -> Outcome | None:
    """Return the answer that was given to this question before, where it still holds."""
    vector = await job.clients.embedder.embed_query(job.question.text)
    job.kept = Kept(library=library, vector=vector)
    async with job.clients.database.guild(job.question.guild_id) as session:
        known = await find_known(session, job.question, job.kept)
    if known is None:
        return None
    job.record.passages = known.record.passages
    job.record.prompt_version = known.record.prompt_version
    job.record.cached_from = known.record.cached_from
    return Outcome(status="answered", draft=known.draft, evidence=known.evidence)


async def _search(job: Job, query: str, turns: list[str]) -> SearchResponse | None:
    """Return what was found, or None where search refuses the question for good."""
    request = SearchRequest(
        guild_id=job.question.guild_id,
        query=query[:MAXIMUM_QUERY],
        turns=[turn[:MAXIMUM_QUERY] for turn in turns],
        highlights=True,
    )
    try:
        response = await job.clients.http.post(
            f"{job.clients.settings.search_url.rstrip('/')}/search",
            content=msgspec.json.encode(request),
            headers={"content-type": "application/json"},
            timeout=SEARCH_SECONDS,
        )
        if response.status_code == httpx.codes.BAD_REQUEST:
            return None
        response.raise_for_status()
        found = msgspec.json.decode(response.content, type=SearchResponse)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        raise UnavailableError("Search does not answer. Try again in a moment.") from error
    job.timings.update({f"search.{stage}": taken for stage, taken in found.timings_ms.items()})
    return found


def _passes(job: Job, found: SearchResponse) -> bool:
    """Tell whether the passages are good enough evidence for this guild."""
    least = least_evidence(job.question.gate)
    job.record.gate = GateRecord(mode=job.question.gate, least=least)
    return bool(found.passages) and found.evidence >= least


def _nearest(passages: Sequence[Passage]) -> list[Passage]:
    by_document = {passage.document_id: passage for passage in reversed(passages)}
    documents = dict.fromkeys(passage.document_id for passage in passages)
    return [by_document[document] for document in documents][:NEAREST_NAMED]


def _refusal(passages: Sequence[Passage]) -> Draft:
    nearest = _nearest(passages)
    names = ", ".join(f"“{passage.title}” [{n}]" for n, passage in enumerate(nearest, 1))
    return Draft(
        text=NOT_FOUND.format(nearest=names) if nearest else NO_DOCUMENTS,
        citations=[
            cite(passage, number=number, quote="") for number, passage in enumerate(nearest, 1)
        ],
        kind="extractive",
    )


async def _draft(job: Job, looked_up: Found) -> Draft | Waiting:
    """Return a model's answer as far as the passages support it, else a quotation of them."""
    passages = looked_up.response.passages
    model = await _model(job)
    if model is None:
        return extract(passages)
    prompt = _prompt(job, model, passages, looked_up.heard)
    if not prompt.passages:
        return _quoted(job, passages, "too_long")
    if waiting := await _wait(job):
        return waiting
    checker = Checker(
        prompt.passages,
        question=job.question.text,
        embedder=lambda: job.clients.embedder,
        policy=job.question.unsupported,
    )
    job.progress.stage = "reading"
    written = await write(
        model, prompt.messages, checker=checker, progress=job.progress, watch=job.watch
    )
    return await _checked(job, checker, written, passages)


async def _model(job: Job) -> OllamaClient | None:
    """Return the model if it may write this answer; the record says why it may not."""
    model = job.clients.ollama
    if model is None:
        job.record.fallback = "no_model"
    elif job.question.stopped:
        job.record.fallback = "stopped"
    elif job.question.age > LONGEST_WAIT_SECONDS:
        job.record.fallback = "too_long"
    elif not await model.is_ready():
        job.record.fallback = "unavailable"
    return None if job.record.fallback else model


def _salt(job: Job) -> str:
    return salt_of(job.question.guild_id, secret=job.clients.settings.secret())


def _prompt(
    job: Job, model: OllamaClient, passages: Sequence[Passage], exchanges: Sequence[Exchange]
) -> Prompt:
    asked = Asked(
        question=job.question.text,
        salt=_salt(job),
        wishes=job.question.instructions,
        exchanges=exchanges,
        before=exchanges[-1].chunk_ids if exchanges else [],
    )
    prompt = build_prompt(
        asked,
        passages,
        context_tokens=model.context_tokens,
        on_processor=model.on_processor,
    )
    job.read = [passage.chunk_id for passage in prompt.passages]
    job.record.prompt_version = prompt.version
    job.record.left_out = prompt.left_out
    return prompt


async def _wait(job: Job) -> Waiting | None:
    """Take the model where it is free; else show the place in line and give the question back."""
    if job.question.stopped or job.question.age > LONGEST_WAIT_SECONDS:
        return None
    ahead = await job.turn.take()
    if ahead:
        await job.progress.show_place(ahead)
        ahead = await job.turn.take_or_leave()
    job.timings["queue"] = round(job.turn.queued_ms, 2)
    return Waiting(ahead=ahead) if ahead else None


async def _checked(
    job: Job, checker: Checker, written: Written, passages: Sequence[Passage]
) -> Draft:
    """Return what is supported of a text, else a quotation."""
    model = job.clients.settings.chat_model
    job.progress.stage = "checking"
    with job.watch.stage("checking"):
        draft = await checker.finish(model=model, is_cut=written.is_cut)
    _note_writing(job, checker, written)
    if draft is None:
        return _quoted(job, passages, job.record.fallback or "unsupported")
    return draft


def _note_writing(job: Job, checker: Checker, written: Written) -> None:
    job.record.checked = checker.checked
    if written.first_token_ms is not None:
        job.timings["first_token"] = written.first_token_ms
    if written.failed:
        job.record.fallback = "unavailable"
    if written.stopped:
        job.record.fallback = "stopped"
    if completion := written.completion:
        job.record.prompt_tokens = completion.prompt_tokens
        job.record.written_tokens = completion.written_tokens
        job.record.done_reason = completion.done_reason


def _quoted(job: Job, passages: Sequence[Passage], reason: Fallback) -> Draft:
    job.record.fallback = reason
    return extract(passages)


def _note_passages(job: Job, passages: Sequence[Passage], draft: Draft | None) -> None:
    cited = {(one.document_id, one.location) for one in draft.citations} if draft else set()
    job.record.passages = [
        PassageRecord(
            chunk_id=passage.chunk_id,
            document_id=passage.document_id,
            title=passage.title,
            location=passage.location,
            score=round(passage.score, 4),
            used=(passage.document_id, passage.location) in cited,
        )
        for passage in sorted(passages, key=partial(_place, job))
    ]


def _place(job: Job, passage: Passage) -> int:
    return job.read.index(passage.chunk_id) if passage.chunk_id in job.read else len(job.read)


def _safe(draft: Draft) -> Draft:
    # A model could make up a URL to carry something away, a quotation cannot.
    safe = partial(
        make_safe,
        urls={citation.url for citation in draft.citations},
        inert=draft.kind == "extractive",
    )
    return msgspec.structs.replace(
        draft,
        text=safe(draft.text),
        citations=[
            msgspec.structs.replace(citation, quote=safe(citation.quote))
            for citation in draft.citations
        ],
    )
