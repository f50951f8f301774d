"""Bring the laptop's parts up side by side, and say what happens."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.migrate import migrate
from db.session import driver_url
from functions.local.console import err
from functions.local.home import Home, models_path
from functions.local.postgres import EmbeddedPostgres, start_postgres
from functions.local.simulator import SIMULATED_APPLICATION, SIMULATOR_API, simulator_signer
from functions.local.system import SINK
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.embedder.install import install
from functions.runtime.settings import Settings, load_settings

RECOVERY_SECONDS = 60.0
RECOVERY_POLL_SECONDS = 0.2
log = logging.getLogger(__name__)

# Only this process can have held a lease on this data, and it has only just begun.
FREE_VERSIONS = text(
    "UPDATE document_versions SET lease_id = NULL, lease_expires_at = NULL,"
    " next_attempt_at = now() WHERE status IN ('received', 'processing')"
)
FREE_QUESTIONS = text(
    "UPDATE questions SET lease_id = NULL, lease_expires_at = NULL, next_attempt_at = now()"
    " WHERE delivered_at IS NULL"
)


class Stopwatch:
    """Say on stderr what is done and how long it took."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def done(self, sentence: str) -> None:
        """Print a step with the seconds since the start."""
        seconds = time.perf_counter() - self._started
        err.print(f"[green]✓[/green] {sentence} [dim]{seconds:.1f} s[/dim]")


def local_settings(
    home: Home, *, database_url: str, port: int, ollama_host: str | None
) -> Settings:
    """Return the settings of a laptop; what the environment says goes first."""
    keys = home.secrets()
    defaults = {
        "LORE_ENV": "development",
        "LORE_SECRET_KEY": keys["secret_key"],
        "LORE_PUBLIC_URL": f"http://localhost:{port}",
    }
    fixed = {
        "LORE_DATABASE_URL": database_url,
        "LORE_MODELS": str(models_path()),
        "OLLAMA_HOST": ollama_host or "",
        "K_SINK": SINK,
    }
    settings = load_settings({**defaults, **{k: v for k, v in os.environ.items() if v}, **fixed})
    if not settings.in_development:
        return settings
    simulator = simulator_signer(home).simulator(
        application_id=SIMULATED_APPLICATION, api_url=SIMULATOR_API
    )
    return msgspec.structs.replace(settings, simulator=simulator)


async def _migrate(postgres: EmbeddedPostgres) -> None:
    """Migrate as soon as the server is done with recovering from a power cut."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return await migrate(postgres.owner_url)
        except (OSError, asyncpg.CannotConnectNowError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(RECOVERY_POLL_SECONDS)


async def _open_database(home: Home, watch: Stopwatch) -> EmbeddedPostgres:
    postgres = await asyncio.to_thread(start_postgres, home.postgres)
    await _migrate(postgres)
    engine = create_async_engine(driver_url(postgres.owner_url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(FREE_VERSIONS)
        await connection.execute(FREE_QUESTIONS)
    await engine.dispose()
    watch.done(f"PostgreSQL with pgvector, data in {home.postgres}")
    return postgres


async def _open_embedder(watch: Stopwatch) -> Embedder:
    folder = await asyncio.to_thread(install, models_path(), report=log.info)
    embedder = await asyncio.to_thread(Embedder.open, folder)
    watch.done(f"Embedding model {folder.name}")
    return embedder


@asynccontextmanager
async def opened(home: Home, watch: Stopwatch) -> AsyncIterator[tuple[EmbeddedPostgres, Embedder]]:
    """Open the database and the model side by side; close them at the end."""
    database = asyncio.create_task(_open_database(home, watch))
    model = asyncio.create_task(_open_embedder(watch))
    try:
        await asyncio.wait({database, model})
        yield await database, await model
    finally:
        # Whoever is stopped meanwhile has begun both, and a server that is left alone while it
        # starts would run on. A download goes on to its end, unless Ctrl-C reaches it as well.
        model.cancel()
        await asyncio.wait({database, model})
        if not model.cancelled() and not model.exception():
            model.result().close()
        if not database.cancelled() and not database.exception():
            await asyncio.to_thread(database.result().stop)
