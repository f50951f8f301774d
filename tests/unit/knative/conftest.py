import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
Manifest = dict[str, Any]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def base() -> list[Manifest]:
    """Every manifest of the base, as the laptop's broker reads them: plain files."""
    files = sorted(ROOT.glob("knative/base/*.yaml"))
    read = [document for file in files for document in yaml.safe_load_all(file.read_text())]
    return [document for document in read if document["kind"] != "Kustomization"]


def _render(overlay: str) -> list[Manifest]:
    kustomize = shutil.which("kustomize")
    if kustomize is None:
        pytest.skip("kustomize is not on PATH: overlays are rendered where it is")
    command = [kustomize, "build", str(ROOT / "knative" / "overlays" / overlay)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


@pytest.fixture(scope="session")
def development() -> list[Manifest]:
    return _render("development")


@pytest.fixture(scope="session")
def production() -> list[Manifest]:
    return _render("production")


# Without kustomize the overlays' own tests are skipped with a reason; the rules keep to the base.
SETS = ["base", "development", "production"] if shutil.which("kustomize") else ["base"]


@pytest.fixture(params=SETS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """The base and each rendered overlay in turn: a rule holds in all of them."""
    found: list[Manifest] = request.getfixturevalue(request.param)
    return found
