"""What the meaning of a question finds: the nearest passages by the guild's model."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import msgspec
import numpy as np

from db.session import Snapshot
from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.embedder.checking import vector_text
from functions.runtime.embedder.protocol import Vector
from functions.runtime.embedder.registry import EMBEDDED
from functions.search import queries
from functions.search.lexical import Lexical
from functions.search.schemas import Neighbour
from functions.search.scoring import Array
from functions.search.vectors import open_vectors

# Comparing with every passage misses none. In memory a thousand take 0.03 ms and 1.5 MB, by the
# database 0.25 ms; the walk of an index takes 1 ms.
MOST_COMPARED_EXACTLY = 10_000
# Filters are applied to what a walk brings, so it goes on for longer, with some to spare. Where it
# would bring more than this, what is allowed is compared instead: a walk of 2,000 takes 20 ms.
SLACK = 1.5
MOST_WALKED = 2_000
# How many candidates a walk keeps in sight. Of a million passages it finds .82 of the ten nearest
# with 100, .97 with 400 and .985 with 800, in 8, 16 and 19 ms at p95; of 100,000 all with 100.
LEAST_BREADTH = 100
MOST_BREADTH = 1_000
PASSAGES_PER_BREADTH = 1_250
# A question in a script that no passage has is drawn to passages that are near to everything. With
# this share of the passages' mean taken off it, nDCG@10 on XQuAD is .826 instead of .814, Chinese
# on English, and .831 instead of .820, Chinese on German. More brings .829 at most there, and would
# cost other pairs. Of words that could be shared the square counts, so that nothing changes within
# a language.
STRANGENESS = 0.3
# So many passages, evenly spread, tell the mean of a guild that is not kept in memory.
SAMPLED = 1_000


async def by_meaning(
    snapshot: Snapshot,
    cache: BoundedCache,
    vector: Vector,
    *,
    lexical: Lexical,
    depth: int,
) -> list[Neighbour]:
    """Return the ``depth`` nearest passages, and the cosine of each that was found by its words."""
    model = lexical.model
    strangeness = STRANGENESS * (1 - min(1.0, lexical.reachable)) ** 2
    if lexical.lexicon.count > MOST_COMPARED_EXACTLY:
        moved = await _moved(snapshot, vector, strangeness=strangeness, lexical=lexical)
        found = await _by_database(snapshot, (vector, moved), lexical=lexical, depth=depth)
    else:
        vectors = await open_vectors(snapshot, cache, lexical.lexicon, model=model)
        also = [hit.chunk_id for hit in lexical.hits]
        found = vectors.nearest(
            vector, strangeness=strangeness, allowed=lexical.allowed, also=also, depth=depth
        )
    if model == EMBEDDED:
        return found
    scale = model.on_common_scale
    return [
        msgspec.structs.replace(one, cosine=scale(one.cosine), nearness=scale(one.nearness))
        for one in found
    ]


async def _moved(
    snapshot: Snapshot, vector: Vector, *, strangeness: float, lexical: Lexical
) -> Vector:
    """Return the question without what the passages share."""
    if not strangeness:
        return vector
    chunk_ids = lexical.lexicon.passages.chunk_ids[lexical.lexicon.living]
    sampled = chunk_ids[:: max(1, len(chunk_ids) // SAMPLED)].tolist()
    values = {
        "guild_id": lexical.lexicon.guild_id,
        "model_id": lexical.model.id,
        "chunk_ids": sampled,
    }
    [row] = await snapshot.rows(queries.CENTRE, values)
    if row["centre"] is None:
        return vector
    moved: Vector = vector - strangeness * np.array(row["centre"], np.float32)
    return moved


def _breadth(passages: int) -> int:
    """Return how many candidates a walk keeps in sight: more of them the larger the guild is."""
    return min(MOST_BREADTH, max(LEAST_BREADTH, passages // PASSAGES_PER_BREADTH))


async def _by_database(
    snapshot: Snapshot, asked: tuple[Vector, Vector], *, lexical: Lexical, depth: int
) -> list[Neighbour]:
    """Walk the index; compare with everything where few may answer, or the walk brings too few."""
    values: dict[str, Any] = {
        "guild_id": lexical.lexicon.guild_id,
        "vector": vector_text(asked[0]),
        "moved": vector_text(asked[1]),
        "also": [hit.chunk_id for hit in lexical.hits],
        "depth": depth,
    }
    allowed = lexical.allowed
    count = lexical.lexicon.count if allowed is None else len(allowed)
    rows: list[Any] = []
    walked = ceil(depth * (1 if allowed is None else SLACK * lexical.lexicon.count / max(count, 1)))
    if count > MOST_COMPARED_EXACTLY and walked <= MOST_WALKED:
        await snapshot.rows(queries.ITERATE, {"breadth": str(_breadth(lexical.lexicon.count))})
        rows = await snapshot.rows(queries.indexed(lexical.model), {**values, "depth": walked})
        rows = _allowed(rows, allowed, depth=depth)
    # The walk gives up after 20,000 passages: a guild with few among millions would get too few.
    if sum(row["near"] for row in rows) < min(depth, count):
        if allowed is not None:
            values["allowed"] = allowed.tolist()
        statement = queries.exact(lexical.model, filtered=allowed is not None)
        rows = await snapshot.rows(statement, values)
    return [
        Neighbour(
            chunk_id=row["chunk_id"],
            document_id=row["document_id"],
            cosine=row["cosine"],
            nearness=row["nearness"],
        )
        for row in rows
    ]


def _allowed(rows: Sequence[Any], allowed: Array | None, *, depth: int) -> list[Any]:
    """Return the nearest ``depth`` of those that may answer, and what was found otherwise."""
    if allowed is None:
        return list(rows)
    held = np.isin([row["chunk_id"] for row in rows], allowed).tolist()
    kept = [row for row, may in zip(rows, held, strict=True) if may]
    kept.sort(key=lambda row: (not row["near"], -row["nearness"]))
    near = sum(row["near"] for row in kept)
    return [*kept[: min(near, depth)], *kept[near:]]
