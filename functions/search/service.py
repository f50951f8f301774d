"""Find the passages that answer a question: by meaning, by words, in one ranking."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from db.session import Snapshot
from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import Vector
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.passages import Passage, SearchRequest, SearchResponse
from functions.runtime.settings import Settings
from functions.runtime.stopwatch import Stopwatch
from functions.search import queries
from functions.search.conversation import embed_conversation
from functions.search.dense import by_meaning
from functions.search.evidence import evidence
from functions.search.folding import Row, fold
from functions.search.fusion import fuse, spread
from functions.search.highlights import highlight
from functions.search.lexical import Lexical, by_words, start
from functions.search.neighbours import join_neighbours
from functions.search.reranking import MOST_RERANKED, rerank
from functions.search.schemas import (
    Bm25,
    Candidate,
    PassageRow,
    Readable,
    Reading,
)

# Candidates of each kind: twice the most that can be asked for.
DEPTH = 100
# The row asked for may stand in the fourth; two passages more take 0.1 s on two cores.
HIGHLIGHTED_PASSAGES = 5
LOCATION_SEPARATOR = " › "


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The ranking, the rows of its best, and what is needed to look into them."""

    model: RegisteredModel
    ranked: list[Candidate]
    best: list[Row]
    vector: Any
    readings: list[Reading]


async def search(clients: Clients, request: SearchRequest) -> SearchResponse:
    """Return up to ``k`` passages, best first. Raises InvalidRequestError for a wordless query."""
    watch = Stopwatch()
    reranker = clients.reranker
    # The reranker chooses among more than are shown.
    most = request.k if reranker is None else max(request.k, MOST_RERANKED)
    found = await _find(clients, request, watch, most=most)
    if reranker is not None:
        with watch.stage("rerank"):
            best = await rerank(reranker, request, found.best)
        found = msgspec.structs.replace(found, best=best[: request.k])
    passages = [
        _passage(candidate, row, own_url=_own_url(clients.settings, request.guild_id, row))
        for candidate, row in found.best
    ]
    if request.highlights and passages:
        with watch.stage("highlights"):
            passages = await _highlighted(clients, passages, found, request=request)
    likely = (
        evidence(request.query, best_passage=passages[0].text, ranked=found.ranked)
        if passages
        else 0.0
    )
    return SearchResponse(
        passages=passages, evidence=round(likely, 4), timings_ms=watch.timings_ms()
    )


async def _find(clients: Clients, request: SearchRequest, watch: Stopwatch, *, most: int) -> Found:
    # A guild's model hardly ever changes: the one it had at its last question is tried.
    model = clients.known_models.get(request.guild_id, EMBEDDED)
    while True:
        found = await _find_by(clients, request, watch, model=model, most=most)
        if isinstance(found, Found):
            return found
        model = clients.known_models[request.guild_id] = found


async def _find_by(
    clients: Clients, request: SearchRequest, watch: Stopwatch, *, model: RegisteredModel, most: int
) -> Found | RegisteredModel:
    """Return what is found with this model's vectors, or which other model the guild has by now."""
    if model.engine == "ollama" and (other := await _other_model(clients, request, model)):
        return other
    embedding = asyncio.ensure_future(_embed(clients, request, model, watch))
    try:
        if model.engine == "ollama":
            # It may take a minute, and holds none of the few connections meanwhile.
            await asyncio.wait({embedding})
        # The embedder works in a thread of its own while the database looks up the words.
        await asyncio.sleep(0)
        # One snapshot: where the model changes meanwhile, its vectors go after the new ones came.
        async with clients.database.snapshot(request.guild_id) as snapshot:
            with watch.stage("lexical"):
                lexical = await _by_words(clients, snapshot, request)
            if lexical.model != model:
                return lexical.model
            vector = await embedding
            with watch.stage("dense"):
                neighbours = await by_meaning(
                    snapshot, clients.segments, vector, lexical=lexical, depth=DEPTH
                )
            ranked = fuse(neighbours, lexical.hits, reachable=lexical.reachable)
            with watch.stage("fetch"):
                best, folded = await _fetch(snapshot, request, spread(ranked), most=most)
                best = await join_neighbours(snapshot, request, best)
    finally:
        embedding.cancel()
    # A text that the server has five times is one candidate.
    distinct = [candidate for candidate in ranked if candidate.chunk_id not in folded]
    return Found(model=model, ranked=distinct, best=best, vector=vector, readings=lexical.readings)


