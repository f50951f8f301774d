"""What the words of a question find: exact BM25, and how much of the question a passage holds."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.passages import SearchRequest
from functions.search import queries
from functions.search.lexicon import Lexicon, open_lexicon, read_terms
from functions.search.schemas import Bm25, Hit, Listing, Reading
from functions.search.scoring import Array, Search, TermPostings, Weighted
from functions.search.weighing import weigh, words_by_language


class Lexical(msgspec.Struct, frozen=True, kw_only=True):
    """What was found by words, and what the guild is found with: its model, its passages' count."""

    model: RegisteredModel
    passages: int
    readings: list[Reading]
    hits: list[Hit]


async def by_words(
    session: AsyncSession, cache: BoundedCache, request: SearchRequest, *, bm25: Bm25, depth: int
) -> Lexical:
    """Return the ``depth`` best passages by their words."""
    model, listing = await _start(session, request.guild_id)
    lexicon = await open_lexicon(session, cache, request.guild_id, listing=listing, bm25=bm25)
    words = words_by_language(request.query, lexicon.living_languages, turns=request.turns)
    every = sorted({word for _, of_language in words for word in of_language})
    if not every or not lexicon.count:
        return Lexical(model=model, passages=lexicon.count, readings=[], hits=[])
    postings = await read_terms(session, cache, lexicon, every)
    holding = {term: found.holding for term, found in postings.items()}
    readings = [
        Reading(
            languages=languages, wanted=weigh(of_language, passages=lexicon.count, holding=holding)
        )
        for languages, of_language in words
    ]
    hits = _hits(lexicon, readings, postings, depth=depth)
    return Lexical(model=model, passages=lexicon.count, readings=readings, hits=hits)


async def _start(session: AsyncSession, guild_id: int) -> tuple[RegisteredModel, Listing]:
    row = (await session.execute(queries.START, {"guild_id": guild_id})).mappings().one_or_none()
    if row is None:
        return EMBEDDED, Listing(segment_ids=[], generations=[], passages=0, terms=0)
    named = dict(row)
    listing = Listing(**{field: named.pop(field) for field in Listing.__struct_fields__})
    return RegisteredModel(**named), listing


def _hits(
    lexicon: Lexicon,
    readings: Sequence[Reading],
    postings: Mapping[str, TermPostings],
    *,
    depth: int,
) -> list[Hit]:
    search = Search(lexicon.passages, _weighted(lexicon, readings, postings), depth=depth)
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
