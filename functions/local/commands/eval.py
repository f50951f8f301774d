"""``lore eval``: how well questions find the passages that answer them."""

import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from functions.local.console import err, out, print_json, progress_bar, reporting, run_command
from functions.local.evaluation.comparing import SavedRun, compare, read_saved, save
from functions.local.evaluation.reading import read_set
from functions.local.evaluation.running import Measured, Plan, measure, opened
from functions.local.evaluation.schemas import QuestionSet
from functions.local.evaluation.tables import tables
from functions.local.home import Home, UsageError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NAME = re.compile(r"[\w.-]{1,64}")


@click.command("eval")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--questions-from", type=FILE, help="The same questions in another language.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--save", "save_as", metavar="NAME", help="Keep this run to compare others with.")
@click.option("--against", metavar="NAME", help="Say whether this run is better than a kept one.")
@click.option("--answers", is_flag=True, help="Also tell whether quotations hold the answer.")
@click.option(
    "--written",
    default=0,
    metavar="N",
    type=click.IntRange(0),
    help="Let the language model answer N of the questions whose answer is known.",
)
@click.option("--last-turn", is_flag=True, help="Leave out what was said before a question.")
@click.option("--here", is_flag=True, help="Use this installation's database, not a fresh one.")
@click.option("--no-cache", is_flag=True, help="Embed everything anew.")
def eval(  # noqa: A001, PLR0913 - the command's name and its options
    *,
    paths: tuple[Path, ...],
    questions_from: Path | None,
    as_json: bool,
    save_as: str | None,
    against: str | None,
    answers: bool,
    written: int,
    last_turn: bool,
    here: bool,
    no_cache: bool,
) -> None:
    """Measure search on question sets, each in a library of its own that is removed afterwards.

    A PATH is a BEIR folder (corpus.jsonl, queries.jsonl, qrels/*.tsv), a file in SQuAD's format, or
    the MTRAG-UN folder.
    """
    folder = Home.from_environment().folder / "evaluations"

    async def work() -> list[dict[str, Any]]:
        before = read_saved(_file(folder, against)) if against else None
        target = _file(folder, save_as) if save_as else None
        plan = Plan(
            here=here,
            answers=answers or bool(written),
            written=written,
            conversation=not last_turn,
            vectors=None if no_cache else folder / "vectors.sqlite",
        )
        sets = [read_set(path, questions_from=questions_from) for path in paths]
        return _settled(await _measured(sets, plan), save_to=target, before=before)

    figures = run_command(work, as_json=as_json)
    if as_json:
        print_json({"sets": figures})
    else:
        for table in tables(figures):
            out.print(table)


def _file(folder: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise UsageError("Name a run in letters, digits, points and hyphens.")
    return folder / f"{name}.json"


async def _measured(sets: Sequence[QuestionSet], plan: Plan) -> list[Measured]:
    async with AsyncExitStack() as stack:
        with err.status("Starting the database and the model …"):
            clients = await stack.enter_async_context(opened(plan))
        report = reporting(stack.enter_context(progress_bar()))
        return [await measure(clients, one, plan=plan, report=report) for one in sets]


def _settled(
    measured: Sequence[Measured], *, save_to: Path | None, before: SavedRun | None
) -> list[dict[str, Any]]:
    if save_to is not None:
        save(save_to, SavedRun(sets={one.figures["name"]: one.answers for one in measured}))
    for one in measured:
        earlier = before.sets.get(one.figures["name"]) if before else None
        one.figures["against"] = compare(one.answers, earlier) if earlier else None
    return [one.figures for one in measured]
