"""A guild's inverted index as arrays, kept in memory and never out of date.

Every search learns from the database which segments there are, and in which generation. Segments
do not change, so what was read of one is read once; nothing is used that the guild's own
transaction has not just listed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.segments import Postings, decode, decode_chunk_ids, decode_lengths
from functions.search import queries
from functions.search.schemas import Bm25, Listing
from functions.search.scoring import Array, Passages, TermPostings, impacts

# Where a term is in more than this share of the passages, a frequency for each takes less space.
DENSE_SHARE = 0.2
NOWHERE = TermPostings(
    slots=np.empty(0, np.int64), frequencies=np.empty(0, np.uint8), holding=0, most=0.0
)

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
        arrays = (*msgspec.structs.astuple(self.passages)[:3], self.lengths, self.living)
        return sum(array.nbytes for array in arrays)


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """A term as it was read from each segment, and joined for one state of them."""

    state: State
    pieces: dict[int, Postings | None]
    joined: TermPostings


async def open_lexicon(
    session: AsyncSession, cache: BoundedCache, guild_id: int, *, listing: Listing, bm25: Bm25
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
        rows = {row.id: row for row in await session.execute(queries.SEGMENTS, values)}
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
        chunk_ids, lengths, languages, living = (
            (np.concatenate(arrays) for arrays in zip(*parts, strict=True)) if parts else _nothing()
        )
        mean = max(listing.terms / max(listing.passages, 1), 1.0)
        norms = bm25.k1 * (1 - bm25.b + bm25.b * lengths / mean)
        return Lexicon(
            guild_id=guild_id,
            state=state,
            segments=segments,
            passages=Passages(chunk_ids=chunk_ids, languages=languages, norms=norms, k1=bm25.k1),
            lengths=lengths,
            living=living,
            all_alive=bool(living.all()),
            languages=self._languages,
            living_languages=self._told(languages[living]),
            count=listing.passages,
        )

    def _part(self, segment_id: int) -> tuple[Array, Array, Array, Array]:
        """Return the chunk, length, language and life of a segment's slots."""
        row = self._rows.get(segment_id)
        if row is None or row.chunk_ids is None:
            former = _former_part(self._former, segment_id)
            if row is None:
                return former
            chunk_ids, lengths = former[:2]
        else:
            chunk_ids, lengths = decode_chunk_ids(row.chunk_ids), decode_lengths(row.lengths)
        languages = np.zeros(len(chunk_ids), np.uint16)
        living = np.zeros(len(chunk_ids), np.bool_)
        for first, count, language in zip(row.first_slots, row.counts, row.languages, strict=True):
            languages[first : first + count] = self._code(language)
            living[first : first + count] = True
        return chunk_ids, lengths, languages, living

    def _told(self, codes: Array) -> list[str]:
        counted = np.bincount(codes, minlength=len(self._languages))
        held = {name for name, count in zip(self._languages, counted, strict=True) if count}
        return sorted(held - {queries.UNTOLD})

    def _code(self, language: str | None) -> int:
        language = language or queries.UNTOLD
        if language not in self._languages:
            self._languages.append(language)
        return self._languages.index(language)


def _former_part(former: Lexicon | None, segment_id: int) -> tuple[Array, Array, Array, Array]:
    if former is None:
        return _nothing()
    span = former.segments[segment_id].span
    passages = former.passages
    return (
        passages.chunk_ids[span],
        former.lengths[span],
        passages.languages[span],
        former.living[span],
    )


def _nothing() -> tuple[Array, Array, Array, Array]:
    return (
        np.empty(0, np.int64),
        np.empty(0, np.int32),
        np.empty(0, np.uint16),
        np.empty(0, np.bool_),
    )


async def read_terms(
    session: AsyncSession, cache: BoundedCache, lexicon: Lexicon, terms: Sequence[str]
) -> dict[str, TermPostings]:
    """Return where each term stands; what no earlier search has read is read."""
    held: dict[str, _Held | None] = {
        term: cache.get(("term", lexicon.guild_id, term)) for term in terms
    }
    stale = [term for term in terms if (one := held[term]) is None or one.state != lexicon.state]
    pieces = {term: dict(one.pieces) if (one := held[term]) else {} for term in stale}
    unread = _unread(lexicon, pieces)
    if unread["terms"]:
        for row in await session.execute(queries.POSTINGS, unread):
            placed = lexicon.segments[row.segment_id]
            pieces[row.term][row.segment_id] = decode(
                row.slots, row.frequencies, passages=placed.passages
            )
    for term in stale:
        joined = _hold(lexicon, pieces[term])
        held[term] = joined
        cache.put(("term", lexicon.guild_id, term), joined, size=_size(joined))
    return {term: one.joined for term, one in held.items() if one}


def _unread(lexicon: Lexicon, pieces: Mapping[str, Mapping[int, Any]]) -> dict[str, list[Any]]:
    """Return the terms and the segments of which something is missing."""
    segments: set[int] = set()
    terms = []
    for term, known in pieces.items():
        missing = lexicon.segments.keys() - known.keys()
        if missing:
            terms.append(term)
            segments |= missing
    return {"terms": terms, "segment_ids": sorted(segments)}


def _hold(lexicon: Lexicon, pieces: Mapping[int, Postings | None]) -> _Held:
    kept = {segment_id: pieces.get(segment_id) for segment_id in lexicon.segments}
    return _Held(state=lexicon.state, pieces=kept, joined=_join(lexicon, kept))


def _join(lexicon: Lexicon, pieces: Mapping[int, Postings | None]) -> TermPostings:
    slots: list[Array] = []
    frequencies: list[Array] = []
    for segment_id, placed in lexicon.segments.items():
        piece = pieces[segment_id]
        if piece is None:
            continue
        own, counts = piece
        if own is None:
            own = np.flatnonzero(counts)
            counts = counts[own]
        slots.append(own.astype(np.int64) + placed.first)
        frequencies.append(counts)
    if not slots:
        return NOWHERE
    return _living(lexicon, np.concatenate(slots), np.concatenate(frequencies))


def _living(lexicon: Lexicon, slots: Array, frequencies: Array) -> TermPostings:
    """Leave out what was forgotten, and note what the term can bring at most."""
    if not lexicon.all_alive:
        alive = lexicon.living[slots]
        slots, frequencies = slots[alive], frequencies[alive]
    if not len(slots):
        return NOWHERE
    norms = lexicon.passages.norms[slots]
    most = float(impacts(frequencies, norms, k1=lexicon.passages.k1).max())
    holding = len(slots)
    if holding > DENSE_SHARE * len(lexicon.living):
        every = np.zeros(len(lexicon.living), frequencies.dtype)
        every[slots] = frequencies
        return TermPostings(slots=None, frequencies=every, holding=holding, most=most)
    return TermPostings(
        slots=slots.astype(np.int32), frequencies=frequencies, holding=holding, most=most
    )


def _size(held: _Held) -> int:
    return sum(
        array.nbytes
        for postings in (held.joined, *held.pieces.values())
        for array in _arrays(postings)
    ) + 100 * len(held.pieces)


def _arrays(postings: Postings | TermPostings | None) -> Iterable[Array]:
    if postings is None:
        return ()
    return [array for array in (postings.slots, postings.frequencies) if array is not None]
