"""Install the embedding model: `python -m functions.runtime.embedder [--for-servers] DIR`."""

import sys
from pathlib import Path

from functions.runtime.embedder.install import install
from functions.runtime.errors import LorekeeperError

FOR_SERVERS = "--for-servers"


def main(arguments: list[str]) -> int:
    """Install the model under the one folder named; print where it is."""
    folders = [argument for argument in arguments if argument != FOR_SERVERS]
    if len(folders) != 1:
        sys.stderr.write(f"Usage: python -m functions.runtime.embedder [{FOR_SERVERS}] DIR\n")
        return 2
    for_servers = FOR_SERVERS in arguments
    try:
        folder = install(Path(folders[0]), report=_say, for_servers=for_servers)
    except LorekeeperError as error:
        _say(error.message)
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
