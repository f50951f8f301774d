"""What the words of a question find: exact BM25, and how much of the question a passage holds."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from db.session import Snapshot
from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.passages import SearchRequest
from functions.search import queries
from functions.search.filters import NO_FILTERS, filter_values
from functions.search.lexicon import Lexicon, open_lexicon, read_terms
from functions.search.schemas import Bm25, Hit, Listing, Reading
from functions.search.scoring import Array, Search, TermPostings, Weighted
from functions.search.weighing import reachable, weigh, words_by_language


class Lexical(msgspec.Struct, frozen=True, kw_only=True):
    """What was found by words, and what it was found with: the guild's model and index.

    ``allowed`` are the ids of the chunks that the filters let answer, None where they let all.
    """

    model: RegisteredModel
    lexicon: Lexicon
    allowed: Any = None
    readings: list[Reading]
    hits: list[Hit]

    @property
    def reachable(self) -> float:
        """Return the share of the question that the documents could hold."""
        return reachable(self.readings)


async def by_words(
    snapshot: Snapshot, cache: BoundedCache, request: SearchRequest, *, bm25: Bm25, depth: int
) -> Lexical:
    """Return the ``depth`` best passages by their words, of those that the filters let answer."""
    model, listing = await start(snapshot, request.guild_id)
    lexicon = await open_lexicon(snapshot, cache, request.guild_id, listing=listing, bm25=bm25)
    words = words_by_language(request.query, lexicon.living_languages, turns=request.turns)
    every = sorted({word for _, of_language in words for word in of_language})
    admitted = await _admitted(snapshot, lexicon, request)
    allowed = None if admitted is None else lexicon.passages.chunk_ids[admitted]
    nothing = Lexical(model=model, lexicon=lexicon, allowed=allowed, readings=[], hits=[])
    if not every or not lexicon.count:
        return nothing
    postings = await read_terms(snapshot, cache, lexicon, every)
    holding = {term: found.holding for term, found in postings.items()}
    readings = [
        Reading(
            languages=languages, wanted=weigh(of_language, passages=lexicon.count, holding=holding)
        )
        for languages, of_language in words
    ]
    hits = _hits(lexicon, readings, postings, admitted=admitted, depth=depth)
    return msgspec.structs.replace(nothing, readings=readings, hits=hits)


async def start(snapshot: Snapshot, guild_id: int) -> tuple[RegisteredModel, Listing]:
    """Return the guild's model, and what its index of words is made of right now."""
    rows = await snapshot.rows(queries.START, {"guild_id": guild_id})
    if not rows:
        return EMBEDDED, Listing(segment_ids=[], generations=[], passages=0, terms=0)
    named = dict(rows[0])
    listing = Listing(**{field: named.pop(field) for field in Listing.__struct_fields__})
    return RegisteredModel(**named), listing


async def _admitted(snapshot: Snapshot, lexicon: Lexicon, request: SearchRequest) -> Array | None:
    """Tell for each slot whether the filters let it answer; None where they let all."""
    if request.filters == NO_FILTERS:
        return None
    values = {"guild_id": request.guild_id, **filter_values(request.filters)}
    [row] = await snapshot.rows(queries.ALLOWED, values)
    admitted = np.zeros(len(lexicon.living), np.bool_)
    for segment_id, slot, count in zip(
        row["segment_ids"], row["first_slots"], row["counts"], strict=True
    ):
        first = lexicon.segments[segment_id].first + slot
        admitted[first : first + count] = True
    return admitted


def _hits(
    lexicon: Lexicon,
    readings: Sequence[Reading],
    postings: Mapping[str, TermPostings],
    *,
    admitted: Array | None,
    depth: int,
) -> list[Hit]:
    wanted = _weighted(lexicon, readings, postings)
    search = Search(lexicon.passages, wanted, admitted=admitted, depth=depth)
    slots, scores = search.best()
    coverage = _coverage(lexicon, readings, postings, slots)
    return [
        Hit(chunk_id=chunk_id, bm25=score, coverage=covered)
        for chunk_id, score, covered in zip(
            lexicon.passages.chunk_ids[slots].tolist(),
            scores.tolist(),
            coverage.tolist(),
            strict=True,
        )
    ]


def _allowed(lexicon: Lexicon, languages: Sequence[str]) -> Array:
    """Tell for each code of a language whether it is one of these."""
    return np.array([language in languages for language in lexicon.languages])


def _weighted(
    lexicon: Lexicon, readings: Sequence[Reading], postings: Mapping[str, TermPostings]
) -> list[Weighted]:
    # A passage was stemmed in its document's language, so the question is as well.
    languages: dict[tuple[str, float], list[str]] = {}
    for reading in readings:
        for term in reading.wanted:
            languages.setdefault((term.text, term.idf), []).extend(reading.languages)
    weighted = []
    for (word, idf), of_word in languages.items():
        allowed = _allowed(lexicon, of_word)
        found = postings[word]
        if found.holding and allowed.any():
            weighted.append(
                Weighted(postings=found, idf=idf, allowed=None if allowed.all() else allowed)
            )
    return weighted


def _coverage(
    lexicon: Lexicon,
    readings: Sequence[Reading],
    postings: Mapping[str, TermPostings],
    slots: Array,
) -> Array:
    """Return the share of the question that each slot holds, read in its own language."""
    covered = np.zeros(len(slots))
    languages = lexicon.passages.languages[slots]
    for reading in readings:
        own = _allowed(lexicon, reading.languages)[languages]
        for term in reading.wanted:
            held = postings[term.text].frequencies_at(slots) > 0
            covered += term.share * (held & own)
    return covered
