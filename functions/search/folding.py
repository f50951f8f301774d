"""Passages that say the same, shown once."""

from collections.abc import Iterable

from functions.runtime.fingerprints import MOST_BITS, distance, say_the_same
from functions.search.schemas import Candidate, PassageRow

Row = tuple[Candidate, PassageRow]


def fold(kept: list[Row], ranked: Iterable[Row]) -> list[Row]:
    """Add what says something new to what is kept; return the rest.

    Of passages that say the same the better ranked stays: it is nearer to what was asked.
    """
    folded = []
    for candidate, row in ranked:
        if any(
            distance(row.fingerprint, better.fingerprint) <= MOST_BITS
            and say_the_same(row.text, better.text)
            for _, better in kept
        ):
            folded.append((candidate, row))
        else:
            kept.append((candidate, row))
    return folded
