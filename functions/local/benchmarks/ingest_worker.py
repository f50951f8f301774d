"""One ingestion in a process of its own, as a container runs it; prints what it took."""

import asyncio
import json
import os
import re
import resource
import sys
import time
from pathlib import Path

import httpx

from functions.ingest.main import build
from functions.runtime.clients import Clients
from functions.runtime.settings import load_settings

# Linux counts kilobytes, macOS bytes.
UNIT = 1 if sys.platform == "darwin" else 1024
STATUS = Path("/proc/self/status")
HIGHEST = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def _own_peak() -> int:
    # Linux counts into ru_maxrss what the parent held when it started this process.
    if STATUS.exists() and (highest := HIGHEST.search(STATUS.read_text(encoding="ascii"))):
        return int(highest[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def _parser_peak() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * UNIT


async def main(version_id: str) -> None:
    """Ingest one version and print seconds, status and peaks in bytes."""
    clients = Clients(load_settings(os.environ), name="ingest")
    started = time.perf_counter()
    transport = httpx.ASGITransport(app=build(clients))
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as http:
        answer = await http.post("/", headers=_headers(version_id), json={"version_id": version_id})
    await clients.close()
    figures = {
        "status": answer.status_code,
        "seconds": round(time.perf_counter() - started, 1),
        "worker_bytes": _own_peak(),
        "parser_bytes": _parser_peak(),
    }
    sys.stdout.write(json.dumps(figures))


def _headers(version_id: str) -> dict[str, str]:
    return {
        "ce-specversion": "1.0",
        "ce-id": version_id,
        "ce-source": "/lorekeeper/benchmark",
        "ce-type": "dev.lorekeeper.document.uploaded.v1",
        "ce-subject": version_id,
    }


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
