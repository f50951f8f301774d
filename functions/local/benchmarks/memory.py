"""How much memory the worker and its parser take for one large PDF."""

import asyncio
import base64
import json
import os
import re
import secrets
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from db.migrate import migrate
from functions.local.benchmarks.pdf import pdf
from functions.local.home import CHECKOUT, models_path
from functions.local.postgres import EmbeddedPostgres, start_postgres
from functions.runtime.errors import LorekeeperError

GUILD = 1
POLL_SECONDS = 0.5
Report = Callable[[str, int, int], None]


async def measure(pages: int, *, report: Report) -> dict[str, Any]:
    """Return pages, passages, seconds, and the peaks of worker and parser in MiB.

    ``report`` hears the stage, the units done and the units in all, as the uploader would.
    """
    document = await asyncio.to_thread(pdf, pages, words=_words())
    with tempfile.TemporaryDirectory(prefix="lore-") as folder:
        postgres = start_postgres(Path(folder) / "postgres")
        try:
            await migrate(postgres.owner_url)
            return await _ingest(postgres, document, report)
        finally:
            postgres.stop()


def _words() -> list[str]:
    """Return the words of this project's documentation, as often as they stand there."""
    pages = sorted((CHECKOUT / "docs").glob("*.md"))
    return re.findall(r"[A-Za-z]{2,}", " ".join(page.read_text(encoding="utf-8") for page in pages))


async def _ingest(postgres: EmbeddedPostgres, document: bytes, report: Report) -> dict[str, Any]:
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        version_id = await _record(owner, document)
        worker = await _start(postgres, version_id)
        watching = asyncio.create_task(_watch(owner, version_id, report))
        printed, complaint = await worker.communicate()
        watching.cancel()
        await asyncio.wait({watching})
        row = await owner.fetchrow(
            "SELECT status, pages, passages FROM document_versions WHERE id = $1", version_id
        )
    finally:
        await owner.close()
    if row is None or row["status"] != "ready":
        raise LorekeeperError(f"The PDF was not read: {complaint.decode()[-500:]}")
    return _figures(row, json.loads(printed))


def _figures(row: asyncpg.Record, worker: dict[str, Any]) -> dict[str, Any]:
    own, parser = (worker[name] / (1 << 20) for name in ("worker_bytes", "parser_bytes"))
    return {
        "pages": row["pages"],
        "passages": row["passages"],
        "seconds": worker["seconds"],
        "worker_mib": round(own),
        "parser_mib": round(parser),
        # They peak at different times; their sum is the most that both could hold together.
        "together_mib": round(own + parser),
    }


async def _record(owner: asyncpg.Connection, document: bytes) -> UUID:
    await owner.execute("INSERT INTO guilds (guild_id, name) VALUES ($1, 'Guild')", GUILD)
    document_id = await owner.fetchval(
        "INSERT INTO documents (guild_id, title, source_name, origin)"
        " VALUES ($1, 'book.pdf', 'book.pdf', 'upload') RETURNING id",
        GUILD,
    )
    version_id: UUID = await owner.fetchval(
        "INSERT INTO document_versions (guild_id, document_id, number, size_bytes, content)"
        " VALUES ($1, $2, 1, $3, $4) RETURNING id",
        GUILD,
        document_id,
        len(document),
        document,
    )
    return version_id


async def _start(postgres: EmbeddedPostgres, version_id: UUID) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "functions.local.benchmarks.ingest_worker",
        str(version_id),
        cwd=CHECKOUT,
        env={
            "PATH": os.environ.get("PATH", ""),
            "LORE_DATABASE_URL": postgres.app_url,
            "LORE_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "LORE_MODELS": str(models_path()),
        },
        stdout=PIPE,
        stderr=PIPE,
    )


async def _watch(owner: asyncpg.Connection, version_id: UUID, report: Report) -> None:
    while True:
        row = await owner.fetchrow(
            "SELECT progress_stage, progress_done, progress_total FROM document_versions"
            " WHERE id = $1",
            version_id,
        )
        if row is not None:
            report(*row)
        await asyncio.sleep(POLL_SECONDS)
