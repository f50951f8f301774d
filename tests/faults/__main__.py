"""``python -m tests.faults``: break the system as often as asked, and say what came of it."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.deliveries import deliver
from tests.faults.kills import Campaign
from tests.faults.machine import Machine, Nursery, machine
from tests.faults.neighbour import compare
from tests.faults.questions import asking
from tests.faults.server import Server

out = Console()
CORPUS = 100
# Random moments are what happens; the commits are few and each is reached on purpose.
KILLS_PER_COMMIT = 100
STORMED = 100
# Both in a thousand: the promise is that every single one becomes ready.
DROPPED = (0.1, 1.0)


@dataclass(frozen=True, kw_only=True)
class Orders:
    """How often each fault is to happen."""

    kills: int
    boundaries: int
    postmasters: int
    questions: int
    events: int
    drops: int
    neighbour: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the summary."""

    fault: str
    outcome: str
    kept: bool


Task = Callable[[Machine], Awaitable[Finding]]


@click.command()
@click.option("--kills", default=0, help="kill -9 at so many random moments.")
@click.option("--boundaries", default=0, help="kill -9 so often at every commit boundary.")
@click.option("--postmasters", default=0, help="kill -9 PostgreSQL so often.")
@click.option("--questions", default=0, help="kill -9 so often while questions are answered.")
@click.option("--events", default=0, help="Deliver each event so often, shuffled, 8 at once.")
@click.option("--drops", default=0, help="So many documents while 10 %, then all events are lost.")
@click.option("--neighbour", default=0, help="Time a document beside so many hostile files.")
@click.option("--seed", default=1, show_default=True, help="Which moments, words and orders.")
def main(**orders: int) -> None:
    """Break the system on purpose; the exit status is 1 where a promise was broken."""
    findings = asyncio.run(_run(Orders(**orders)))
    raise SystemExit(0 if all(finding.kept for finding in findings) else 1)


async def _run(orders: Orders) -> list[Finding]:
    out.print(f"Seed {orders.seed}", highlight=False)
    # A socket's path is at most 107 characters: stay near the root.
    folder = Path(tempfile.mkdtemp(prefix="lore-"))
    server = Server(folder / "postgres")
    await asyncio.to_thread(server.start)
    try:
        async with Nursery() as nursery:
            tasks = enumerate(_tasks(orders, server))
            return [await _in_machine(task, number, server, nursery) for number, task in tasks]
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder, ignore_errors=True)


def _tasks(orders: Orders, server: Server) -> Iterator[Task]:
    if orders.kills or orders.boundaries or orders.postmasters:
        yield partial(_kill, orders=orders, server=server)
    if orders.questions:
        yield partial(_ask, orders=orders)
    if orders.events:
        yield partial(_storm, orders=orders)
    if orders.drops:
        for share in DROPPED:
            yield partial(_drop, orders=orders, share=share)
    if orders.neighbour:
        yield partial(_neighbour, orders=orders)


async def _in_machine(task: Task, number: int, server: Server, nursery: Nursery) -> Finding:
    async with machine(server.url, name=f"faults-{number}", nursery=nursery) as made:
        finding = await task(made)
    mark = "[green]kept[/green]" if finding.kept else "[red]BROKEN[/red]"
    out.print(f"{mark}  {finding.fault}: {finding.outcome}", highlight=False)
    return finding


async def _kill(made: Machine, *, orders: Orders, server: Server) -> Finding:
    campaign = Campaign(made, documents=CORPUS, seed=orders.seed)
    started = time.perf_counter()
    reached = await campaign.record() if orders.boundaries else {}
    with _watched("documents acknowledged", campaign.unsent) as tick:
        await campaign.fill(tick=tick)
    with _watched("random kills", orders.kills) as tick:
        await campaign.die_at_random(times=orders.kills, tick=tick)
    with _watched("kills of PostgreSQL", orders.postmasters) as tick:
        await campaign.die_with(server, times=orders.postmasters, tick=tick)
    with _watched("kills at commits", orders.boundaries * len(reached)) as tick:
        await campaign.die_at(reached, times=orders.boundaries, tick=tick)
    ledger = await campaign.finish()
    _show(ledger.deaths)
    versions = " + ".join(f"{count} {status}" for status, count in ledger.statuses.items())
    return Finding(
        fault=f"{ledger.deaths.total()} kills, {len(reached)} commit boundaries",
        outcome=(
            f"{len(ledger.acknowledged)} acknowledged, {versions};"
            f" broken: {dict(ledger.broken) or 'nothing'};"
            f" not reached: {ledger.missed or 'none'}; {time.perf_counter() - started:.0f} s"
        ),
        kept=ledger.whole and not ledger.missed,
    )


async def _ask(made: Machine, *, orders: Orders) -> Finding:
    started = time.perf_counter()
    each = max(1, orders.questions // KILLS_PER_COMMIT)
    async with asking(made, seed=orders.seed) as questions:
        reached = await questions.prepare()
        with _watched("random kills while answering", orders.questions) as tick:
            await questions.die_at_random(times=orders.questions, tick=tick)
        with _watched("kills at commits of generation", each * len(reached)) as tick:
            await questions.die_at(reached, times=each, tick=tick)
        account = await questions.finish()
    _show(account.deaths)
    kinds = " + ".join(f"{count} {kind}" for kind, count in account.kinds.items())
    return Finding(
        fault=f"{account.deaths.total()} kills while answering, {len(reached)} commit boundaries",
        outcome=(
            f"{account.heard} questions promised of {len(account.asks)} asked, {kinds};"
            f" broken: {dict(account.broken) or 'nothing'};"
            f" not reached: {account.missed or 'none'}; {time.perf_counter() - started:.0f} s"
        ),
        kept=not account.broken and not account.missed,
    )


def _show(deaths: Counter[str]) -> None:
    table = Table("killed at", "times")
    for place, times in sorted(deaths.items()):
        table.add_row(place, str(times))
    out.print(table)


async def _storm(made: Machine, *, orders: Orders) -> Finding:
    with _watched("documents under a storm of events", STORMED) as tick:
        outcome = await deliver(
            made, documents=STORMED, copies=orders.events, seed=orders.seed, ended=_steps(tick)
        )
    return Finding(
        fault=f"each event {orders.events} times, shuffled, 8 at once",
        outcome=f"{outcome.statuses} of {outcome.documents}, {outcome.effects} effects;"
        f" broken: {outcome.broken or 'nothing'}",
        kept=outcome.whole and outcome.effects == STORMED,
    )


async def _drop(made: Machine, *, orders: Orders, share: float) -> Finding:
    with _watched(f"documents with {share:.0%} of events lost", orders.drops) as tick:
        outcome = await deliver(
            made, documents=orders.drops, drop=share, seed=orders.seed, ended=_steps(tick)
        )
    return Finding(
        fault=f"{share:.0%} of events lost",
        outcome=f"{outcome.statuses} of {outcome.documents}; broken: {outcome.broken or 'nothing'}",
        kept=outcome.whole,
    )


async def _neighbour(made: Machine, *, orders: Orders) -> Finding:
    measured = await compare(made, hostile=orders.neighbour)
    return Finding(
        fault=f"a document beside {orders.neighbour} hostile files",
        outcome=measured.sentence,
        kept=measured.bearable,
    )


def _steps(tick: Callable[[], None]) -> Callable[[int], None]:
    done = 0

    def ended(count: int) -> None:
        nonlocal done
        for _ in range(count - done):
            tick()
        done = max(done, count)

    return ended


@contextlib.contextmanager
def _watched(what: str, total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=out) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


if __name__ == "__main__":
    main()
