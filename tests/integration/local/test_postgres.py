"""The embedded PostgreSQL is set up once, and then as its operator has it."""

from pathlib import Path

import asyncpg
import pytest

from functions.local.postgres import start_postgres


async def _cached(folder: Path) -> str:
    postgres = start_postgres(folder)
    try:
        connection = await asyncpg.connect(postgres.owner_url)
        shown: str = await connection.fetchval("SHOW shared_buffers")
        await connection.close()
    finally:
        postgres.stop()
    return shown


async def test_its_cache_is_a_share_of_the_memory_until_somebody_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.local.postgres.LEAST_CACHED_MIB", 160)
    monkeypatch.setattr("functions.local.postgres.MOST_CACHED_MIB", 160)
    folder = tmp_path / "postgres"
    assert await _cached(folder) == "160MB"
    settings = folder / "postgresql.conf"
    assert "maintenance_work_mem = 80MB" in settings.read_text()
    settings.write_text(settings.read_text().replace("= 160MB", "= 64MB"))
    assert await _cached(folder) == "64MB"
