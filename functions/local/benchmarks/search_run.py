"""All measurements of search, one after the other, and their tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from functions.local.benchmarks.search import Report, at_scale, opened
from functions.local.benchmarks.search_changes import changes, small_guild
from functions.local.benchmarks.search_http import over_http


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of what is made up, in passages; ``rounds`` of changes."""

    http: int
    scale: Sequence[int]
    vectors: int
    rounds: int
    changing: int


async def measure(sizes: Sizes, *, only: Collection[str], report: Report) -> dict[str, Any]:
    """Return ``{"http", "scale", "guild", "changes"}``, or those of them that are wanted.

    Each has a database of its own, so that none is measured in another's caches.
    """
    figures: dict[str, Any] = {}
    if not only or "http" in only:
        async with opened(report) as bench:
            figures["http"] = await over_http(bench, sizes.http)
    if not only or "scale" in only:
        figures["scale"] = []
        for passages in sizes.scale:
            async with opened(report) as bench:
                figures["scale"].append(await at_scale(bench, passages))
    if not only or "guild" in only:
        async with opened(report) as bench:
            figures["guild"] = await small_guild(bench, sizes.vectors)
    if not only or "changes" in only:
        async with opened(report) as bench:
            figures["changes"] = await changes(bench, sizes.changing, sizes.rounds)
    return figures


def tables(figures: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the figures as people read them."""
    if found := figures.get("http"):
        table = Table("", "p50", "p95", title=f"{found['passages']:,} passages, over HTTP")
        table.add_row("search", *_latency(found["search"]))
        table.add_row("embedder and one query", *_latency(found["bare"]))
        table.caption = f"ratio of the medians {found['ratio_p50']:.2f}"
        yield table
    if found := figures.get("scale"):
        yield _scale(found)
    if found := figures.get("guild"):
        yield _facts("A small server among many", found)
    if found := figures.get("changes"):
        yield _facts("After many changes", found)


def _latency(found: Mapping[str, float]) -> list[str]:
    return [f"{found['p50_ms']:.1f} ms", f"{found['p95_ms']:.1f} ms"]


def _scale(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("passages", "p50", "p95", "recall@10", "index built", "its size", "words' size")
    table.title = "Without embedding"
    for row in rows:
        index = row["hnsw"]
        table.add_row(
            f"{row['passages']:,}",
            *_latency(row),
            f"{row['recall_at_10']:.3f}",
            f"{index['build_seconds']:.0f} s",
            f"{index['mib']:.0f} MiB",
            f"{row['lexical_mib']:.0f} MiB",
        )
    return table


def _facts(title: str, found: Mapping[str, Any]) -> Table:
    table = Table("figure", "value", title=title)
    for name, value in found.items():
        table.add_row(name.replace("_", " "), str(value))
    return table
