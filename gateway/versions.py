"""Versions of a document: the same bytes are never worked on twice."""

from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Document, DocumentVersion

ENDED_BADLY = ("failed", "dead")


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it arrived."""

    name: str
    origin: str
    media_type: str
    content: bytes
    content_hash: bytes


class StoredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file's bytes are kept, and whether that is new."""

    document_id: UUID
    version_id: UUID
    status: str
    is_new: bool


async def _lock_document(
    session: AsyncSession, guild_id: int, *, upload: Upload, user_id: int
) -> UUID:
    """Return the document of this name, made if need be; a second upload of it waits here."""
    statement = (
        upsert(Document)
        .values(
            guild_id=guild_id,
            title=upload.name.rpartition("/")[2],
            source_name=upload.name,
            origin=upload.origin,
            uploaded_by=user_id,
        )
        .on_conflict_do_update(constraint="document_source", set_={"source_name": upload.name})
        .returning(Document.id)
    )
    return (await session.execute(statement)).scalar_one()


async def _same_version(
    session: AsyncSession, document_id: UUID, content_hash: bytes
) -> StoredVersion | None:
    """Return the newest version that did not fail, if it holds these bytes.

    Failed attempts at other bytes that came after it are forgotten: the library now holds what
    was sent, and says so.
    """
    newest = (
        select(
            DocumentVersion.id,
            DocumentVersion.number,
            DocumentVersion.status,
            DocumentVersion.content_hash,
        )
        .where(
            DocumentVersion.document_id == document_id,
            DocumentVersion.status.not_in(ENDED_BADLY),
        )
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    row = (await session.execute(newest)).one_or_none()
    if row is None or row.content_hash != content_hash:
        return None
    await session.execute(
        delete(DocumentVersion).where(
            DocumentVersion.document_id == document_id,
            DocumentVersion.number > row.number,
            DocumentVersion.status.in_(ENDED_BADLY),
        )
    )
    return StoredVersion(
        document_id=document_id, version_id=row.id, status=row.status, is_new=False
    )


async def _add_version(
    session: AsyncSession, guild_id: int, document_id: UUID, *, upload: Upload
) -> StoredVersion:
    number = (
        select(func.coalesce(func.max(DocumentVersion.number), 0) + 1)
        .where(DocumentVersion.document_id == document_id)
        .scalar_subquery()
    )
    statement = (
        insert(DocumentVersion)
        .values(
            guild_id=guild_id,
            document_id=document_id,
            number=number,
            content=upload.content,
            content_hash=upload.content_hash,
            size_bytes=len(upload.content),
            media_type=upload.media_type,
        )
        .returning(DocumentVersion.id, DocumentVersion.status)
    )
    row = (await session.execute(statement)).one()
    return StoredVersion(document_id=document_id, version_id=row.id, status=row.status, is_new=True)


async def store(
    session: AsyncSession, guild_id: int, *, upload: Upload, user_id: int
) -> StoredVersion:
    """Store a file as the newest version of the document of its name, unless it is there."""
    document_id = await _lock_document(session, guild_id, upload=upload, user_id=user_id)
    if same := await _same_version(session, document_id, upload.content_hash):
        return same
    await session.execute(
        update(Document)
        .where(Document.id == document_id)
        .values(updated_at=func.now(), origin=upload.origin, uploaded_by=user_id)
    )
    return await _add_version(session, guild_id, document_id, upload=upload)
