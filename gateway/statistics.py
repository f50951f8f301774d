"""A guild's figures, counted in one statement each."""

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

FIGURES = text("""
WITH newest AS (
  SELECT DISTINCT ON (document_id) document_id, status FROM document_versions
  WHERE guild_id = :guild ORDER BY document_id, number DESC
), library AS (
  SELECT count(*) AS documents,
         count(*) FILTER (WHERE status = 'ready') AS ready_documents,
         count(*) FILTER (WHERE status IN ('received', 'processing')) AS processing_documents,
         count(*) FILTER (WHERE status IN ('failed', 'dead')) AS failed_documents
  FROM newest
), texts AS (
  SELECT coalesce(sum(version.passages), 0)::bigint AS passages
  FROM documents document JOIN document_versions version ON version.id = document.current_version_id
  WHERE document.guild_id = :guild
), desk AS (
  SELECT count(*) AS questions,
         count(*) FILTER (WHERE status = 'answered') AS answered,
         count(*) FILTER (WHERE status = 'refused') AS refused,
         count(*) FILTER (WHERE status = 'failed') AS failed,
         count(*) FILTER (WHERE status IN ('asked', 'answering')) AS pending,
         1000 * percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM answered_at - asked_at)
         ) FILTER (WHERE status = 'answered') AS median_answer_milliseconds
  FROM questions WHERE guild_id = :guild
)
SELECT library.*, texts.*, desk.* FROM library, texts, desk
""")

DAYS = text("""
SELECT to_char(day.start, 'YYYY-MM-DD') AS day,
       count(*) FILTER (WHERE question.status = 'answered') AS answered,
       count(*) FILTER (WHERE question.status = 'refused') AS refused,
       count(*) FILTER (WHERE question.status = 'failed') AS failed
FROM generate_series(date_trunc('day', now() AT TIME ZONE 'UTC') - interval '13 days',
                     date_trunc('day', now() AT TIME ZONE 'UTC'), interval '1 day') AS day(start)
LEFT JOIN questions question ON question.guild_id = :guild
  AND question.asked_at >= day.start AT TIME ZONE 'UTC'
  AND question.asked_at < (day.start + interval '1 day') AT TIME ZONE 'UTC'
GROUP BY day.start ORDER BY day.start
""")


async def figures(session: AsyncSession, guild_id: int) -> Row[Any]:
    """Return how many documents, passages and questions there are, by state."""
    return (await session.execute(FIGURES, {"guild": guild_id})).one()


async def days(session: AsyncSession, guild_id: int) -> list[Row[Any]]:
    """Return the questions of each of the last 14 days (UTC), days without any included."""
    return list((await session.execute(DAYS, {"guild": guild_id})).all())
