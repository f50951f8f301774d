"""The best by BM25 are the same as when every passage is weighed."""

from typing import Any

import numpy as np
import pytest

from functions.search.scoring import Passages, Search, TermPostings, Weighted, impacts

K1 = 1.2


class Corpus:
    """Random passages, with terms from those that all hold to those that hardly any does."""

    def __init__(self, seed: int, *, passages: int) -> None:
        random = np.random.default_rng(seed)
        self.passages = Passages(
            # In no order: ties are broken by the chunk's id, not by its slot.
            chunk_ids=random.permutation(passages) + 1_000,
            languages=random.integers(3, size=passages).astype(np.uint16),
            norms=K1 * (0.25 + 0.75 * random.uniform(0.3, 2, size=passages).round(1)),
            k1=K1,
        )
        self.frequencies = [
            random.integers(1, 6, size=passages) * (random.random(passages) < share)
            for share in (0.9, 0.6, 0.3, 0.1, 0.03, 0.004, 0.0)
        ]
        # Two words that always stand together tie.
        self.frequencies.append(self.frequencies[3].copy())
        self.random = random

    def wanted(self, *, by_language: bool) -> list[Weighted]:
        return [self._weighted(term, by_language=by_language) for term in range(8)]

    def _weighted(self, term: int, *, by_language: bool) -> Weighted:
        frequencies = self.frequencies[term]
        held = np.flatnonzero(frequencies)
        weights = impacts(frequencies[held], self.passages.norms[held], k1=K1)
        dense = len(held) > len(frequencies) / 5
        count = len(frequencies)
        return Weighted(
            postings=TermPostings(
                slots=None if dense else held.astype(np.int32),
                frequencies=(frequencies if dense else frequencies[held]).astype(np.uint8),
                holding=len(held),
                most=float(weights.max()) if len(held) else 0.0,
            ),
            idf=float(np.log(1 + (count - len(held) + 0.5) / (len(held) + 0.5))),
            allowed=self.random.random(3) < 0.6 if by_language else None,
        )

    def scores(self, wanted: list[Weighted]) -> Any:
        total = np.zeros(len(self.passages.norms))
        for term, frequencies in zip(wanted, self.frequencies, strict=True):
            added = term.idf * impacts(frequencies, self.passages.norms, k1=K1)
            if term.allowed is not None:
                added *= term.allowed[self.passages.languages]
            total += added
        return total


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("passages", "depth"), [(5_000, 100), (300, 10), (50, 100), (1, 1)])
def test_the_best_are_those_of_weighing_all(seed: int, passages: int, depth: int) -> None:
    corpus = Corpus(seed, passages=passages)
    wanted = corpus.wanted(by_language=bool(seed % 2))
    slots, scores = Search(corpus.passages, wanted, depth=depth).best()
    expected = corpus.scores(wanted)
    held = np.flatnonzero(expected)
    # Rounded, so that what ties in the textbook ties here as well.
    order = np.lexsort((corpus.passages.chunk_ids[held], -expected[held].round(9)))[:depth]
    assert slots.tolist() == held[order].tolist()
    assert scores == pytest.approx(expected[slots], rel=1e-9)


def test_common_words_are_looked_up_and_not_weighed_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus = Corpus(1, passages=20_000)
    everywhere = TermPostings.everywhere
    weighed: list[int] = []

    def note(postings: TermPostings) -> Any:
        weighed.append(postings.holding)
        return everywhere(postings)

    monkeypatch.setattr(TermPostings, "everywhere", note)
    Search(corpus.passages, corpus.wanted(by_language=False), depth=20).best()
    assert max(weighed) < 0.2 * 20_000


def test_a_question_of_no_known_word_finds_nothing() -> None:
    corpus = Corpus(1, passages=10)
    slots, scores = Search(corpus.passages, [], depth=10).best()
    assert (len(slots), len(scores)) == (0, 0)