async def _other_model(
    clients: Clients, request: SearchRequest, model: RegisteredModel
) -> RegisteredModel | None:
    """Return the model that the guild has by now, where it is another: nobody waits for the old."""
    async with clients.database.snapshot(request.guild_id) as snapshot:
        current, _ = await start(snapshot, request.guild_id)
    return current if current != model else None


async def _embed(
    clients: Clients, request: SearchRequest, model: RegisteredModel, watch: Stopwatch
) -> Vector:
    with watch.stage("embed"):
        return await embed_conversation(
            clients.embedder_of(model), request.query, turns=request.turns
        )


async def _by_words(clients: Clients, snapshot: Snapshot, request: SearchRequest) -> Lexical:
    bm25 = Bm25(k1=clients.settings.bm25_k1, b=clients.settings.bm25_b)
    return await by_words(snapshot, clients.segments, request, bm25=bm25, depth=DEPTH)


async def _fetch(
    snapshot: Snapshot, request: SearchRequest, ranked: Iterator[Candidate], *, most: int
) -> tuple[list[Row], set[int]]:
    """Return the best with their rows, and which passages say what a better one says."""
    kept: list[Row] = []
    folded: set[int] = set()
    # A few more than wanted, and again where most of them said the same.
    size = 2 * most + HIGHLIGHTED_PASSAGES
    while len(kept) < most and (batch := list(islice(ranked, size))):
        rows = await _with_rows(snapshot, request.guild_id, batch)
        folded.update(candidate.chunk_id for candidate, _ in fold(kept, rows))
    return kept[:most], folded


async def _with_rows(
    snapshot: Snapshot, guild_id: int, candidates: Sequence[Candidate]
) -> list[Row]:
    values = {
        "guild_id": guild_id,
        "chunk_ids": [candidate.chunk_id for candidate in candidates],
    }
    fetched = await snapshot.rows(queries.PASSAGES, values)
    rows = {row["chunk_id"]: PassageRow(**row) for row in fetched}
    # A version published since the ranking took its predecessor's passages away.
    return [
        (candidate, rows[candidate.chunk_id])
        for candidate in candidates
        if candidate.chunk_id in rows
    ]


def _location(row: PassageRow) -> str:
    parts = [row.source_name, *row.heading_path]
    # What the title says already is not said twice.
    said = [part for part in parts if part and part != row.title]
    if row.page is not None:
        said.append(f"page {row.page}")
    return LOCATION_SEPARATOR.join(said)


def _own_url(settings: Settings, guild_id: int, row: PassageRow) -> str:
    # With the guild: whoever follows it may have another one's library open.
    page = f"{settings.public_url.rstrip('/')}/documents/{row.document_id}"
    return f"{page}?passage={row.ordinal}&guild={guild_id}"


def _passage(candidate: Candidate, row: PassageRow, *, own_url: str) -> Passage:
    return Passage(
        chunk_id=row.chunk_id,
        document_id=row.document_id,
        ordinal=row.ordinal,
        title=row.title,
        location=_location(row),
        url=row.source_url or own_url,
        text=row.text,
        score=round(candidate.score, 4),
        cosine=candidate.cosine,
        bm25=candidate.bm25,
        coverage=round(candidate.coverage, 4),
        before=row.before,
        after=row.after,
    )


async def _highlighted(
    clients: Clients, passages: list[Passage], found: Found, *, request: SearchRequest
) -> list[Passage]:
    # Sentences are weighed in the process, whichever model answers: forty of them took 5 s on a
    # busy Ollama, 0.4 s here.
    embedder = clients.embedder
    vector = (
        found.vector
        if found.model == EMBEDDED
        else await embed_conversation(embedder, request.query, turns=request.turns)
    )
    top = passages[:HIGHLIGHTED_PASSAGES]
    readable = [
        _readable(candidate, row, found.readings)
        for candidate, row in found.best[:HIGHLIGHTED_PASSAGES]
    ]
    marked = await highlight(readable, query=vector, embedder=embedder)
    replaced = [
        msgspec.structs.replace(passage, highlights=sentences)
        for passage, sentences in zip(top, marked, strict=True)
    ]
    return [*replaced, *passages[HIGHLIGHTED_PASSAGES:]]


def _readable(candidate: Candidate, row: PassageRow, readings: Sequence[Reading]) -> Readable:
    language = row.language or queries.UNTOLD
    wanted = [reading.wanted for reading in readings if language in reading.languages]
    return Readable(text=row.text, cosine=candidate.cosine, wanted=wanted[0] if wanted else [])
