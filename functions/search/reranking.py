"""The optional last stage: a cross-encoder orders the best passages anew."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from functions.runtime.passages import SearchRequest
from functions.search.conversation import TURNS_JOINED
from functions.search.folding import Row

if TYPE_CHECKING:
    from functions.runtime.reranker import Reranker

# Each takes some 20 ms of two cores with a small model: a passage that fusion puts further down
# than this is not read.
MOST_RERANKED = 30


async def rerank(reranker: "Reranker", request: SearchRequest, rows: Sequence[Row]) -> list[Row]:
    """Return the rows in the order of the model's scores, which take the place of the fused."""
    turns = [*request.turns, request.query][-TURNS_JOINED:]
    scores = await reranker.score(" ".join(turns), [row.text for _, row in rows])
    scored = [
        (msgspec.structs.replace(candidate, score=score), row)
        for (candidate, row), score in zip(rows, scores, strict=True)
    ]
    return sorted(scored, key=lambda one: -one[0].score)
