"""A guild's inverted index as arrays, kept in memory and never out of date.

Every search learns from the database which segments there are, and in which generation. Segments
do not change, so what was read of one is read once; nothing is used that the guild's own
transaction has not just listed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from db.session import Snapshot
from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.segments import Postings, decode, decode_chunk_ids, decode_lengths
from functions.search import queries
from functions.search.schemas import Bm25, Listing
from functions.search.scoring import Array, Passages, TermPostings, impacts

# Where a term is in more than this share of the passages, a frequency for each takes less space.
DENSE_SHARE = 0.2
LEAST_NORM = 1e-9
State = tuple[tuple[int, int], ...]


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A segment, and where its slots begin among the guild's."""

    id: int
    first: int
    passages: int

    @property
    def span(self) -> slice:
        """Return its slots among the guild's."""
        return slice(self.first, self.first + self.passages)


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """A guild's passages in one state of its segments; ``living`` tells which still answer."""

    guild_id: int
    state: State
    segments: dict[int, Placed]
    passages: Passages
    documents: Any
    lengths: Any
    living: Any
    all_alive: bool
    # By code; of the passages that answer, those that something told.
    languages: list[str]
    living_languages: list[str]
    count: int

    @property
    def size(self) -> int:
        """Return the bytes it takes."""
        of_passages = msgspec.structs.astuple(self.passages)[:3]
        arrays = (*of_passages, self.documents, self.lengths, self.living)
        return sum(array.nbytes for array in arrays)


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """A term as it stood in one state of the segments, these."""

    state: State
    segments: dict[int, Placed]
    postings: TermPostings

    def piece(self, segment_id: int) -> Postings:
        """Return the part of one segment, whose dead slots may be missing."""
        placed = self.segments[segment_id]
        slots, frequencies = self.postings.slots, self.postings.frequencies
        if slots is None:
            return Postings(None, frequencies[placed.span])
        first, end = np.searchsorted(slots, (placed.first, placed.first + placed.passages))
        return Postings(slots[first:end] - placed.first, frequencies[first:end])


async def open_lexicon(
    snapshot: Snapshot, cache: BoundedCache, guild_id: int, *, listing: Listing, bm25: Bm25
) -> Lexicon:
    """Return the guild's passages; what changed since the last search is read."""
    state = tuple(zip(listing.segment_ids, listing.generations, strict=True))
    former: Lexicon | None = cache.get(("lexicon", guild_id))
    if former is not None and former.state == state:
        return former
    known = former.segments if former else {}
    unchanged = set(former.state if former else ())
    changed = [segment_id for segment_id, _ in set(state) - unchanged]
    rows = {}
    if changed:
        values = {
            "changed": changed,
            "unread": [segment_id for segment_id in changed if segment_id not in known],
        }
        rows = {row["id"]: row for row in await snapshot.rows(queries.SEGMENTS, values)}
    lexicon = _Assembly(former, rows).build(guild_id, state=state, listing=listing, bm25=bm25)
    cache.put(("lexicon", guild_id), lexicon, size=lexicon.size)
    return lexicon


class _Assembly:
    """Puts a guild's slots together, from what is known and what was just read."""

    def __init__(self, former: Lexicon | None, rows: Mapping[int, Any]) -> None:
        self._former = former
        self._rows = rows
        self._languages = list(former.languages) if former else [queries.UNTOLD]

    def build(self, guild_id: int, *, state: State, listing: Listing, bm25: Bm25) -> Lexicon:
        segments: dict[int, Placed] = {}
        parts = []
        first = 0
        for segment_id, _ in state:
            part = self._part(segment_id)
            parts.append(part)
            segments[segment_id] = Placed(id=segment_id, first=first, passages=len(part[0]))
            first += len(part[0])
        chunk_ids, lengths, languages, documents, living = (
            (np.concatenate(arrays) for arrays in zip(*parts, strict=True)) if parts else _nothing()
        )
        mean = max(listing.terms / max(listing.passages, 1), 1.0)
        # With k1 at zero a word counts once, and not at all where it is missing: not 0 / 0.
        norms = np.maximum(bm25.k1 * (1 - bm25.b + bm25.b * lengths / mean), LEAST_NORM)
        return Lexicon(
            guild_id=guild_id,
            state=state,
            segments=segments,
            passages=Passages(chunk_ids=chunk_ids, languages=languages, norms=norms, k1=bm25.k1),
            documents=documents,
            lengths=lengths,
            living=living,
            all_alive=bool(living.all()),
            languages=self._languages,
            living_languages=self._told(languages[living]),
            count=listing.passages,
        )

    def _part(self, segment_id: int) -> tuple[Array, ...]:
        """Return the chunk, length, language, document and life of a segment's slots."""
        row = self._rows.get(segment_id)
        if row is None or row["chunk_ids"] is None:
            former = _former_part(self._former, segment_id)
            if row is None:
                return former
            chunk_ids, lengths = former[:2]
        else:
            chunk_ids, lengths = decode_chunk_ids(row["chunk_ids"]), decode_lengths(row["lengths"])
        languages = np.zeros(len(chunk_ids), np.uint16)
        documents = np.full(len(chunk_ids), None, np.object_)
        living = np.zeros(len(chunk_ids), np.bool_)
        columns = ("first_slots", "counts", "languages", "documents")
        versions = zip(*(row[column] for column in columns), strict=True)
        for first, count, language, document in versions:
            languages[first : first + count] = self._code(language)
            documents[first : first + count] = document
            living[first : first + count] = True
        return chunk_ids, lengths, languages, documents, living

    def _told(self, codes: Array) -> list[str]:
        counted = np.bincount(codes, minlength=len(self._languages))
        held = {name for name, count in zip(self._languages, counted, strict=True) if count}
        return sorted(held - {queries.UNTOLD})

    def _code(self, language: str | None) -> int:
        language = language or queries.UNTOLD
        if language not in self._languages:
            self._languages.append(language)
        return self._languages.index(language)


