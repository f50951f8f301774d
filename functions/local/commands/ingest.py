"""``lore ingest``: files, folders and web addresses into the knowledge base, each to its end."""

from collections import Counter
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from functions.local.console import FAILED, out, print_json, progress_bar, run_command
from functions.local.gateway_client import GatewayClient
from functions.local.home import UsageError, port
from functions.local.ingestion import send_all, watch_all
from functions.local.sources import Source, find_sources, is_address
from functions.runtime.discord.languages import language_name

LISTED = 20
GOOD_RANK = 3


def _there(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a path where nothing is; an address is the gateway's to judge."""
    for words in given:
        if not is_address(words) and not Path(words).exists():
            raise click.BadParameter(f"There is no file or folder {words}.")
    return given


@click.command()
@click.argument("sources", nargs=-1, required=True, callback=_there)
@click.option("--guild", type=click.IntRange(min=1), help="A Discord server's id.")
@click.option("--title", help="What to call a single document; replaces one that is called so.")
@click.option(
    "--refresh-hours", type=click.IntRange(min=1), help="Check addresses again every so often."
)
@click.option("--tag", "tags", multiple=True, help="File each document under it; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ingest(
    sources: tuple[str, ...],
    *,
    guild: int | None,
    title: str | None,
    refresh_hours: int | None,
    tags: tuple[str, ...],
    as_json: bool,
) -> None:
    """Add files, folders and web addresses (SOURCES) to the knowledge base."""
    ended = run_command(
        lambda: ingest_sources(
            sources, guild_id=guild, title=title, refresh_hours=refresh_hours, tags=tags
        ),
        as_json=as_json,
    )
    if as_json:
        print_json({"files": [source.as_json() for source in ended]})
    else:
        _print(ended)
    raise SystemExit(0 if all(source.status == "ready" for source in ended) else FAILED)


async def ingest_sources(
    given: tuple[str, ...],
    *,
    guild_id: int | None,
    title: str | None = None,
    refresh_hours: int | None = None,
    tags: tuple[str, ...] = (),
) -> list[Source]:
    """Send everything that was named and wait until each document has ended."""
    sources = find_sources(given, title=title)
    if refresh_hours is not None and not any(source.url for source in sources):
        raise UsageError("Only web addresses are checked again. Leave --refresh-hours out.")
    async with GatewayClient(f"http://127.0.0.1:{port()}", guild_id=guild_id) as gateway:
        with progress_bar() as bars:
            await send_all(gateway, sources, bars, refresh_hours=refresh_hours, tags=tags)
            await watch_all(gateway, sources, bars)
    return sources


def _print(sources: list[Source]) -> None:
    ready = [source for source in sources if source.status == "ready"]
    if len(sources) <= LISTED:
        out.print(_table(sources))
    for source in sources:
        if source.status != "ready":
            out.print(f"[red]✗[/red] {escape(source.name)}: {escape(source.reason or '')}")
        elif len(sources) <= LISTED and (remark := _remark(source)):
            out.print(f"[yellow]![/yellow] {escape(source.name)}: {escape(remark)}")
    passages = sum(source.chunks for source in ready)
    out.print(
        f"[green]✓[/green] {len(ready)} of {len(sources)} documents ready, {passages} passages."
    )
    if len(sources) > LISTED:
        out.print(f"[dim]{_summary(ready)}[/dim]")


def _remark(source: Source) -> str:
    """Return what is worth knowing of a document that is ready."""
    known = f"Already in the library as “{source.known_as}”." if source.known_as else ""
    return f"{known} {source.reason or ''}".strip()


def _table(sources: list[Source]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Document", overflow="fold")
    table.add_column("Status")
    for numbers in ("Pages", "Passages"):
        table.add_column(numbers, justify="right")
    table.add_column("Language")
    table.add_column("Found at rank", justify="right")
    for source in sources:
        table.add_row(
            escape(source.name),
            source.status,
            str(source.pages or ""),
            str(source.chunks or ""),
            language_name(source.language) or "",
            str(source.rank or ""),
        )
    return table


def _summary(ready: list[Source]) -> str:
    """Return what many documents amount to, in one line."""
    pages = sum(source.pages or 0 for source in ready)
    languages = Counter(language_name(source.language) or "unknown" for source in ready)
    named = ", ".join(f"{name} {count}" for name, count in languages.most_common())
    found = sum(1 for source in ready if source.rank and source.rank <= GOOD_RANK)
    known = sum(1 for source in ready if source.known_as is not None)
    return (
        f"{pages} pages; languages: {named or 'none'}; {found} found by their own words at rank"
        f" {GOOD_RANK} or better; {known} in the library already."
    )
