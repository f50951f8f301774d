"""``lore models``: which models Ollama has, and what is needed of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from functions.local.console import err, out, run_command
from functions.local.home import Home, UsageError, models_path
from functions.local.model_server import model_server
from functions.runtime.embedder.gguf import SOURCE_KEY
from functions.runtime.embedder.install import file_for_servers
from functions.runtime.embedder.protocol import MODEL_NAME
from functions.runtime.embedder.source import E5_SMALL
from functions.runtime.ollama.client import plain_name
from functions.runtime.ollama.store import ModelStore, StoredModel
from functions.runtime.settings import Settings, load_settings

MEGABYTE = 1_000_000
NO_SERVER = (
    "No Ollama answers here, and PATH has none to start. Install it (https://ollama.com), or set"
    " OLLAMA_HOST to where one answers."
)


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """See and fetch the models that Ollama has."""
    if context.invoked_subcommand is None:
        run_command(_list, as_json=False)


@models.command("list")
def list_models() -> None:
    """Show what Ollama has, and what each is used for."""
    run_command(_list, as_json=False)


@models.command()
@click.argument("names", nargs=-1)
def pull(names: tuple[str, ...]) -> None:
    """Have Ollama fetch models: those of these NAMES, else all that are needed.

    Without a name it fetches the chat model (LORE_CHAT_MODEL) and is given the embedding model that
    Lorekeeper carries, which passages are embedded with where LORE_EMBEDDER is ollama.
    """
    run_command(lambda: _pull(names), as_json=False)


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[ModelStore, Settings]]:
    home = Home.from_environment()
    home.prepare()
    async with model_server(home) as server, httpx.AsyncClient() as http:
        if server is None:
            raise UsageError(NO_SERVER)
        err.print(f"[dim]Ollama at {server.url} ({server.origin})[/dim]")
        settings = load_settings({**os.environ, "OLLAMA_HOST": server.host})
        yield ModelStore(http, host=server.host), settings


async def _pull(names: tuple[str, ...]) -> None:
    async with _opened() as (store, settings):
        for name in map(plain_name, names or (MODEL_NAME, settings.chat_model)):
            if name == MODEL_NAME:
                await _give_carried(store)
            else:
                await _fetch(store, name, again=bool(names))


async def _give_carried(store: ModelStore) -> None:
    """Make our embedding model there, unless the one of that name is made of the same weights."""
    if await store.fact(MODEL_NAME, SOURCE_KEY) == E5_SMALL.sha256:
        err.print(f"[green]✓[/green] {MODEL_NAME} is there")
        return
    with err.status(f"Giving it {MODEL_NAME} …") as status, TemporaryDirectory() as folder:
        file = await asyncio.to_thread(
            file_for_servers, models_path(), Path(folder), report=status.update
        )
        status.update(f"Giving it {MODEL_NAME} …")
        await store.create(MODEL_NAME, file)
    err.print(f"[green]✓[/green] {MODEL_NAME} was given to it")


async def _fetch(store: ModelStore, name: str, *, again: bool) -> None:
    """Fetch a model; one that is there is fetched anew only where it was asked for by name."""
    if not again and name in await store.models():
        err.print(f"[green]✓[/green] {escape(name)} is there")
        return
    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:

        def report(what: str, done: int, total: int) -> None:
            if not total:
                return
            if what not in bars:
                bars[what] = progress.add_task(what, total=total)
            progress.update(bars[what], completed=done, total=total)

        await store.pull(name, report=report)
    err.print(f"[green]✓[/green] {escape(name)} was fetched")


async def _list() -> None:
    async with _opened() as (store, settings):
        out.print(_table(await store.models(), settings))


def _table(found: dict[str, StoredModel], settings: Settings) -> Table:
    chat = plain_name(settings.chat_model)
    uses = {chat: "writes answers", MODEL_NAME: "nothing: passages are embedded in the process"}
    if settings.embedder == "ollama":
        uses[MODEL_NAME] = "embeds passages"
    table = Table("Model", "Size", "Loaded", "Used for")
    for name in [*uses, *(name for name in found if name not in uses)]:
        model = found.get(name)
        size = f"{model.size / MEGABYTE:,.0f} MB" if model else "missing: lore models pull"
        table.add_row(name, size, _loaded(model), uses.get(name, "see lore reindex --list"))
    return table


def _loaded(model: StoredModel | None) -> str:
    if model is None or model.context_tokens is None:
        return ""
    return f"{model.context_tokens} tokens, {'GPU' if model.on_gpu else 'CPU'}"
