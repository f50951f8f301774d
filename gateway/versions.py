"""Versions of a document: the same bytes are never worked on twice."""

from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models import Document, DocumentVersion
from functions.runtime.errors import InvalidRequestError, NotFoundError
from gateway.queries import ENDED_BADLY

OPEN = ("received", "processing")
FROM_THE_WEB = "url"
# Two files of the same bytes under two names would both find the library without them.
TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('documents', :guild_id))")
MOST_ALIKE = 1000


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it arrived; ``replaces`` names the document it is a new version of."""

    name: str
    origin: str
    media_type: str
    content: bytes
    content_hash: bytes
    title: str | None = None
    replaces: UUID | None = None


class StoredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file's bytes are kept, and whether that is new."""

    document_id: UUID
    version_id: UUID
    title: str
    status: str
    is_new: bool


def _documents(guild_id: int) -> Select[Document]:
    return select(Document).where(Document.guild_id == guild_id).limit(1).with_for_update()


async def _replaced(session: AsyncSession, guild_id: int, document_id: UUID) -> Document:
    document = await session.scalar(_documents(guild_id).where(Document.id == document_id))
    if document is None:
        raise NotFoundError("The document to replace is not in the library. Add the file anew.")
    if document.origin == FROM_THE_WEB:
        raise InvalidRequestError(
            "This document is fetched from the web, which would undo the change."
            " Delete it and add the file, or have its address fetched again."
        )
    return document


async def _find(session: AsyncSession, guild_id: int, upload: Upload) -> Document | None:
    """Return the document that a file belongs to; a second upload of it waits here.

    What somebody says of it goes before its name: the id, then a title.
    """
    if upload.replaces:
        return await _replaced(session, guild_id, upload.replaces)
    if upload.title:
        titled = (
            _documents(guild_id)
            .where(
                func.lower(Document.title) == func.lower(upload.title),
                Document.origin != FROM_THE_WEB,
            )
            .order_by(Document.given_title.is_(None), Document.updated_at.desc())
        )
        if document := await session.scalar(titled):
            return document
    return await session.scalar(_documents(guild_id).where(Document.source_name == upload.name))


async def _free_name(session: AsyncSession, document: Document, name: str) -> str:
    """Return a file's name, numbered where another document has it."""
    path = PurePosixPath(name)
    numbered = (str(path.with_stem(f"{path.stem} ({number})")) for number in range(2, MOST_ALIKE))
    candidates = [name, *numbered]
    taken = await session.scalars(
        select(Document.source_name).where(
            Document.guild_id == document.guild_id,
            Document.id != document.id,
            Document.source_name.in_(candidates),
        )
    )
    left = set(candidates) - set(taken)
    return next((candidate for candidate in candidates if candidate in left), name)


async def _create(
    session: AsyncSession, guild_id: int, *, upload: Upload, user_id: int
) -> Document:
    statement = (
        upsert(Document)
        .values(
            guild_id=guild_id,
            title=upload.title or upload.name.rpartition("/")[2],
            given_title=upload.title,
            source_name=upload.name,
            origin=upload.origin,
            uploaded_by=user_id,
        )
        # Discord may have brought a file of this name since it was looked for.
        .on_conflict_do_update(constraint="document_source", set_={"source_name": upload.name})
        .returning(Document)
    )
    return (await session.scalars(statement)).one()


async def _twin(session: AsyncSession, guild_id: int, content_hash: bytes) -> StoredVersion | None:
    """Return the document that holds these bytes already, under whatever name."""
    newer = aliased(DocumentVersion)
    overtaken = select(newer.id).where(
        newer.document_id == DocumentVersion.document_id,
        newer.number > DocumentVersion.number,
        newer.status.not_in(ENDED_BADLY),
    )
    statement = (
        select(Document.id, Document.title, DocumentVersion.id, DocumentVersion.status)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(
            DocumentVersion.guild_id == guild_id,
            DocumentVersion.content_hash == content_hash,
            DocumentVersion.status.not_in(ENDED_BADLY),
            ~overtaken.exists(),
        )
        .order_by(DocumentVersion.created_at)
        .limit(1)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    document_id, title, version_id, status = row
    return StoredVersion(
        document_id=document_id, version_id=version_id, title=title, status=status, is_new=False
    )


async def _newest_good(
    session: AsyncSession, document_id: UUID
) -> Row[UUID, int, str, bytes | None] | None:
    statement = (
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
    return (await session.execute(statement)).one_or_none()


async def _same_version(
    session: AsyncSession, document: Document, content_hash: bytes
) -> StoredVersion | None:
    """Return the newest version that did not fail, if it holds these bytes.

    Failed attempts at other bytes that came after it are forgotten: the library now holds what
    was sent, and says so.
    """
    row = await _newest_good(session, document.id)
    if row is None or row.content_hash != content_hash:
        return None
    await session.execute(
        delete(DocumentVersion).where(
            DocumentVersion.document_id == document.id,
            DocumentVersion.number > row.number,
            DocumentVersion.status.in_(ENDED_BADLY),
        )
    )
    return stored(document, row.id, row.status, is_new=False)


def stored(document: Document, version_id: UUID, status: str, *, is_new: bool) -> StoredVersion:
    """Say where the bytes of a document's version are kept."""
    return StoredVersion(
        document_id=document.id,
        version_id=version_id,
        title=document.title,
        status=status,
        is_new=is_new,
    )


async def add_version(session: AsyncSession, document: Document, **values: Any) -> StoredVersion:
    """Store the next version of a document, to be read."""
    number = (
        select(func.coalesce(func.max(DocumentVersion.number), 0) + 1)
        .where(DocumentVersion.document_id == document.id)
        .scalar_subquery()
    )
    statement = (
        insert(DocumentVersion)
        .values(guild_id=document.guild_id, document_id=document.id, number=number, **values)
        .returning(DocumentVersion.id, DocumentVersion.status)
    )
    row = (await session.execute(statement)).one()
    return stored(document, row.id, row.status, is_new=True)


async def _entitle(session: AsyncSession, document: Document, title: str | None) -> None:
    if title is None:
        return
    document.title = document.given_title = title
    await session.flush()


async def _take_over(
    session: AsyncSession, document: Document, *, upload: Upload, user_id: int
) -> None:
    """Let a document be what is sent now; its reader goes by the name of the file."""
    values = {"origin": upload.origin, "uploaded_by": user_id, "source_url": None}
    if document.source_name != upload.name:
        values["source_name"] = await _free_name(session, document, upload.name)
    await session.execute(
        update(Document)
        .where(Document.id == document.id)
        .values(updated_at=func.now(), **values)
        .execution_options(synchronize_session=False)
    )


async def store(
    session: AsyncSession, guild_id: int, *, upload: Upload, user_id: int
) -> StoredVersion:
    """Store a file as the newest version of its document, unless the library holds its bytes."""
    await session.execute(TAKE_TURN, {"guild_id": guild_id})
    document = await _find(session, guild_id, upload)
    if document is None:
        if twin := await _twin(session, guild_id, upload.content_hash):
            return twin
        document = await _create(session, guild_id, upload=upload, user_id=user_id)
    await _entitle(session, document, upload.title)
    if same := await _same_version(session, document, upload.content_hash):
        return same
    await _take_over(session, document, upload=upload, user_id=user_id)
    return await add_version(
        session,
        document,
        content=upload.content,
        content_hash=upload.content_hash,
        size_bytes=len(upload.content),
        media_type=upload.media_type,
    )
