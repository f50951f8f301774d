"""Every statement of search, without its own condition on the guild, still sees one guild only."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, TextClause, text

from db.session import Database
from functions.runtime.embedder.registry import EMBEDDED
from functions.runtime.passages import Filters
from functions.search import queries
from functions.search.filters import filter_values

OWN_CONDITIONS = (
    "segments.guild_id = :guild_id",
    "guilds.guild_id = :guild_id",
    "chunks.guild_id = :guild_id",
    "embeddings.guild_id = :guild_id",
    "version.guild_id = :guild_id",
    "guild_id = :guild_id",
)
STATEMENTS = {
    **{name: one for name, one in vars(queries).items() if isinstance(one, TextClause)},
    "exact": queries.exact(EMBEDDED),
    "exact, filtered": queries.exact(EMBEDDED, filtered=True),
    "indexed": queries.indexed(EMBEDDED),
}
# It sets a parameter and reads nothing.
del STATEMENTS["ITERATE"]
FOREIGN = text(
    "SELECT array_agg(DISTINCT chunks.id) AS chunk_ids, array_agg(DISTINCT segment_id) AS segments,"
    " array_agg(DISTINCT postings.term) AS terms, min(CAST(chunks.document_id AS text)) AS document"
    " FROM chunks CROSS JOIN postings"
)


def unconditioned(statement: TextClause) -> TextClause:
    """Take a statement's conditions on the guild away."""
    words = statement.text
    for condition in OWN_CONDITIONS:
        words = words.replace(condition, "true")
    assert ":guild_id" not in words
    return text(words)


def told(row: Row[Any]) -> list[Any]:
    """Return what a row tells of passages: of a row that lists segments, the lists."""
    fields = row._mapping
    if "segment_ids" in fields:
        return [value for value in fields.values() if isinstance(value, list) and value]
    return [value for value in row if value is not None]


async def _values(database: Database, guild_id: int) -> dict[str, Any]:
    async with database.guild(guild_id) as session:
        row = (await session.execute(FOREIGN)).one()
    document = UUID(row.document)
    return {
        **filter_values(Filters(documents=[document])),
        "guild_id": guild_id,
        "model_id": EMBEDDED.id,
        "chunk_ids": row.chunk_ids,
        "allowed": row.chunk_ids,
        "also": row.chunk_ids,
        "segment_ids": row.segments,
        "changed": row.segments,
        "unread": row.segments,
        "terms": row.terms,
        "documents": [document],
        "ordinals": [0],
        "vector": "[" + ",".join(["1"] + ["0"] * 383) + "]",
        "moved": "[" + ",".join(["1"] + ["0"] * 383) + "]",
        "depth": 10,
    }


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_statement_without_its_condition_sees_no_foreign_row(
    database: Database, knowledge: Any, guild_id: int, other_guild_id: int, name: str
) -> None:
    await knowledge.add(other_guild_id, "secret.txt", ["A secret."])
    statement = STATEMENTS[name]
    values = await _values(database, other_guild_id)

    async def rows(guild: int, asked: TextClause) -> list[list[Any]]:
        wanted = {key: values[key] for key in asked.compile().params}
        async with database.guild(guild) as session:
            return [told(row) for row in await session.execute(asked, wanted)]

    # It finds something where there is something to find, so that it could fail here.
    assert any(await rows(other_guild_id, statement))
    assert not any(await rows(guild_id, unconditioned(statement)))
