"""One ranking of what was found by meaning and what was found by words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

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
NO_HIT = Hit(chunk_id=0, bm25=0.0, coverage=0.0)


def fuse(
    neighbours: Sequence[Neighbour], hits: Sequence[Hit], *, reachable: float = 1.0
) -> list[Candidate]:
    """Return the neighbours, best first; a hit that is not among them is left out.

    ``reachable`` is the share of the question that the documents could hold at all.
    """
    by_words = {hit.chunk_id: hit for hit in hits}
    ranks = [neighbour.nearness for neighbour in neighbours]
    lowest, highest = min(ranks, default=0.0), max(ranks, default=0.0)
    best_bm25 = max((hit.bm25 for hit in hits), default=0.0)
    coverage = max((hit.coverage for hit in hits), default=0.0)
    full = FULL_COVERAGE * reachable
    lexical_weight = (1 - DENSE_WEIGHT) * (min(1.0, coverage / full) if full else 0.0)
    candidates = []
    for found in neighbours:
        hit = by_words.get(found.chunk_id, NO_HIT)
        near = (found.nearness - lowest) / (highest - lowest) if highest > lowest else 1.0
        words = hit.bm25 / best_bm25 if best_bm25 else 0.0
        score = DENSE_WEIGHT * near + lexical_weight * words
        candidates.append(
            Candidate(
                chunk_id=found.chunk_id,
                document_id=found.document_id,
                cosine=found.cosine,
                nearness=found.nearness,
                bm25=hit.bm25,
                coverage=hit.coverage,
                score=score / (DENSE_WEIGHT + lexical_weight),
            )
        )
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.chunk_id))


def spread(ranked: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the best few of each document, so that one long document does not hide the rest."""
    taken: Counter[object] = Counter()
    for candidate in ranked:
        taken[candidate.document_id] += 1
        if taken[candidate.document_id] <= MOST_PER_DOCUMENT:
            yield candidate