def _former_part(former: Lexicon | None, segment_id: int) -> tuple[Array, ...]:
    if former is None:
        return _nothing()
    span = former.segments[segment_id].span
    passages = former.passages
    return (
        passages.chunk_ids[span],
        former.lengths[span],
        passages.languages[span],
        former.documents[span],
        former.living[span],
    )


def _nothing() -> tuple[Array, ...]:
    return (
        np.empty(0, np.int64),
        np.empty(0, np.int32),
        np.empty(0, np.uint16),
        np.empty(0, np.object_),
        np.empty(0, np.bool_),
    )


async def read_terms(
    snapshot: Snapshot, cache: BoundedCache, lexicon: Lexicon, terms: Sequence[str]
) -> dict[str, TermPostings]:
    """Return where each term stands; what no earlier search has read is read."""
    held: dict[str, _Held | None] = {
        term: cache.get(("term", lexicon.guild_id, term)) for term in terms
    }
    stale = {term: one for term, one in held.items() if one is None or one.state != lexicon.state}
    read: dict[str, dict[int, Postings]] = {term: {} for term in stale}
    unread = _unread(lexicon, stale)
    if unread["terms"]:
        for row in await snapshot.rows(queries.POSTINGS, unread):
            placed = lexicon.segments[row["segment_id"]]
            read[row["term"]][placed.id] = decode(
                row["slots"], row["frequencies"], passages=placed.passages
            )
    for term, former in stale.items():
        current = held[term] = _hold(lexicon, former, read[term])
        cache.put(("term", lexicon.guild_id, term), current, size=current.postings.size)
    return {term: one.postings for term, one in held.items() if one}


def _unread(lexicon: Lexicon, stale: Mapping[str, _Held | None]) -> dict[str, list[Any]]:
    """Return the terms and the segments of which something is missing."""
    segments: set[int] = set()
    terms = []
    for term, former in stale.items():
        missing = lexicon.segments.keys() - (former.segments.keys() if former else ())
        if missing:
            terms.append(term)
            segments |= missing
    return {"terms": terms, "segment_ids": sorted(segments)}


def _hold(lexicon: Lexicon, former: _Held | None, read: Mapping[int, Postings]) -> _Held:
    pieces: dict[Placed, Postings] = {}
    for placed in lexicon.segments.values():
        if placed.id in read:
            pieces[placed] = read[placed.id]
        elif former is not None and placed.id in former.segments:
            pieces[placed] = former.piece(placed.id)
    count = sum(len(piece.frequencies) for piece in pieces.values())
    join = _join_common if count > DENSE_SHARE * len(lexicon.living) else _join_rare
    return _Held(state=lexicon.state, segments=lexicon.segments, postings=join(lexicon, pieces))


def _join_common(lexicon: Lexicon, pieces: Mapping[Placed, Postings]) -> TermPostings:
    """Join pieces of which many hold every slot of theirs."""
    widest = np.result_type(np.uint8, *(piece.frequencies.dtype for piece in pieces.values()))
    every = np.zeros(len(lexicon.living), widest.newbyteorder("="))
    for placed, piece in pieces.items():
        own = every[placed.span]
        own[... if piece.slots is None else piece.slots] = piece.frequencies
    if not lexicon.all_alive:
        every *= lexicon.living
    holding = int(np.count_nonzero(every))
    if holding > DENSE_SHARE * len(every):
        # The highest frequency in the shortest passage: near enough for a word that tells little.
        most = impacts(every.max(), lexicon.passages.norms.min(), k1=lexicon.passages.k1)
        return TermPostings(slots=None, frequencies=every, holding=holding, most=float(most))
    slots = np.flatnonzero(every)
    return _rare(lexicon, slots, every[slots])


def _join_rare(lexicon: Lexicon, pieces: Mapping[Placed, Postings]) -> TermPostings:
    slots: list[Array] = [np.empty(0, np.int32)]
    frequencies: list[Array] = [np.empty(0, np.uint8)]
    for placed, (own, counts) in pieces.items():
        held = np.flatnonzero(counts) if own is None else own
        slots.append(held.astype(np.int32) + np.int32(placed.first))
        frequencies.append(counts[held] if own is None else counts)
    joined, counted = np.concatenate(slots), np.concatenate(frequencies)
    if not lexicon.all_alive:
        alive = lexicon.living[joined]
        joined, counted = joined[alive], counted[alive]
    return _rare(lexicon, joined, counted)


def _rare(lexicon: Lexicon, slots: Array, frequencies: Array) -> TermPostings:
    passages = lexicon.passages
    most = impacts(frequencies, passages.norms[slots], k1=passages.k1).max(initial=0.0)
    return TermPostings(
        slots=slots.astype(np.int32, copy=False),
        frequencies=frequencies,
        holding=len(slots),
        most=float(most),
    )
