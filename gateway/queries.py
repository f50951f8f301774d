"""What the gateway asks the database; every statement runs inside a transaction of one scope."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models import (
    Chunk,
    Document,
    DocumentVersion,
    Guild,
    Session,
)
from db.models import Membership as MembershipRow
from gateway.words import Membership, Role, Viewer

SESSION_DAYS = 30
ENDED_BADLY = ("failed", "dead")
DEFAULT = text("DEFAULT")
Rows = Sequence[Any]
Position = tuple[datetime, UUID]


class DocumentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents are wanted: named like this, listed by that sitemap.

    ``grouped`` leaves what a list named to the list, unless it failed.
    """

    search: str | None = None
    listed_by: UUID | None = None
    grouped: bool = False


async def viewer_of_session(session: AsyncSession, token_hash: bytes) -> Viewer | None:
    """Return whose session a token opens, unless it has expired."""
    statement = select(Session.user_id, Session.user_name).where(
        Session.token_hash == token_hash, Session.expires_at > func.clock_timestamp()
    )
    row = (await session.execute(statement)).one_or_none()
    return Viewer(user_id=row.user_id, name=row.user_name) if row else None


async def create_session(session: AsyncSession, token_hash: bytes, *, viewer: Viewer) -> None:
    """Store a session that ends in 30 days."""
    await session.execute(
        insert(Session).values(
            token_hash=token_hash,
            user_id=viewer.user_id,
            user_name=viewer.name,
            expires_at=func.now() + func.make_interval(0, 0, 0, SESSION_DAYS),
        )
    )


async def forget_session(session: AsyncSession, token_hash: bytes) -> None:
    """Delete a session."""
    await session.execute(delete(Session).where(Session.token_hash == token_hash))


async def memberships(session: AsyncSession, user_id: int) -> list[Membership]:
    """Return the guilds somebody is in; the transaction is scoped to that user."""
    statement = (
        select(Guild.guild_id, Guild.name, MembershipRow.role)
        .join(MembershipRow, MembershipRow.guild_id == Guild.guild_id)
        .where(MembershipRow.user_id == user_id)
        .order_by(Guild.name, Guild.guild_id)
    )
    rows = await session.execute(statement)
    return [Membership(guild_id=row.guild_id, name=row.name, role=Role(row.role)) for row in rows]


async def create_guild(session: AsyncSession, guild: Membership, *, user_id: int) -> None:
    """Create a guild and the membership of one user, where either is missing."""
    await session.execute(
        upsert(Guild).values(guild_id=guild.guild_id, name=guild.name).on_conflict_do_nothing()
    )
    await session.execute(
        upsert(MembershipRow)
        .values(guild_id=guild.guild_id, user_id=user_id, role=guild.role.value)
        .on_conflict_do_nothing()
    )


