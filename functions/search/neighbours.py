"""What stands before and after a passage in its document."""

from collections.abc import Sequence

import msgspec

from db.session import Snapshot
from functions.runtime.passages import SearchRequest
from functions.search import queries
from functions.search.folding import Row
from functions.search.schemas import PassageRow

BETWEEN_PASSAGES = "\n\n"


async def join_neighbours(
    snapshot: Snapshot, request: SearchRequest, best: Sequence[Row]
) -> list[Row]:
    """Return the rows with as many passages before and after each as the request wants."""
    reach = request.neighbours
    if not reach or not best:
        return list(best)
    wanted = {
        (row.document_id, row.ordinal + step)
        for _, row in best
        for step in range(-reach, reach + 1)
        if step
    }
    values = {
        "guild_id": request.guild_id,
        "documents": [document for document, _ in wanted],
        "ordinals": [ordinal for _, ordinal in wanted],
    }
    found = {
        (row["document_id"], row["ordinal"]): row["text"]
        for row in await snapshot.rows(queries.NEIGHBOURS, values)
    }

    def joined(row: PassageRow, steps: range) -> str:
        texts = (found.get((row.document_id, row.ordinal + step), "") for step in steps)
        return BETWEEN_PASSAGES.join(text for text in texts if text)

    return [
        (
            candidate,
            msgspec.structs.replace(
                row, before=joined(row, range(-reach, 0)), after=joined(row, range(1, reach + 1))
            ),
        )
        for candidate, row in best
    ]
