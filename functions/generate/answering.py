"""From a question to its outcome: search, the evidence gate, a model's answer or a quotation."""

import logging
from collections.abc import Sequence
from functools import partial

import httpx
import msgspec

from functions.generate.extracting import extract
from functions.generate.prompts import Asked, build_prompt, salt_of
from functions.generate.safety import make_safe
from functions.generate.schemas import Draft, Outcome, cite
from functions.generate.verification import Checker
from functions.runtime.clients import Clients
from functions.runtime.errors import UnavailableError
from functions.runtime.passages import (
    MAXIMUM_QUERY,
    Passage,
    SearchRequest,
    SearchResponse,
)
from functions.runtime.stopwatch import Stopwatch

log = logging.getLogger(__name__)
SEARCH_SECONDS = 20.0
# Refused of the questions whose answer is there: XQuAD en 2 %, de 3 %, zh 3 %, German questions on
# English paragraphs 6 %, MTRAG-UN 7 %. Refused of MTRAG-UN's unanswerable ones: 54 %. A quotation
# that misses can be seen to miss, a refusal cannot: so the gate leans towards answering.
LEAST_EVIDENCE = 0.3
NEAREST_NAMED = 3

NO_DOCUMENTS = (
    "There is nothing to answer from yet. Add a document with /kb add or on the dashboard,"
    " then ask again."
)
NOT_FOUND = "I found no answer to this in the documents here. The nearest I have: {nearest}."
NOT_UNDERSTOOD = "This question could not be looked up. Ask it in other words."


async def answer(clients: Clients, guild_id: int, question: str) -> Outcome:
    """Return how a question ends. Raises UnavailableError where trying later may help."""
    watch = Stopwatch()
    with watch.stage("search"):
        found = await _search(clients, guild_id, question)
    if found is None:
        return Outcome(status="failed", reason=NOT_UNDERSTOOD, timings_ms=watch.timings_ms())
    with watch.stage("answer"):
        enough = found.passages and found.evidence >= LEAST_EVIDENCE
        draft = (
            await _draft(clients, guild_id, question, found.passages)
            if enough
            else _refusal(found.passages)
        )
    parts = {f"search.{stage}": taken for stage, taken in found.timings_ms.items()}
    return Outcome(
        status="answered" if enough else "refused",
        draft=_safe(draft),
        evidence=found.evidence,
        timings_ms={**parts, **watch.timings_ms()},
    )


async def _search(clients: Clients, guild_id: int, question: str) -> SearchResponse | None:
    """Return what was found, or None where search refuses the question for good."""
    request = SearchRequest(guild_id=guild_id, query=question[:MAXIMUM_QUERY], highlights=True)
    try:
        response = await clients.http.post(
            f"{clients.settings.search_url}/search",
            content=msgspec.json.encode(request),
            headers={"content-type": "application/json"},
            timeout=SEARCH_SECONDS,
        )
        if response.status_code == httpx.codes.BAD_REQUEST:
            return None
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=SearchResponse)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        raise UnavailableError("Search does not answer. Try again in a moment.") from error


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


async def _draft(
    clients: Clients, guild_id: int, question: str, passages: Sequence[Passage]
) -> Draft:
    try:
        written = await _write(clients, guild_id, question, passages)
    except Exception as error:  # noqa: BLE001 - no model's trouble may cost anybody the answer
        log.warning("no answer from the model", extra={"reason": type(error).__name__})
        written = None
    return written or extract(passages)


async def _write(
    clients: Clients, guild_id: int, question: str, passages: Sequence[Passage]
) -> Draft | None:
    """Return a model's answer as far as the passages support it, None where there is none."""
    model = clients.ollama
    if model is None or not await model.is_ready():
        return None
    settings = clients.settings
    asked = Asked(question=question, salt=salt_of(guild_id, secret=settings.secret()))
    prompt = build_prompt(asked, passages, context_tokens=settings.context_tokens)
    if not prompt.passages:
        return None
    completion = await model.chat(prompt.messages)
    checker = Checker(prompt.passages, question=question, embedder=lambda: clients.embedder)
    await checker.feed(completion.text)
    draft = await checker.finish(model=model.model)
    if draft is None:
        log.info("the model's answer is not supported by the passages")
    return draft


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
