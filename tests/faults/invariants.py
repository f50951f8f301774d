"""What must hold of the database, whoever was killed when: each a query that counts offenders."""

from typing import Final
from uuid import UUID

import asyncpg

# Every passage's slot: its chunk and length as the segment has them.
SLOTS: Final = """
    WITH slots AS (
      SELECT held.version_id, held.segment_id, slot,
        ('x' || encode(substr(chunk_ids, 8 * slot + 1, 8), 'hex'))::bit(64)::bigint AS chunk_id,
        ('x' || encode(substr(lengths, 4 * slot + 1, 4), 'hex'))::bit(32)::integer AS length
      FROM segment_versions held JOIN segments ON segments.id = held.segment_id
      CROSS JOIN LATERAL generate_series(
        held.first_slot::integer, (held.first_slot + held.passages - 1)::integer) AS slot)"""
# Every posting, of segments so small that a slot takes two bytes.
FOUND: Final = """
    found AS (
      SELECT segment_id,
        CASE WHEN slots IS NULL THEN place
             ELSE get_byte(slots, 2 * place) * 256 + get_byte(slots, 2 * place + 1) END AS slot,
        CASE WHEN slots IS NULL OR 2 * length(frequencies) = length(slots)
             THEN get_byte(frequencies, place)
             ELSE ('x' || encode(substr(frequencies, 4 * place + 1, 4), 'hex'))::bit(32)::integer
        END AS frequency
      FROM postings CROSS JOIN LATERAL generate_series(
        0, coalesce(length(slots) / 2, length(frequencies)) - 1) AS place)"""

# These hold in every snapshot, whatever is under way: publishing is one transaction.
ALWAYS: Final[dict[str, str]] = {
    "passages of no current, ready version": """
        SELECT count(*) FROM chunks
        LEFT JOIN document_versions versions ON versions.id = chunks.version_id
        LEFT JOIN documents ON documents.id = versions.document_id
        WHERE versions.status IS DISTINCT FROM 'ready'
           OR documents.current_version_id IS DISTINCT FROM versions.id
           OR chunks.document_id IS DISTINCT FROM documents.id""",
    "current versions that are not ready, or another document's": """
        SELECT count(*) FROM documents
        LEFT JOIN document_versions versions ON versions.id = documents.current_version_id
        WHERE documents.current_version_id IS NOT NULL
          AND (versions.status IS DISTINCT FROM 'ready' OR versions.document_id <> documents.id)""",
    "current versions whose passages are not 0 to n-1": """
        SELECT count(*) FROM documents
        JOIN document_versions versions ON versions.id = documents.current_version_id
        CROSS JOIN LATERAL (
          SELECT count(*) AS counted, count(DISTINCT ordinal) AS distinct_ordinals,
                 min(ordinal) AS first, max(ordinal) AS last
          FROM chunks WHERE chunks.version_id = versions.id) found
        WHERE found.counted <> versions.passages OR found.distinct_ordinals <> found.counted
           OR (found.counted > 0 AND (found.first <> 0 OR found.last <> found.counted - 1))""",
    "passages without exactly one vector of the guild's model": """
        SELECT count(*) FROM chunks JOIN guilds USING (guild_id)
        WHERE 1 <> (SELECT count(*) FROM embeddings WHERE embeddings.chunk_id = chunks.id
                    AND embeddings.model_id = guilds.embedding_model_id
                    AND vector_norm(embeddings.embedding) BETWEEN 0.99 AND 1.01)""",
    "passages whose postings do not add up": SLOTS  # noqa: S608 - ours
    + ","
    + FOUND
    + """
        SELECT count(*) FROM slots LEFT JOIN chunks ON chunks.id = slots.chunk_id
        WHERE chunks.version_id IS DISTINCT FROM slots.version_id
           OR chunks.terms IS DISTINCT FROM slots.length
           OR chunks.terms IS DISTINCT FROM (
             SELECT coalesce(sum(frequency), 0) FROM found
             WHERE found.segment_id = slots.segment_id AND found.slot = slots.slot)""",
    "passages that are not in exactly one slot": SLOTS  # noqa: S608 - ours
    + """
        SELECT count(*) FROM chunks
        WHERE 1 <> (SELECT count(*) FROM slots WHERE slots.chunk_id = chunks.id)""",
    "segments that count other passages than theirs": """
        SELECT count(*) FROM segments CROSS JOIN LATERAL (
          SELECT coalesce(sum(held.passages), 0) AS passages, coalesce(sum(held.terms), 0) AS terms
          FROM segment_versions held WHERE held.segment_id = segments.id) counted
        WHERE living = 0 OR living <> counted.passages OR segments.terms <> counted.terms""",
    "vectors of no passage": """
        SELECT count(*) FROM embeddings LEFT JOIN chunks ON chunks.id = chunk_id
        WHERE chunks.id IS NULL""",
    "rows of another guild than their document": """
        SELECT (SELECT count(*) FROM chunks JOIN documents ON documents.id = chunks.document_id
                WHERE chunks.guild_id <> documents.guild_id)
             + (SELECT count(*) FROM document_versions versions
                JOIN documents ON documents.id = versions.document_id
                WHERE versions.guild_id <> documents.guild_id)
             + (SELECT count(*) FROM embeddings JOIN chunks ON chunks.id = chunk_id
                WHERE embeddings.guild_id <> chunks.guild_id)
             + (SELECT count(*) FROM postings JOIN segments ON segments.id = segment_id
                WHERE postings.guild_id <> segments.guild_id)
             + (SELECT count(*) FROM segment_versions held
                JOIN documents ON documents.id = document_id
                JOIN segments ON segments.id = segment_id
                WHERE held.guild_id <> documents.guild_id
                   OR segments.guild_id <> documents.guild_id)""",
    "versions whose bytes are not what was hashed": """
        SELECT count(*) FROM document_versions
        WHERE content IS NOT NULL AND sha256(content) IS DISTINCT FROM content_hash""",
    "ended versions under a lease": """
        SELECT count(*) FROM document_versions
        WHERE status IN ('ready', 'failed', 'dead') AND lease_id IS NOT NULL""",
    "failed or dead versions without a reason": """
        SELECT count(*) FROM document_versions
        WHERE status IN ('failed', 'dead') AND coalesce(status_reason, '') = ''""",
}

