"""What ``lore ingest`` is given, files, folders and addresses, on its way into the library."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from functions.local.home import UsageError

ENDED = {"ready", "failed", "dead"}
SCHEMES = ("http://", "https://")
STAGES = {
    "received": "received",
    "fetching": "fetching",
    "parsing": "parsing page",
    "chunking": "cutting",
    "embedding": "embedding passage",
    "checking": "checking",
    "publishing": "publishing",
}


class Source(msgspec.Struct, kw_only=True):
    """A file or an address on its way; ``status`` is its document's, in lower case.

    ``known_as`` is the title of the document that held the same bytes already.
    """

    name: str
    path: Path | None = None
    url: str | None = None
    title: str | None = None
    document_id: str | None = None
    status: str = "received"
    reason: str | None = None
    stage: str = "received"
    done: int = 0
    total: int = 0
    pages: int | None = None
    chunks: int = 0
    language: str | None = None
    rank: int | None = None
    known_as: str | None = None

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.status in ENDED

    @property
    def step(self) -> str:
        """What happens to it right now."""
        return STAGES.get(self.stage, self.stage)

    def read(self, row: dict[str, Any] | None) -> None:
        """Take over what the gateway says of its document; None where it is gone."""
        if row is None:
            self.status, self.reason = "failed", "The document was deleted meanwhile."
            return
        progress = row["progress"]
        self.status, self.reason = row["status"].lower(), row["statusReason"]
        self.stage, self.done, self.total = progress["stage"], progress["done"], progress["total"]
        self.pages, self.chunks = row["pages"], row["passageCount"]
        self.language, self.rank = row["language"], row["probeRank"]

    def as_json(self) -> dict[str, Any]:
        """Return its entry in the JSON report."""
        return {
            "path": str(self.path) if self.path else None,
            "url": self.url,
            "name": self.name,
            "document_id": self.document_id,
            "status": self.status,
            "reason": self.reason,
            "pages": self.pages,
            "chunks": self.chunks,
            "language": self.language,
            "rank": self.rank,
            "known_as": self.known_as,
        }


def is_address(words: str) -> bool:
    """Tell whether somebody means a web page by this, not a file."""
    return words.lower().startswith(SCHEMES)


def find_sources(given: Sequence[str], *, title: str | None = None) -> list[Source]:
    """Return what is to be added; raise UsageError where that is nothing, or not plain."""
    addresses = [Source(name=words, url=words) for words in given if is_address(words)]
    paths = tuple(Path(words) for words in given if not is_address(words))
    files = [Source(path=path, name=_readable(name)) for path, name in find_files(paths)]
    sources = [*addresses, *files]
    if not sources:
        raise UsageError("There is no file under these paths.")
    refuse_same_names(sources)
    if title is not None:
        if len(sources) > 1:
            raise UsageError("A title is for one document. Add the others by another command.")
        sources[0].title = title
    return sources


def _readable(name: str) -> str:
    """Return a file's name as text; bytes of it that are not UTF-8 cannot be sent or shown."""
    return os.fsencode(name).decode(errors="replace")


def find_files(paths: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    """Yield each file with the name it is kept under; what is hidden in a folder is left out."""
    for path in paths:
        if path.is_file():
            yield path, path.name
            continue
        root = path.resolve()
        for file in sorted(root.rglob("*")):
            below = file.relative_to(root)
            if file.is_file() and not any(part.startswith(".") for part in below.parts):
                yield file, str(Path(root.name) / below)


def refuse_same_names(sources: list[Source]) -> None:
    """Refuse what would be kept under one name: each would replace the one before."""
    first: dict[str, object] = {}
    for source in sources:
        place = source.path or source.url
        other = first.setdefault(source.name, place)
        if other != place:
            raise UsageError(
                f"{other} and {place} would both be called {source.name}."
                " Give the folder that holds them instead."
            )
