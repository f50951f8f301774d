"""One ranking of what was found by meaning and what was found by words."""

from collections import Counter
from collections.abc import Iterable, Sequence

from functions.search.schemas import Candidate, Hit, Neighbour

# nDCG@10 on XQuAD at .5 / .6 / .7: en .983 / .984 / .985, de .973 / .977 / .977,
# zh .979 / .979 / .975, German questions on English paragraphs .927 / .926 / .925.
DENSE_WEIGHT = 0.6
# Words count in full once a passage holds this share of the question. A question in another
# language shares a name or a false friend at most; unscaled, that costs .08 nDCG@10. Of a question
# in another script only what could be shared is asked for: zh on en .806 .811, ru on en .907 .909,
# zh on de .800 .804.
FULL_COVERAGE = 0.5
MOST_PER_DOCUMENT = 3


def _between(value: float, lowest: float, highest: float) -> float:
    return (value - lowest) / (highest - lowest) if highest > lowest else 1.0


def fuse(
    neighbours: Sequence[Neighbour], hits: Sequence[Hit], *, reachable: float = 1.0
) -> list[Candidate]:
    """Return the neighbours, best first; a hit that is not among them is left out.

    ``reachable`` is the share of the question that the documents could hold at all.
    """
    by_words = {hit.chunk_id: hit for hit in hits}
    cosines = [neighbour.cosine for neighbour in neighbours]
    lowest, highest = min(cosines, default=0.0), max(cosines, default=0.0)
    best_bm25 = max((hit.bm25 for hit in hits), default=0.0)
    coverage = max((hit.coverage for hit in hits), default=0.0)
    full = FULL_COVERAGE * reachable
    lexical_weight = (1 - DENSE_WEIGHT) * (min(1.0, coverage / full) if full else 0.0)
    candidates = []
    for found in neighbours:
        hit = by_words.get(found.chunk_id)
        dense = DENSE_WEIGHT * _between(found.cosine, lowest, highest)
        lexical = lexical_weight * hit.bm25 / best_bm25 if hit and best_bm25 else 0.0
        candidates.append(
            Candidate(
                chunk_id=found.chunk_id,
                document_id=found.document_id,
                cosine=found.cosine,
                bm25=hit.bm25 if hit else 0.0,
                coverage=hit.coverage if hit else 0.0,
                score=(dense + lexical) / (DENSE_WEIGHT + lexical_weight),
            )
        )
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.chunk_id))


def spread(ranked: Iterable[Candidate]) -> list[Candidate]:
    """Keep the best few of each document, so that one long document does not hide the rest."""
    taken: Counter[object] = Counter()
    kept = []
    for candidate in ranked:
        taken[candidate.document_id] += 1
        if taken[candidate.document_id] <= MOST_PER_DOCUMENT:
            kept.append(candidate)
    return kept
