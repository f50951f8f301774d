"""How likely it is that what was found answers the question."""

from collections.abc import Sequence
from math import exp

from functions.runtime.lexical import detect_language
from functions.search.schemas import Candidate

# Logistic regression, fitted on 3,900 questions: MTRAG-UN's conversations, answerable and not, and
# XQuAD in English, German and Chinese, on their own paragraphs in the same and in another
# language, on those without the article asked about, on another corpus, and on guilds of one and
# three passages. Each kind weighs the same, MTRAG-UN six times as much, its two kinds as often as
# they occur. Five-fold cross-validated AUROC: .887 on MTRAG-UN (best cosine alone .837), .968 on
# all. What was said and what was so, by tenths: .03 .03, .15 .12, .25 .24, .35 .40, .45 .37,
# .55 .60, .65 .56, .75 .70, .85 .89, .98 .99.
INTERCEPT = -21.09
SAME_LANGUAGE = -3.79
FIRST_COSINE = 24.38
COVERAGE_IN_SAME_LANGUAGE = 8.06
LEAD = 62.15
# The passage ranked first is the nearest one too: words and meaning lead to the same place.
AGREEMENT = 0.43

# Where fewer than ten others are there to lead, an unrelated passage's usual cosine stands in.
OTHERS = 10
UNRELATED_COSINE = 0.78


def _lead(ranked: Sequence[Candidate], ranks: Sequence[float]) -> float:
    """Return how far the nearest passage is ahead of the ten that follow it."""
    best, *others = sorted(ranks, reverse=True)[: OTHERS + 1]
    nearest = ranked[ranks.index(best)]
    # A question in a strange script was moved away from all passages alike.
    unrelated = UNRELATED_COSINE - (nearest.cosine - nearest.nearness)
    others += [unrelated] * (OTHERS - len(others))
    return best - sum(others) / OTHERS


def _same_language(query: str, passage: str) -> bool:
    asked, written = detect_language(query), detect_language(passage)
    return asked is None or written is None or asked == written


def evidence(query: str, *, best_passage: str, ranked: Sequence[Candidate]) -> float:
    """Return the probability that the passages answer the query, 0 to 1.

    Words shared count only within a language: across languages there are none to share.
    """
    first = ranked[0]
    ranks = [candidate.nearness for candidate in ranked]
    logit = INTERCEPT + FIRST_COSINE * first.cosine + LEAD * _lead(ranked, ranks)
    if first.nearness == max(ranks):
        logit += AGREEMENT
    if _same_language(query, best_passage):
        logit += SAME_LANGUAGE + COVERAGE_IN_SAME_LANGUAGE * first.coverage
    return 1 / (1 + exp(-logit))
