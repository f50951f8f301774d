import tempfile
from collections.abc import Callable
from pathlib import Path

from functions.runtime.embedder import manifest
from functions.runtime.embedder.convert import convert
from functions.runtime.embedder.fetch import fetch
from functions.runtime.embedder.protocol import MODEL_NAME


def install(models: Path, *, report: Callable[[str], None]) -> Path:
    """Fetch and convert the model unless it is there; give its folder under `models`.

    Blocks for the download (91 MB) and about 5 s. Raises UnavailableError, ModelUnusableError.
    """
    target = models / MODEL_NAME
    if manifest.is_complete(target):
        report(f"{MODEL_NAME} is installed already.")
        return target
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".install-") as folder:
        source = Path(folder) / "weights"
        report(f"Fetching {MODEL_NAME} (91 MB) …")
        fetch(source)
        report("Converting the weights to int8 …")
        convert(source, target)
    report(f"{MODEL_NAME} is installed.")
    return target
