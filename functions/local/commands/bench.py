"""``lore bench``: figures of this installation, each beside something run in the same minute."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import click
from rich.table import Table

from functions.local.benchmarks import cold_start
from functions.local.console import err, out, print_json, progress_bar, reporting, run_command

KINDS = ("median", "minimum", "maximum")
Measuring = Coroutine[Any, Any, dict[str, Any]]


def _sizes(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    del context, parameter
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter("Name numbers, separated by commas.") from None


@click.group()
def bench() -> None:
    """Measure this installation."""


@bench.command("cold-start")
@click.option("--runs", default=10, show_default=True, type=click.IntRange(1, 100))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def measure_cold_start(runs: int, *, as_json: bool) -> None:
    """Time the webhook from process start to its first 200, beside a bare program."""
    with err.status("Starting the webhook again and again …"):
        figures = cold_start.measure(runs)
    if as_json:
        print_json(figures)
        return
    table = Table("from start to first 200", *KINDS)
    for name in ("discord", "bare"):
        row = figures[name]
        table.add_row(name, *(f"{row[f'{kind}_ms']:.0f} ms" for kind in KINDS))
    out.print(table)
    out.print(f"ratio of the medians {figures['ratio']:.2f}")


@bench.command("ingest")
@click.option("--documents", default=100, show_default=True, type=click.IntRange(2, 10_000))
@click.option("--passages", default=400, show_default=True, type=click.IntRange(16, 100_000))
@click.option("--pages", default=1000, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def measure_ingest(*, documents: int, passages: int, pages: int, as_json: bool) -> None:
    """Measure storing beside COPY, embedding beside the bare engine, memory for a large PDF."""
    # Each brings a database or a model along; the webhook's figures need neither.
    from functions.local.benchmarks import embedding, memory, storing  # noqa: PLC0415

    async def work() -> dict[str, dict[str, Any]]:
        return {
            "storing": await _shown("Storing  ", documents, storing.measure),
            "embedding": await _shown("Embedding", passages, embedding.measure),
            "memory": await _memory(pages, memory.measure),
        }

    figures = run_command(work, as_json=as_json)
    if as_json:
        print_json(figures)
    else:
        _print_ingest(figures)


@bench.command("search")
@click.option(
    "--passages", default="5000,100000", show_default=True, metavar="N,N", callback=_sizes
)
@click.option("--vectors", default=200_000, show_default=True, type=click.IntRange(1000))
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1, 100))
@click.option("--changing", default=12_000, show_default=True, type=click.IntRange(200))
@click.option("--only", type=click.Choice(["http", "scale", "guild", "changes"]), multiple=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def measure_search(
    *,
    passages: list[int],
    vectors: int,
    rounds: int,
    changing: int,
    only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure search over HTTP, on many passages, in a small server, and after many changes.

    The first of --passages is asked over HTTP beside a bare loop, the others without embedding.
    """
    from functions.local.benchmarks.search_run import Sizes, measure, tables  # noqa: PLC0415

    sizes = Sizes(
        http=passages[0], scale=passages[1:], vectors=vectors, rounds=rounds, changing=changing
    )
    with progress_bar() as bars:
        report = reporting(bars)
        figures = run_command(lambda: measure(sizes, only=only, report=report), as_json=as_json)
    if as_json:
        print_json(figures)
        return
    for table in tables(figures):
        out.print(table)


async def _shown(name: str, total: int, measure: Callable[..., Measuring]) -> dict[str, Any]:
    with progress_bar() as bars:
        bar = bars.add_task(name, total=total)
        return await measure(total, lambda done: bars.update(bar, completed=done))


async def _memory(pages: int, measure: Callable[..., Measuring]) -> dict[str, Any]:
    with progress_bar() as bars:
        bar = bars.add_task("PDF      ", total=None)

        def report(stage: str, done: int, total: int) -> None:
            bars.update(bar, description=f"PDF, {stage}", completed=done, total=total or None)

        return await measure(pages, report=report)


def _print_ingest(figures: Mapping[str, Mapping[str, Any]]) -> None:
    storing, embedding, memory = (figures[name] for name in ("storing", "embedding", "memory"))
    table = Table("", "ours", "beside it", "ratio")
    table.add_row(
        "passages stored per second, beside COPY",
        f"{storing['product_per_second']:,}",
        f"{storing['copy_per_second']:,}",
        f"{storing['ratio']:.2f}",
    )
    table.add_row(
        "tokens embedded per second, beside CTranslate2",
        f"{embedding['product_per_second']:,}",
        f"{embedding['engine_per_second']:,}",
        f"{embedding['ratio']:.2f}",
    )
    out.print(table)
    out.print(
        f"A PDF of {memory['pages']:,} pages ({memory['passages']:,} passages) in"
        f" {memory['seconds']:.0f} s: worker {memory['worker_mib']} MiB, parser"
        f" {memory['parser_mib']} MiB, together at most {memory['together_mib']} MiB."
    )
