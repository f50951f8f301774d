"""``lore reindex``: let another embedding model answer, without a moment's silence."""

from functools import partial

import click
from rich.progress import Progress, TaskID
from rich.table import Table

from functions.local.console import err, out, progress_bar, run_command
from functions.local.home import UsageError
from functions.local.owner import Owner, opened_owner
from functions.local.registration import (
    Prefixes,
    ensure_index,
    proposed,
    register,
    registered_models,
)
from functions.local.reindexing import GuildVectors, Reindexing, guild_vectors
from functions.local.rewording import reword
from functions.runtime.embedder.registry import RegisteredModel
from functions.runtime.ollama.client import plain_name


@click.command()
@click.option("--model", help="multilingual-e5-small, or an embedding model of Ollama's.")
@click.option("--guild", type=click.IntRange(min=1), help="One server's id; all without.")
@click.option("--keep-old", is_flag=True, help="Keep the vectors of other models.")
@click.option("--query-prefix", help="What the model wants before a question.")
@click.option("--passage-prefix", help="What the model wants before a passage.")
@click.option("--words", is_flag=True, help="Write the index of words again, for this version.")
@click.option("--list", "listing", is_flag=True, help="Show models, servers and their vectors.")
def reindex(  # noqa: PLR0913 - its options
    *,
    model: str | None,
    guild: int | None,
    keep_old: bool,
    query_prefix: str | None,
    passage_prefix: str | None,
    words: bool,
    listing: bool,
) -> None:
    """Change the embedding model. The old one answers until the new one has every passage.

    With --words, index every passage's words anew instead: after an upgrade that says so.

    Works beside a running Lorekeeper; stopped anywhere, it goes on where it was. Another database
    than the laptop's is named by LORE_DATABASE_OWNER_URL and LORE_DATABASE_URL.
    """
    if listing:
        run_command(_list, as_json=False)
        return
    if words:
        run_command(lambda: _reword(guild_id=guild), as_json=False)
        return
    if not model:
        raise click.UsageError("Name a model with --model, or see what there is with --list.")
    prefixes = Prefixes(query=query_prefix, passage=passage_prefix)
    name = plain_name(model)
    run_command(
        lambda: _reindex(name, guild_id=guild, keep_old=keep_old, prefixes=prefixes), as_json=False
    )


async def _reindex(name: str, *, guild_id: int | None, keep_old: bool, prefixes: Prefixes) -> None:
    async with opened_owner() as owner, owner.alone():
        host = owner.clients.settings.ollama_host
        wanted = await proposed(owner.clients.http, host=host, name=name, prefixes=prefixes)
        async with owner.connection() as connection:
            model = await register(connection, wanted)
            await ensure_index(connection, model)
        guilds = await _chosen(owner, guild_id)
        work = Reindexing(
            database=owner.clients.database,
            model=model,
            embedder=owner.clients.embedder_of(model),
            keep_old=keep_old,
        )
        with progress_bar() as bars:
            for number in guilds:
                bar = bars.add_task(f"Server {number}", total=None)
                await work.run(number, report=partial(_show, bars, bar))
    err.print(f"[green]✓[/green] {model.name} answers in {len(guilds)} server(s).")


async def _reword(*, guild_id: int | None) -> None:
    async with opened_owner() as owner:
        guilds = await _chosen(owner, guild_id)
        with progress_bar() as bars:
            for number in guilds:
                bar = bars.add_task(f"Server {number}", total=None)
                shown = partial(_show, bars, bar)
                await reword(owner.clients.database, number, report=shown)
    err.print(f"[green]✓[/green] The words of {len(guilds)} server(s) are indexed anew.")


def _show(bars: Progress, bar: TaskID, done: int, total: int) -> None:
    bars.update(bar, completed=done, total=total)


async def _chosen(owner: Owner, guild_id: int | None) -> list[int]:
    guilds = [number for number, _ in await owner.guild_models()]
    if guild_id is None:
        return guilds
    if guild_id not in guilds:
        raise UsageError(f"There is no server {guild_id} here. See which there are with --list.")
    return [guild_id]


async def _list() -> None:
    async with opened_owner() as owner:
        async with owner.connection() as connection:
            models = await registered_models(connection)
        guilds = [
            await guild_vectors(owner.clients.database, number, model_id=model_id)
            for number, model_id in await owner.guild_models()
        ]
    out.print(_models_table(models))
    out.print(_guilds_table(guilds, models))


def _models_table(models: list[RegisteredModel]) -> Table:
    table = Table("Model", "Engine", "Dimensions", "Tokens", title="Embedding models")
    for model in models:
        table.add_row(model.name, model.engine, str(model.dimensions), str(model.max_tokens))
    return table


def _guilds_table(guilds: list[GuildVectors], models: list[RegisteredModel]) -> Table:
    names = {model.id: model.name for model in models}
    table = Table("Server", "Answers with", "Passages", "Vectors", title="Servers")
    for guild in guilds:
        vectors = ", ".join(f"{names[number]} {count}" for number, count in guild.vectors.items())
        answering = names[guild.model_id]
        table.add_row(str(guild.guild_id), answering, str(guild.passages), vectors or "none")
    return table
