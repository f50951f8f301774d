"""``lore run``: the whole system on this machine, until Ctrl-C."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import click
import httpx
import uvicorn

from functions.local.boot import Stopwatch, local_settings, opened
from functions.local.console import err, run_command
from functions.local.home import Home, UsageError, port
from functions.local.model_server import ModelServer, model_server
from functions.local.sample import ingest_sample
from functions.local.system import System, running
from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import MODEL_NAME
from functions.runtime.errors import LorekeeperError
from functions.runtime.logs import JsonFormatter
from functions.runtime.ollama.client import plain_name
from functions.runtime.ollama.store import ModelStore
from functions.runtime.settings import Settings

HOST = "127.0.0.1"
READY = """
[bold]Lorekeeper is up.[/bold]  Dashboard: [link]http://localhost:{port}[/link]

  Ask         .venv/bin/lore ask "How do I add a document?"
  Add         .venv/bin/lore ingest PATH...
  Simulate    .venv/bin/lore simulate ask "What is Lorekeeper?"
  Answers     {writer}
  Discord     {discord}
  Log         {log}

Ctrl-C stops; the data stays."""
CONNECTED = "interactions arrive at {url}/interactions"
WRITTEN = "written by {model} on the Ollama at {url} ({origin})"
WITHOUT_MODEL = (
    "quoted from the documents: the Ollama at {url} ({origin}) has no {model}.\n"
    "              Get it with .venv/bin/lore models pull"
)
SILENT = "quoted from the documents until an Ollama answers at {url} ({origin})"
QUOTED = "quoted from the documents; install Ollama, or set OLLAMA_HOST, to have them written"
UNCONNECTED = "docs/connecting-discord.md says how to connect a real application"


@click.command()
def run() -> None:
    """Run the whole system on this machine."""
    run_command(_run, as_json=False)


async def _run() -> None:
    home, listen_on = Home.from_environment(), port()
    home.prepare()
    _log_to(home)
    with home.locked(), _reserve(listen_on) as listener:
        watch = Stopwatch()
        err.print("[bold]Starting Lorekeeper[/bold]")
        async with (
            opened(home, watch) as (postgres, embedder),
            model_server(home, lasting=True) as ollama,
        ):
            if ollama:
                watch.done(f"Ollama at {ollama.url}, {ollama.origin}")
            settings = local_settings(
                home,
                database_url=postgres.app_url,
                port=listen_on,
                ollama_host=ollama.host if ollama else None,
            )
            await _check_embedder(settings)
            async with (
                running(settings, embedder=embedder) as system,
                _warming_up(settings, system),
            ):
                watch.done("Functions, broker and gateway")
                writer = await _writer(settings, system, ollama)
                await _serve(system, listener, home, _greeting(settings, home, listen_on, writer))
        err.print("[green]✓[/green] Stopped. The data stays.")


@asynccontextmanager
async def _warming_up(settings: Settings, system: System) -> AsyncIterator[None]:
    """Have the chat model loaded meanwhile: the first question does not wait for that."""
    clients = Clients(settings, name="run", http=system.http)
    if clients.ollama:
        clients.ollama.start_warming_up()
    try:
        yield
    finally:
        await clients.close()


async def _check_embedder(settings: Settings) -> None:
    """Refuse to start where passages are to be embedded by a model that is not there."""
    if settings.embedder == "embedded" or settings.ollama_host is None:
        return
    async with httpx.AsyncClient() as http:
        store = ModelStore(http, host=settings.ollama_host)
        if MODEL_NAME not in await store.models():
            raise UsageError(
                f"LORE_EMBEDDER is ollama, but the Ollama at {store.url} has no {MODEL_NAME}."
                " Give it that with: lore models pull"
            )


async def _writer(settings: Settings, system: System, ollama: ModelServer | None) -> str:
    """Return who writes the answers, and what to do where nobody does."""
    if ollama is None:
        return QUOTED
    model = plain_name(settings.chat_model)
    try:
        names = await ModelStore(system.http, host=ollama.host).models()
    except LorekeeperError:
        sentence = SILENT
    else:
        sentence = WRITTEN if model in names else WITHOUT_MODEL
    return sentence.format(model=model, url=ollama.url, origin=ollama.origin)


def _greeting(settings: Settings, home: Home, listen_on: int, writer: str) -> str:
    """Return what there is to do and to look at, now that everything is up."""
    connected = settings.discord_public_key is not None
    return READY.format(
        port=listen_on,
        writer=writer,
        discord=CONNECTED.format(url=settings.public_url) if connected else UNCONNECTED,
        log=home.log_file,
    )


class Server(uvicorn.Server):
    """A server that ends by itself on Ctrl-C and SIGTERM, and lets its caller clean up.

    uvicorn raises a signal again once it has served, and SIGTERM would then end the process with
    PostgreSQL still running.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to :meth:`stop_on_signals`."""
        yield

    def stop_on_signals(self) -> None:
        """Stop at the first signal; the second does not wait for open requests."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)


def _log_to(home: Home) -> None:
    """Keep the terminal for people: logs go to a file as JSON lines."""
    handler = logging.FileHandler(home.log_file, encoding="utf-8")
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _reserve(listen_on: int) -> socket.socket:
    """Take the port before anything else is started."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, listen_on))
    except OSError:
        listener.close()
        raise UsageError(
            f"Port {listen_on} is taken. Stop what listens there, or set LORE_PORT to another."
        ) from None
    return listener


async def _serve(system: System, listener: socket.socket, home: Home, ready: str) -> None:
    config = uvicorn.Config(
        system.app,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    server = Server(config)
    server.stop_on_signals()
    greeting = asyncio.create_task(_greet(system, home, ready))
    await server.serve(sockets=[listener])
    greeting.cancel()


async def _greet(system: System, home: Home, ready: str) -> None:
    try:
        await ingest_sample(system, home)
    except Exception:
        logging.getLogger(__name__).exception("sample knowledge base not ingested")
        err.print("[yellow]![/yellow] The sample knowledge base was not ingested; see the log.")
    err.print(ready)
