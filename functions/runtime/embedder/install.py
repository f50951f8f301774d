import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from functions.runtime.embedder import gguf, manifest
from functions.runtime.embedder.convert import convert
from functions.runtime.embedder.fetch import fetch
from functions.runtime.embedder.protocol import MODEL_NAME
from functions.runtime.embedder.source import E5_SMALL

Report = Callable[[str], None]
# Named after the weights, so that it is never those of another version.
GGUF_FILE: Final = f"{MODEL_NAME}-{E5_SMALL.sha256[:12]}.gguf"


def install(models: Path, *, report: Report, for_servers: bool = False) -> Path:
    """Fetch and convert the model unless it is there; give its folder under `models`.

    With `for_servers` the file that Ollama takes is left there too (74 MB). Blocks for the download
    (91 MB) and about 5 s. Raises UnavailableError, ModelUnusableError.
    """
    target, file = models / MODEL_NAME, models / GGUF_FILE
    if manifest.is_complete(target) and (file.exists() or not for_servers):
        report(f"{MODEL_NAME} is installed already.")
        return target
    with _weights(models, report=report) as source:
        report("Converting the weights to int8 …")
        convert(source, target)
        if for_servers:
            gguf.convert(source, file)
    report(f"{MODEL_NAME} is installed.")
    return target


def file_for_servers(models: Path, folder: Path, *, report: Report) -> Path:
    """Give the file that Ollama takes: the one left under `models`, else one made in `folder`."""
    kept, made = models / GGUF_FILE, folder / GGUF_FILE
    if kept.exists():
        return kept
    with _weights(folder, report=report) as source:
        gguf.convert(source, made)
    return made


@contextmanager
def _weights(models: Path, *, report: Report) -> Iterator[Path]:
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".install-") as folder:
        source = Path(folder) / "weights"
        report(f"Fetching {MODEL_NAME} (91 MB) …")
        fetch(source)
        yield source
