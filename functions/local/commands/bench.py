"""``lore bench``: figures of this installation, each beside something run in the same minute."""

import click
from rich.table import Table

from functions.local.benchmarks import cold_start
from functions.local.console import err, out, print_json

KINDS = ("median", "minimum", "maximum")


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
