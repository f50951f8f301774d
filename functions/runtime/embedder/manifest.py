"""Know a finished conversion from a missing, stale or damaged one without loading it."""

import json
from pathlib import Path
from typing import Any, Final

from functions.runtime.embedder.source import E5_SMALL

# Raise it whenever what `convert` writes changes: every installation then converts again.
CONVERTER: Final = 1

MANIFEST: Final = "manifest.json"
VOCABULARY: Final = "vocabulary.json"
PIECES: Final = "sentencepiece.model"
NORMALISATION: Final = "normalisation.json"


def write(folder: Path) -> None:
    """Describe a conversion; the last file written, so that its presence means the rest is."""
    (folder / MANIFEST).write_text(json.dumps(_describe(folder), indent=2), encoding="utf-8")


def is_complete(folder: Path) -> bool:
    """Tell whether the folder holds what this version's converter would write."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(content == _describe(folder))


def _describe(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    sizes = {path.name: path.stat().st_size for path in files}
    return {"converter": CONVERTER, "source_sha256": E5_SMALL.sha256, "sizes": sizes}
