"""Where this machine keeps its data: ``LORE_HOME``, made once, for its owner's eyes only."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from functions.runtime.errors import LorekeeperError

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8080
SECRET_BYTES = 32
PORTS = range(1, 65536)


class UsageError(LorekeeperError):
    """That cannot be used as given. Correct it and try again."""

    code = "usage"


class AlreadyRunningError(LorekeeperError):
    """Lorekeeper is already running with this data. Stop it first, or set LORE_HOME elsewhere."""

    code = "already_running"


class Home:
    """The files of one laptop installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = folder / "postgres"
        self.secrets_file = folder / "secrets.json"
        self.sample_marker = folder / "sample.json"
        self.log_file = folder / "lorekeeper.log"
        self.model_server = folder / "ollama.json"
        self.model_server_log = folder / "ollama.log"

    @classmethod
    def from_environment(cls) -> "Home":
        """Return the home that ``LORE_HOME`` names, ``.lore/`` in the checkout otherwise."""
        given = os.environ.get("LORE_HOME", "").strip()
        return cls(Path(given).expanduser().resolve() if given else CHECKOUT / ".lore")

    def prepare(self) -> None:
        """Make the folder, closed to everybody else: it holds documents, questions and a log."""
        if any(character.isspace() for character in str(self.folder)):
            raise UsageError(
                f"The path {self.folder} holds a space, which the embedded PostgreSQL cannot take."
                " Set LORE_HOME to a folder without one."
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other Lorekeeper away from this data; the lock dies with the process."""
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunningError from None
            yield

    def secrets(self) -> dict[str, str]:
        """Return this installation's own keys, made at the first call and never shown."""
        if not self.secrets_file.exists():
            fresh = {
                "secret_key": base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode(),
                "simulator_seed": secrets.token_hex(SECRET_BYTES),
            }
            # Written beside and moved: a crash never leaves half a file of keys.
            temporary = self.secrets_file.with_suffix(".new")
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps(fresh), encoding="utf-8")
            temporary.replace(self.secrets_file)
        stored: dict[str, str] = json.loads(self.secrets_file.read_text(encoding="utf-8"))
        return stored


def port() -> int:
    """Return the port that ``LORE_PORT`` names."""
    given = os.environ.get("LORE_PORT", "").strip() or str(DEFAULT_PORT)
    if not given.isdecimal() or int(given) not in PORTS:
        raise UsageError("LORE_PORT is not a port. Set it to a number from 1 to 65535.")
    return int(given)


def models_path() -> Path:
    """Return where converted models lie: they belong to the checkout, not to its data."""
    return Path(os.environ.get("LORE_MODELS", "").strip() or CHECKOUT / ".lore" / "models")