# These hold once everything has come to its end.
FINALLY: Final[dict[str, str]] = {
    "versions without an end": """
        SELECT count(*) FROM document_versions WHERE status IN ('received', 'processing')""",
    # What failed keeps them: whoever revives it goes on from there.
    "staged vectors of ready versions": """
        SELECT count(*) FROM staged_embeddings
        JOIN document_versions versions ON versions.id = version_id
        WHERE versions.status = 'ready'""",
    "documents whose newest ready version does not answer": """
        SELECT count(*) FROM documents WHERE documents.current_version_id IS DISTINCT FROM (
          SELECT versions.id FROM document_versions versions
          WHERE versions.document_id = documents.id AND versions.status = 'ready'
          ORDER BY versions.number DESC LIMIT 1)""",
}

LOST: Final = """
    SELECT count(*) FROM unnest($1::uuid[]) AS acknowledged (id)
    LEFT JOIN document_versions versions ON versions.id = acknowledged.id
    WHERE versions.id IS NULL"""
PUBLISHED: Final = """
    SELECT count(*) FROM chunks JOIN document_versions versions ON versions.id = chunks.version_id
    JOIN documents ON documents.id = versions.document_id
    WHERE chunks.id = ANY($1::bigint[])
      AND (versions.status <> 'ready' OR documents.current_version_id <> versions.id)"""


async def offenders(
    connection: asyncpg.Connection,
    *,
    acknowledged: set[UUID] | None = None,
    ended: bool = False,
) -> dict[str, int]:
    """Return which promises are broken, and by how many rows; nothing where all hold.

    One snapshot is read. ``acknowledged`` are versions that were promised; ``ended`` also asks for
    what holds when no work is left.
    """
    promises = {**ALWAYS, **(FINALLY if ended else {})}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        counted = {name: await connection.fetchval(query) for name, query in promises.items()}
        counted["acknowledged versions that are gone"] = await connection.fetchval(
            LOST, list(acknowledged or ())
        )
    return {name: count for name, count in counted.items() if count}
