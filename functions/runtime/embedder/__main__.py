"""Install the embedding model: `python -m functions.runtime.embedder DIR`."""

import sys
from pathlib import Path

from functions.runtime.embedder.install import install
from functions.runtime.errors import LorekeeperError


def main(arguments: list[str]) -> int:
    """Install the model under the one folder named; print where it is."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m functions.runtime.embedder DIR\n")
        return 2
    try:
        folder = install(Path(arguments[0]), report=_say)
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
