"""A PostgreSQL that can be killed and started again."""

import contextlib
import os
import signal
import time
from pathlib import Path

from functions.local.postgres import EmbeddedPostgres, start_postgres

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.02


class Server:
    """An embedded server of the harness's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: EmbeddedPostgres | None = None

    @property
    def url(self) -> str:
        """The URL of its owner's database; each start keeps it."""
        assert self._running is not None
        return self._running.owner_url

    def start(self) -> None:
        """Start it, recovering what was committed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._running = start_postgres(self._folder)

    def kill(self) -> None:
        """End the postmaster as a power cut would; its children notice and end too."""
        lock = self._folder / "postmaster.pid"
        os.kill(int(lock.read_text(encoding="utf-8").split("\n", 1)[0]), signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._processes():
            assert time.monotonic() < deadline, "PostgreSQL did not end"
            time.sleep(POLL_SECONDS)
        # In a container nobody may take note of the death, and a dead process passes for alive.
        for left in (lock, *self._folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def _processes(self) -> list[Path]:
        """Return whoever works in this server's folder; the dead have no folder any more."""
        found = []
        for process in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if process.readlink() == self._folder.resolve():
                    found.append(process)
        return found

    def stop(self) -> None:
        """Stop it."""
        if self._running:
            self._running.stop()
