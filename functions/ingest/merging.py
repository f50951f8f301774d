"""Merge a guild's small segments into larger ones, so that a search reads few.

Whatever is interrupted leaves the segments as they were, and the next document tries again.
"""

import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Database
from functions.ingest import queries
from functions.runtime.segments import (
    EncodedPostings,
    Integers,
    decode,
    decode_chunk_ids,
    decode_lengths,
    encode,
    encode_chunk_ids,
    encode_lengths,
)

log = logging.getLogger(__name__)

# A thousand documents make three merges of each of their passages, and 45 segments at most.
FAN_IN = 16
# Rows read and written at a time: about a megabyte where segments are small.
BATCH_ROWS = 5_000
DEAD = -1


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A segment to merge: where each of its slots goes, those of the dead nowhere."""

    id: int
    passages: int
    places: Any


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of several segments; versions are ``(version_id, first_slot)``."""

    tier: int
    sources: dict[int, Source]
    versions: list[tuple[Any, int]]
    chunk_ids: Any
    lengths: Any


async def merge_segments(database: Database, guild_id: int) -> None:
    """Merge until no tier is full and few slots are dead; a database in trouble stops it silently.

    The documents are published already: a merge that fails costs the next searches a little.
    """
    try:
        while await _merge_once(database, guild_id):
            pass
    except DBAPIError as error:
        # Whoever deletes at the same moment goes first.
        log.info("segments not merged", extra={"reason": type(error.orig).__name__})


async def _merge_once(database: Database, guild_id: int) -> bool:
    async with database.guild(guild_id) as session:
        if not await session.scalar(queries.TAKE_SEGMENTS, {"guild_id": guild_id}):
            return False
        await session.execute(queries.YIELD_TO_DELETERS)
        tiers = [
            (row.tier, row.segment_ids)
            for row in await session.execute(
                queries.SEGMENTS_TO_MERGE, {"guild_id": guild_id, "fan_in": FAN_IN}
            )
        ]
        if not tiers:
            return False
        tier, segment_ids = tiers[0]
        await _replace(session, guild_id, await _plan(session, tier, segment_ids))
    return True


async def _plan(session: AsyncSession, tier: int, segment_ids: Sequence[int]) -> Merged:
    values = {"segment_ids": list(segment_ids)}
    living = (await session.execute(queries.LIVING_SLOTS, values)).all()
    spans = {key: list(rows) for key, rows in groupby(living, key=lambda row: row.segment_id)}
    sources: dict[int, Source] = {}
    versions: list[tuple[Any, int]] = []
    chunk_ids, lengths = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    placed = 0
    for row in await session.execute(queries.SEGMENT_PASSAGES, values):
        places = np.full(row.passages, DEAD, np.int64)
        for span in spans.get(row.id, ()):
            versions.append((span.version_id, placed))
            held = slice(span.first_slot, span.first_slot + span.passages)
            places[held] = np.arange(placed, placed + span.passages)
            placed += span.passages
        sources[row.id] = Source(id=row.id, passages=row.passages, places=places)
        chunk_ids.append(decode_chunk_ids(row.chunk_ids)[places != DEAD])
        lengths.append(decode_lengths(row.lengths)[places != DEAD])
    return Merged(
        tier=tier,
        sources=sources,
        versions=versions,
        chunk_ids=np.concatenate(chunk_ids),
        lengths=np.concatenate(lengths),
    )


async def _replace(session: AsyncSession, guild_id: int, merged: Merged) -> None:
    """Write the new segment, then hand over: whoever deletes meanwhile finds one or the other."""
    values: dict[str, Any] = {"guild_id": guild_id, "sources": list(merged.sources)}
    if merged.versions:
        values["segment_id"] = await session.scalar(
            queries.ADD_SEGMENT,
            {
                "guild_id": guild_id,
                "tier": merged.tier,
                "passages": len(merged.chunk_ids),
                "chunk_ids": encode_chunk_ids(merged.chunk_ids),
                "lengths": encode_lengths(merged.lengths),
            },
        )
        await _copy_postings(session, values, merged)
        moved = {
            "version_ids": [version_id for version_id, _ in merged.versions],
            "first_slots": [first_slot for _, first_slot in merged.versions],
        }
        await session.execute(queries.MOVE_VERSIONS, {**values, **moved})
        await session.execute(queries.COUNT_SEGMENT, values)
        await session.execute(queries.FORGET_IF_DEAD, values)
    await session.execute(queries.FORGET_SEGMENTS, values)


async def _copy_postings(session: AsyncSession, values: dict[str, Any], merged: Merged) -> None:
    rows = await session.stream(queries.POSTINGS_BY_TERM, values)
    begun: list[Any] = []
    async for batch in rows.partitions(BATCH_ROWS):
        begun += batch
        # The last term of a batch may go on in the next one.
        open_term = begun[-1].term
        whole = [row for row in begun if row.term != open_term]
        begun = begun[len(whole) :]
        await _write(session, values, _merge_rows(whole, merged))
    await _write(session, values, _merge_rows(begun, merged))


async def _write(
    session: AsyncSession, values: dict[str, Any], postings: EncodedPostings | None
) -> None:
    if postings is not None:
        await session.execute(
            queries.ADD_POSTINGS,
            {
                "guild_id": values["guild_id"],
                "segment_id": values["segment_id"],
                "terms": postings.terms,
                "slots": postings.slots,
                "frequencies": postings.frequencies,
            },
        )


def _merge_rows(rows: Sequence[Any], merged: Merged) -> EncodedPostings | None:
    """Join rows in the order of their terms, each term's in the order of the segments."""
    terms: list[str] = []
    counts: list[int] = []
    slots: list[Integers] = []
    frequencies: list[Integers] = []
    for row in rows:
        new_slots, new_frequencies = _placed(row, merged.sources[row.segment_id])
        if not len(new_slots):
            continue
        if not terms or terms[-1] != row.term:
            terms.append(row.term)
            counts.append(0)
        counts[-1] += len(new_slots)
        slots.append(new_slots)
        frequencies.append(new_frequencies)
    if not terms:
        return None
    return encode(
        terms,
        np.array(counts),
        np.concatenate(slots),
        np.concatenate(frequencies).astype(np.int64),
        passages=len(merged.chunk_ids),
    )


def _placed(row: Any, source: Source) -> tuple[Integers, Integers]:
    """Return a row's slots in the new segment, without the dead, and their frequencies."""
    postings = decode(row.slots, row.frequencies, passages=source.passages)
    if postings.slots is None:
        kept = (source.places != DEAD) & (postings.frequencies > 0)
        return source.places[kept], postings.frequencies[kept]
    places = source.places[postings.slots]
    kept = places != DEAD
    return places[kept], postings.frequencies[kept]
