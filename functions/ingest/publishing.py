"""Write a version's passages and switch the document to it, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from functions.ingest import queries
from functions.ingest.describing import language_of
from functions.ingest.embedding import Embedded
from functions.ingest.schemas import Chunk, ParsedDocument, VersionAtWork
from functions.runtime.embedder.checking import UnusableVectorsError
from functions.runtime.embedder.registry import model_of_guild
from functions.runtime.errors import LorekeeperError
from functions.runtime.fingerprints import fingerprint
from functions.runtime.languages import stemmer_of
from functions.runtime.leases import Lease, LeaseLostError
from functions.runtime.lexical import terms
from functions.runtime.segments import (
    EncodedSegment,
    encode_chunk_ids,
    encode_lengths,
    encode_passages,
)

PATH_SEPARATOR = "\x1f"


class ModelChangedError(LorekeeperError):
    """The server's embedding model changed meanwhile. The document is read again."""

    code = "model_changed"


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A version ready to answer; the segment's slots are in the order of the chunks."""

    version: VersionAtWork
    parsed: ParsedDocument
    chunks: list[Chunk]
    language: str | None
    fingerprints: list[int]
    segment: EncodedSegment
    embedded: Embedded


def prepare(
    version: VersionAtWork, parsed: ParsedDocument, chunks: list[Chunk], *, embedded: Embedded
) -> Publication:
    """Return what is to be written.

    Takes processor time in proportion to the text: call it in a thread, before the transaction.
    """
    language = language_of(parsed)
    return Publication(
        version=version,
        parsed=parsed,
        chunks=chunks,
        language=language,
        fingerprints=[fingerprint(chunk.text) for chunk in chunks],
        segment=encode_passages(
            [Counter(chunk_terms(chunk.heading_path, chunk.text, language)) for chunk in chunks]
        ),
        embedded=embedded,
    )


async def publish(session: AsyncSession, lease: Lease, publication: Publication) -> None:
    """Publish within the caller's transaction; raise LeaseLostError where somebody took over."""
    guarded = {"version_id": lease.row_id, "lease_id": lease.lease_id}
    if (await session.execute(queries.LOCK, guarded)).first() is None:
        raise LeaseLostError
    model = await model_of_guild(session, lease.guild_id, hold=True)
    if model != publication.embedded.model:
        raise ModelChangedError
    document = {
        "document_id": publication.version.document_id,
        "version_id": lease.row_id,
        "number": publication.version.number,
        "title": publication.parsed.title,
        "language": publication.language,
    }
    rank: int | None = None
    if (await session.execute(queries.SWITCH, document)).first() is not None:
        await session.execute(queries.FORGET_OTHERS, document)
        chunk_ids = await _insert_chunks(session, lease, publication)
        await _insert_segment(session, lease, publication, chunk_ids)
        await _insert_embeddings(session, lease, publication.embedded, chunk_ids)
        rank = await _probe(session, lease.guild_id, publication.embedded, chunk_ids)
    await session.execute(queries.FORGET_STAGED, document)
    await session.execute(
        queries.READY,
        {
            **guarded,
            # What could not be read of a document that is ready all the same.
            "notices": " ".join(publication.parsed.notices) or None,
            "text": publication.parsed.text,
            "media_type": publication.parsed.media_type,
            "pages": publication.parsed.pages,
            "passages": len(publication.chunks),
            "probe_rank": min(rank, 32767) if rank else None,
        },
    )


async def _insert_chunks(
    session: AsyncSession, lease: Lease, publication: Publication
) -> list[int]:
    """Return the new ids in the order of the chunks."""
    chunks = publication.chunks
    rows = await session.execute(
        queries.INSERT_CHUNKS,
        {
            "guild_id": lease.guild_id,
            "document_id": publication.version.document_id,
            "version_id": lease.row_id,
            "ordinals": [chunk.ordinal for chunk in chunks],
            "texts": [chunk.text for chunk in chunks],
            "paths": [PATH_SEPARATOR.join(chunk.heading_path) for chunk in chunks],
            "pages": [chunk.page for chunk in chunks],
            "starts": [chunk.start for chunk in chunks],
            "ends": [chunk.end for chunk in chunks],
            "tokens": [chunk.token_count for chunk in chunks],
            "terms": publication.segment.lengths,
            "fingerprints": publication.fingerprints,
        },
    )
    return [chunk_id for _, chunk_id in sorted((row.ordinal, row.id) for row in rows)]


def chunk_terms(heading_path: Sequence[str], words: str, language: str | None) -> list[str]:
    """Return the terms that a passage is found by: headings are part of what it is about."""
    return terms(" ".join((*heading_path, words)), language=stemmer_of(language))


def segment_row(segment: EncodedSegment, chunk_ids: Sequence[int]) -> dict[str, Any]:
    """Return what INSERT_SEGMENT takes of a version's words, slots in the order of the chunks."""
    return {
        "passages": len(chunk_ids),
        "terms_total": sum(segment.lengths),
        "chunk_ids": encode_chunk_ids(chunk_ids),
        "lengths": encode_lengths(segment.lengths),
        "terms": segment.postings.terms,
        "slots": segment.postings.slots,
        "frequencies": segment.postings.frequencies,
    }


async def _insert_segment(
    session: AsyncSession, lease: Lease, publication: Publication, chunk_ids: list[int]
) -> None:
    await session.execute(
        queries.INSERT_SEGMENT,
        {
            "guild_id": lease.guild_id,
            "document_id": publication.version.document_id,
            "version_id": lease.row_id,
            "language": publication.language,
            **segment_row(publication.segment, chunk_ids),
        },
    )


async def _insert_embeddings(
    session: AsyncSession, lease: Lease, embedded: Embedded, chunk_ids: list[int]
) -> None:
    inserted = await session.execute(
        queries.INSERT_EMBEDDINGS,
        {
            "guild_id": lease.guild_id,
            "version_id": lease.row_id,
            "model_id": embedded.model.id,
            "chunk_ids": chunk_ids,
            "hashes": embedded.hashes,
        },
    )
    # A passage without a vector would be found by its words alone, and nobody would know.
    if len(inserted.all()) != len(chunk_ids):
        raise UnusableVectorsError


async def _probe(
    session: AsyncSession, guild_id: int, embedded: Embedded, chunk_ids: list[int]
) -> int:
    """Return where the document stands when the guild's passages are asked with its own words."""
    rank = await session.scalar(
        queries.probe(embedded.model),
        {
            "guild_id": guild_id,
            "vector": embedded.probe,
            "chunk_ids": chunk_ids,
        },
    )
    return int(rank or 1)


async def load_version(session: AsyncSession, version_id: UUID) -> VersionAtWork | None:
    """Return the version to work on, or None where it was deleted meanwhile."""
    row = (await session.execute(queries.LOAD, {"version_id": version_id})).first()
    return VersionAtWork(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name
