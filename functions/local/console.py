"""How ``lore`` speaks: to people on the terminal, or one JSON object on stdout."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from functions.local.home import UsageError
from functions.runtime.errors import LorekeeperError

FAILED = 1
WRONG_USAGE = 2
Result = TypeVar("Result")

out = Console(highlight=False)
# Progress and warnings never mix with what a program reads from stdout.
err = Console(stderr=True, highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """Print exactly one JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))


def run_command(work: Callable[[], Awaitable[Result]], *, as_json: bool) -> Result:
    """Run a command to its end; a known error becomes its sentence and an exit status."""

    async def run() -> Result:
        running = asyncio.ensure_future(work())
        # As Ctrl-C does: what a command has started, such as a PostgreSQL, is stopped with it.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
        return await running

    try:
        return asyncio.run(run())
    except LorekeeperError as error:
        if as_json:
            print_json({"status": "failed", "reason": error.message})
        err.print(f"[red]✗[/red] {escape(error.message)}")
        raise SystemExit(WRONG_USAGE if isinstance(error, UsageError) else FAILED) from None
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a progress bar on stderr while the body runs."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
    ) as progress:
        yield progress


def reporting(bars: Progress) -> Callable[[str, int, int], None]:
    """Return what shows each named step on a bar of its own."""
    shown: dict[str, TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in shown:
            shown[what] = bars.add_task(what, total=total)
        bars.update(shown[what], completed=done, total=total)

    return report
