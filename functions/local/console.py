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
    ended_by: list[signal.Signals] = []

    async def run() -> Result:
        running = asyncio.ensure_future(work())
        _end_on_signals(running, ended_by)
        return await running

    try:
        return asyncio.run(run())
    except (LorekeeperError, ExceptionGroup) as error:
        known = _known(error)
        if known is None:
            raise
        if as_json:
            print_json({"status": "failed", "reason": known.message})
        err.print(f"[red]✗[/red] {escape(known.message)}")
        raise SystemExit(WRONG_USAGE if isinstance(known, UsageError) else FAILED) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(128 + (ended_by or [signal.SIGINT])[0]) from None


def _end_on_signals(running: asyncio.Future[Any], ended_by: list[signal.Signals]) -> None:
    """Have a command end as by Ctrl-C: what it has started, such as a PostgreSQL, is stopped.

    A terminal that is closed says SIGHUP, unless nohup keeps it from whom it started.
    """

    def end(number: signal.Signals) -> None:
        # A closed terminal may say so twice; a second time would stop the cleaning up.
        if not ended_by:
            running.cancel()
        ended_by.append(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, end, number)


def _known(error: Exception) -> LorekeeperError | None:
    """Return what to say of an error; of several at once, where all are known, the first."""
    if isinstance(error, LorekeeperError):
        return error
    if not isinstance(error, ExceptionGroup):
        return None
    known = [_known(one) for one in error.exceptions]
    return known[0] if all(known) else None


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
