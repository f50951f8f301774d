"""The measurements of search, on a few hundred passages: they measure what they say."""

import numpy as np
import pytest

from functions.local.benchmarks import bulk, search, search_changes, search_http
from functions.local.benchmarks.search import at_scale, nearest, opened
from functions.local.benchmarks.search_changes import changes, small_guild
from functions.local.benchmarks.search_http import over_http
from functions.local.benchmarks.synthetic import centres, clustered, vocabulary, zipf
from functions.local.home import models_path
from functions.runtime.embedder import manifest
from functions.runtime.embedder.protocol import MODEL_NAME
from functions.runtime.lexical import terms


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "QUESTIONS", 20)
    monkeypatch.setattr(search, "WARMING", 1)
    monkeypatch.setattr(search_changes, "QUESTIONS", 5)
    monkeypatch.setattr(search_changes, "GUILD_QUESTIONS", 20)
    # So few documents would each have more passages to show than search shows.
    monkeypatch.setattr(search_changes, "PASSAGES_OF_PAPER", 2)
    monkeypatch.setattr(bulk, "PASSAGES_OF_DOCUMENT", 2)


async def test_a_few_passages_are_measured_as_many_are(few: None) -> None:
    async with opened(lambda *_: None) as bench:
        figures = await at_scale(bench, 400)
    # So few are compared one by one: nothing can be missed.
    assert figures["recall_at_10"] == 1.0
    assert figures["p50_ms"] <= figures["p95_ms"]
    assert figures["hnsw"]["mib"] > 0


async def test_search_over_http_runs_beside_a_bare_loop(
    few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not manifest.is_complete(models_path() / MODEL_NAME):
        pytest.skip("the embedding model is not installed, and both sides embed")
    monkeypatch.setattr(search_http, "QUESTIONS", 10)
    monkeypatch.setattr(search_http, "WARMING", 1)
    async with opened(lambda *_: None) as bench:
        figures = await over_http(bench, 200)
    assert figures["passages"] == 200
    for side in ("search", "bare"):
        assert 0 < figures[side]["p50_ms"] <= figures[side]["p95_ms"]
    assert figures["ratio_p50"] == pytest.approx(
        figures["search"]["p50_ms"] / figures["bare"]["p50_ms"], abs=0.01
    )


async def test_a_small_guild_gets_its_rows(few: None) -> None:
    async with opened(lambda *_: None) as bench:
        guild = await small_guild(bench, 1000)
    assert (guild["vectors"], guild["own"], guild["full"]) == (1000, 20, 20)
    assert guild["recall_at_10"] == 1.0


async def test_changes_leave_the_scores_of_a_fresh_build(few: None) -> None:
    async with opened(lambda *_: None) as bench:
        figures = await changes(bench, 200, 2)
    assert figures["lowest_recall_at_10"] == 1.0
    assert figures["bm25_compared"] > 0
    assert figures["bm25_farthest"] < 1e-5


def test_made_up_words_are_terms_of_their_own() -> None:
    words = vocabulary()
    assert len(set(words)) == len(words)
    sample = words[::500]
    assert terms(" ".join(sample), language="unstemmed") == sample


def test_words_are_as_unequal_as_in_any_language() -> None:
    ranks = zipf(np.random.default_rng(1), 200_000)
    counts = np.bincount(ranks, minlength=1000)
    # The first word is several times as frequent as the tenth, and that as the hundredth.
    assert counts[0] > 3 * counts[9] > 9 * counts[99] > 0


def test_the_nearest_are_those_of_the_same_cluster() -> None:
    middles = centres()[:4]
    vectors = clustered(np.random.default_rng(1), 200, middles)
    own = (vectors @ middles.T).argmax(axis=1)
    for place, found in enumerate(nearest(vectors, vectors[:50])):
        assert place in found
        assert {int(own[one]) for one in found} == {int(own[place])}
