"""An evaluation as people read it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from functions.local.evaluation.comparing import summary
from functions.local.evaluation.refusals import SETTINGS
from functions.local.evaluation.schemas import Figures

RANKING = ("ndcg_at_10", "recall_at_1", "recall_at_5", "recall_at_10", "recall_at_100", "mrr")
HEADINGS = ("nDCG@10", "R@1", "R@5", "R@10", "R@100", "MRR")


def tables(sets: Sequence[Figures]) -> Iterator[Table]:
    """Yield the tables of a run: rankings, quotations, refusals, evidence, and what changed."""
    yield _rankings(sets)
    if any(figures["answers"] for figures in sets):
        yield _answers(sets)
    if any(figures["written"] for figures in sets):
        yield _written(sets)
    yield _refused(sets)
    for figures in sets:
        if figures["refusal_auroc"] is not None:
            yield _calibration(figures)
    for figures in sets:
        if figures.get("against"):
            yield _comparison(figures)


def _said(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ranking_row(figures: Mapping[str, Any]) -> list[str]:
    return [_said(figures[name]) for name in RANKING]


def _rankings(sets: Sequence[Figures]) -> Table:
    table = Table("set", "", "n", *HEADINGS, "AUROC", title="Ranking", box=SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    for figures in sets:
        queries, auroc = str(figures["queries"]), _said(figures["refusal_auroc"])
        language = figures["language"] or ""
        table.add_row(figures["name"], language, queries, *_ranking_row(figures), auroc)
        for part, of_part in figures["parts"].items():
            table.add_row(f"  {part} only", "", "", *_ranking_row(of_part), "", style="dim")
        if len(figures["by_language"]) > 1:
            for language, row in figures["by_language"].items():
                table.add_row("", language, str(row["queries"]), *_ranking_row(row), "")
    return table


def _answers(sets: Sequence[Figures]) -> Table:
    table = Table("set", "in 1 sentence", "in 3 sentences", title="Quotations that hold the answer")
    for figures in sets:
        if found := figures["answers"]:
            table.add_row(figures["name"], *(_said(share) for share in found.values()))
    return table


def _written(sets: Sequence[Figures]) -> Table:
    title = "Answers that hold the answer, by who wrote them"
    table = Table("set", "model", "asked", "own text", "shown", "quoted", "seen in", "whole in")
    table.title, table.box = title, SIMPLE_HEAD
    for figures in sets:
        if found := figures["written"]:
            counts = ("asked", "gold_in_own", "gold_in_shown", "gold_in_quotation")
            times = (f"{found[name]['p50'] / 1000:.1f} s" for name in ("visible_ms", "ended_ms"))
            named = (figures["name"], found["model"])
            table.add_row(*named, *(str(found[name]) for name in counts), *times)
    return table


def _refused(sets: Sequence[Figures]) -> Table:
    title = "Share refused, by how strict a server is"
    table = Table("set", "questions", "n", *SETTINGS, title=title, box=SIMPLE_HEAD)
    for figures in sets:
        for row in figures["refused"]:
            shares = (_said(row[gate]) for gate in SETTINGS)
            table.add_row(figures["name"], row["questions"], str(row["asked"]), *shares)
    return table


def _calibration(figures: Figures) -> Table:
    title = f"Evidence, {figures['name']}: off by {_said(figures['calibration_error'])}"
    table = Table("evidence", "questions", "said", "so", title=title)
    for row in figures["calibration"]:
        span = f"{row['from']:.1f} to {row['to']:.1f}"
        table.add_row(span, str(row["questions"]), _said(row["predicted"]), _said(row["true"]))
    return table


def _comparison(figures: Figures) -> Table:
    rows = figures["against"]
    table = Table(
        "figure", "now", "before", "difference", "p", "", title=f"Did it help? {figures['name']}"
    )
    for row in rows:
        table.add_row(
            row["figure"],
            _said(row["now"]),
            _said(row["before"]),
            f"{row['difference']:+.4f}",
            _said(row["p"]),
            row["helped"],
        )
    table.caption = summary(rows)
    return table
