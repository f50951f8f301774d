"""The bytes of documents as they were sent, and the text that was read from them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# The version that answers goes before one that is still being read or could not be.
ORIGINAL = text("""
SELECT document.id, document.title, document.source_name, document.source_url, document.origin,
       document.language, document.created_at, document.updated_at, version.number,
       version.status, version.media_type, version.pages, version.passages, version.content,
       version.created_at AS sent_at
FROM documents document LEFT JOIN LATERAL (
  SELECT * FROM document_versions
  WHERE document_id = document.id AND content IS NOT NULL
  ORDER BY coalesce(id = document.current_version_id, false) DESC, number DESC LIMIT 1
) version ON true
WHERE document.guild_id = :guild_id AND document.id = :document_id
""")

CLEANED_TEXT = text("""
SELECT document.title, version.text
FROM documents document JOIN document_versions version ON version.id = document.current_version_id
WHERE document.guild_id = :guild_id AND document.id = :document_id AND version.text IS NOT NULL
""")

ALL = text("SELECT id FROM documents WHERE guild_id = :guild_id ORDER BY source_name, id")


async def original(session: AsyncSession, guild_id: int, document_id: UUID) -> Row[Any] | None:
    """Return a document with the bytes in use; without any where none have been fetched yet."""
    values = {"guild_id": guild_id, "document_id": document_id}
    return (await session.execute(ORIGINAL, values)).one_or_none()


async def cleaned_text(session: AsyncSession, guild_id: int, document_id: UUID) -> Row[Any] | None:
    """Return the text that passages are cut from, where a version answers."""
    values = {"guild_id": guild_id, "document_id": document_id}
    return (await session.execute(CLEANED_TEXT, values)).one_or_none()


async def all_ids(session: AsyncSession, guild_id: int) -> Sequence[UUID]:
    """Return the ids of a guild's documents, by the names of their files."""
    return (await session.scalars(ALL, {"guild_id": guild_id})).all()