def _documents(guild_id: int) -> Select[Any]:
    """Select documents with the state of their newest version and the size of the one in use."""
    newest = (
        select(
            DocumentVersion.number,
            DocumentVersion.status,
            DocumentVersion.status_reason,
            DocumentVersion.progress_stage,
            DocumentVersion.progress_done,
            DocumentVersion.progress_total,
            DocumentVersion.pages,
            DocumentVersion.size_bytes,
            DocumentVersion.media_type,
        )
        .where(DocumentVersion.document_id == Document.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
        .lateral("newest")
    )
    current = aliased(DocumentVersion, name="current")
    return (
        select(
            Document.id,
            Document.title,
            Document.source_name,
            Document.source_url,
            Document.origin,
            Document.current_version_id,
            Document.created_at,
            Document.updated_at,
            newest.c.number,
            newest.c.status,
            newest.c.status_reason,
            newest.c.progress_stage,
            newest.c.progress_done,
            newest.c.progress_total,
            newest.c.size_bytes,
            newest.c.media_type,
            func.coalesce(current.pages, newest.c.pages).label("pages"),
            func.coalesce(current.passages, 0).label("passage_count"),
            current.probe_rank,
            current.number.label("current_number"),
            Document.language,
            Document.tags,
            Document.listed_by,
            Document.refresh_seconds,
            Document.next_refresh_at,
            Document.checked_at,
        )
        .select_from(Document)
        .join(newest, true())
        .outerjoin(current, current.id == Document.current_version_id)
        .where(Document.guild_id == guild_id)
    )


def _newest_failed() -> ColumnElement[bool]:
    status = (
        select(DocumentVersion.status)
        .where(DocumentVersion.document_id == Document.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return status.in_(ENDED_BADLY)


def _matches(wanted: DocumentFilter) -> ColumnElement[bool]:
    listed: ColumnElement[bool] = true()
    if wanted.listed_by:
        listed = Document.listed_by == wanted.listed_by
    elif wanted.grouped:
        listed = or_(Document.listed_by.is_(None), _newest_failed())
    if not wanted.search:
        return listed
    return and_(
        listed,
        or_(
            Document.title.icontains(wanted.search, autoescape=True),
            Document.source_name.icontains(wanted.search, autoescape=True),
        ),
    )


async def count_documents(session: AsyncSession, guild_id: int, wanted: DocumentFilter) -> int:
    """Return how many documents match."""
    statement = select(func.count()).where(Document.guild_id == guild_id, _matches(wanted))
    return await session.scalar(statement) or 0


async def documents(
    session: AsyncSession,
    guild_id: int,
    wanted: DocumentFilter,
    *,
    limit: int,
    after: Position | None,
) -> Rows:
    """Return documents that match, the latest changed first."""
    statement = _documents(guild_id).where(_matches(wanted))
    if after is not None:
        moment, last_id = after
        statement = statement.where(
            or_(
                Document.updated_at < moment,
                and_(Document.updated_at == moment, Document.id > last_id),
            )
        )
    ordered = statement.order_by(Document.updated_at.desc(), Document.id).limit(limit)
    return list((await session.execute(ordered)).all())


async def document(session: AsyncSession, guild_id: int, document_id: UUID) -> Row[Any] | None:
    """Return one document."""
    statement = _documents(guild_id).where(Document.id == document_id)
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    return row


async def set_tags(
    session: AsyncSession, guild_id: int, document_id: UUID, *, tags: list[str]
) -> None:
    """File a document under these tags and no others."""
    await session.execute(
        update(Document)
        .where(Document.guild_id == guild_id, Document.id == document_id)
        .values(tags=tags)
    )


async def delete_document(session: AsyncSession, guild_id: int, document_id: UUID) -> bool:
    """Delete a document with all that hangs on it; return whether there was one."""
    # In the order in which a worker publishes, version before document: neither blocks the other.
    # With a list go its pages, and with an index the pages of its lists.
    lists = select(Document.id).where(
        or_(Document.id == document_id, Document.listed_by == document_id)
    )
    versions = select(DocumentVersion.id).where(
        DocumentVersion.guild_id == guild_id,
        DocumentVersion.document_id.in_(
            select(Document.id).where(
                or_(Document.id == document_id, Document.listed_by.in_(lists))
            )
        ),
    )
    await session.execute(versions.with_for_update())
    statement = (
        delete(Document)
        .where(Document.guild_id == guild_id, Document.id == document_id)
        .returning(Document.id)
    )
    return await session.scalar(statement) is not None


async def retry_newest_versions(
    session: AsyncSession, guild_id: int, document_id: UUID | None = None
) -> list[UUID]:
    """Open again the newest version of one document, or of all, where it failed; return ids."""
    newest = select(DocumentVersion.id).where(DocumentVersion.guild_id == guild_id)
    if document_id:
        newest = newest.where(DocumentVersion.document_id == document_id)
    newest = newest.ext(distinct_on(DocumentVersion.document_id)).order_by(
        DocumentVersion.document_id, DocumentVersion.number.desc()
    )
    statement = (
        update(DocumentVersion)
        .where(DocumentVersion.id.in_(newest), DocumentVersion.status.in_(ENDED_BADLY))
        .values(
            status="received",
            status_reason=None,
            progress_stage="received",
            progress_done=0,
            progress_total=0,
            attempts=0,
            starts=0,
            lease_id=None,
            lease_expires_at=None,
            next_attempt_at=DEFAULT,
        )
        .returning(DocumentVersion.id, DocumentVersion.document_id)
    )
    opened = (await session.execute(statement)).all()
    retried = [row.document_id for row in opened]
    await session.execute(
        update(Document).where(Document.id.in_(retried)).values(updated_at=func.now())
    )
    return [row.id for row in opened]


async def passages(
    session: AsyncSession, version_ids: Sequence[UUID], *, first: int, after: int
) -> Rows:
    """Return passages of several versions in order, at most ``first`` of each."""
    numbered = (
        select(
            Chunk.version_id,
            Chunk.ordinal,
            Chunk.text,
            Chunk.heading_path,
            Chunk.page,
            func.row_number()
            .over(partition_by=Chunk.version_id, order_by=Chunk.ordinal)
            .label("place"),
        )
        .where(Chunk.version_id.in_(version_ids), Chunk.ordinal > after)
        .subquery()
    )
    statement = select(numbered).where(numbered.c.place <= first).order_by(numbered.c.ordinal)
    return list((await session.execute(statement)).all())
