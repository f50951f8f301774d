"""Write the index of words again, after the way in which words are compared has changed."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from db.session import Database
from functions.ingest.merging import FAN_IN, merge_segments
from functions.ingest.publishing import chunk_terms, segment_row
from functions.ingest.queries import INSERT_SEGMENT
from functions.runtime.fingerprints import fingerprint
from functions.runtime.segments import EncodedSegment, encode_passages

DOCUMENTS: Final = text(
    "SELECT id FROM documents WHERE guild_id = :guild_id AND current_version_id IS NOT NULL"
    " ORDER BY id"
)
# Held, so that another version is published before this or after it.
HOLD: Final = text(
    "SELECT current_version_id AS version_id, language FROM documents"
    " WHERE id = :document_id AND current_version_id IS NOT NULL FOR UPDATE"
)
PASSAGES: Final = text(
    "SELECT id, text, heading_path FROM chunks WHERE version_id = :version_id ORDER BY ordinal"
)
FORGET: Final = text("DELETE FROM segment_versions WHERE document_id = :document_id")
COUNT: Final = text(
    "UPDATE chunks SET terms = new.terms, fingerprint = new.fingerprint FROM"
    " unnest(CAST(:ids AS bigint[]), CAST(:lengths AS int[]), CAST(:fingerprints AS bigint[]))"
    " AS new (id, terms, fingerprint) WHERE chunks.id = new.id"
)

Report = Callable[[int, int], None]


class Reworded(msgspec.Struct, frozen=True, kw_only=True):
    """A document's passages as they are indexed now."""

    segment: EncodedSegment
    fingerprints: list[int]


async def reword(database: Database, guild_id: int, *, report: Report) -> None:
    """Index the words of each document of a guild anew; each answers all the time.

    ``report`` hears how many documents are done, and of how many. Done twice it changes nothing.
    """
    async with database.guild(guild_id) as session:
        documents = list(await session.scalars(DOCUMENTS, {"guild_id": guild_id}))
    for done, document_id in enumerate(documents):
        report(done, len(documents))
        await _reword(database, guild_id, document_id)
        # As after each publication: whoever asks meanwhile reads few segments.
        if (done + 1) % FAN_IN == 0:
            await merge_segments(database, guild_id)
    await merge_segments(database, guild_id)
    report(len(documents), len(documents))


async def _reword(database: Database, guild_id: int, document_id: UUID) -> None:
    async with database.guild(guild_id) as session:
        document = {"guild_id": guild_id, "document_id": document_id}
        held = (await session.execute(HOLD, document)).one_or_none()
        if held is None:
            # It was deleted meanwhile.
            return
        version = {"version_id": held.version_id, "language": held.language}
        passages = (await session.execute(PASSAGES, version)).all()
        if not passages:
            return
        new = await asyncio.to_thread(_index, passages, held.language)
        ids = [passage.id for passage in passages]
        counted = {"ids": ids, "lengths": new.segment.lengths, "fingerprints": new.fingerprints}
        await session.execute(COUNT, counted)
        await session.execute(FORGET, document)
        row = {**document, **version, **segment_row(new.segment, ids)}
        await session.execute(INSERT_SEGMENT, row)


def _index(passages: Sequence[Any], language: str | None) -> Reworded:
    return Reworded(
        segment=encode_passages(
            [
                Counter(chunk_terms(passage.heading_path, passage.text, language))
                for passage in passages
            ]
        ),
        fingerprints=[fingerprint(passage.text) for passage in passages],
    )
