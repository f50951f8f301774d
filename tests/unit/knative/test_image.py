"""The Dockerfile: one image, reproducible, with nothing in it that a running part does not need."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def lines(root: Path) -> list[str]:
    """The instructions, continued lines joined and comments left out."""
    text = (root / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def final(lines: list[str]) -> list[str]:
    """The instructions of the last stage."""
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM"))
    return lines[last:]


def test_the_image_runs_as_the_user_that_the_manifests_name(
    final: list[str], base: list[dict[str, object]]
) -> None:
    assert [line for line in final if line.startswith("USER")] == ["USER 10001:10001"]
    assert "'runAsUser': 10001" in str(base)


def test_base_images_are_pinned_to_a_version(lines: list[str]) -> None:
    images = [line.partition("=")[2] for line in lines if line.startswith("ARG")]
    assert [image.partition(":")[0] for image in images] == ["node", "python"]
    assert all(re.match(r"\d", image.partition(":")[2]) for image in images)


def test_the_image_has_the_python_that_the_checks_run_on(lines: list[str], root: Path) -> None:
    (image,) = [line for line in lines if line.startswith("ARG PYTHON_IMAGE")]
    workflow = (root / ".github" / "workflows" / "ci.yml").read_text()
    version = re.search(r'python-version: "([\d.]+)"', workflow)
    assert version is not None
    assert f"python:{version[1]}-slim" in image


@pytest.mark.parametrize(
    ("command", "options"),
    [
        pytest.param(
            "pip download", ["--require-hashes", "--only-binary=:all:"], id="no unknown bytes"
        ),
        pytest.param("npm ci", ["--ignore-scripts"], id="no code of a package while it installs"),
    ],
)
def test_packages_are_installed_with_care(
    lines: list[str], command: str, options: list[str]
) -> None:
    (found,) = [line for line in lines if command in line]
    assert all(option in found for option in options)


def test_bytecode_is_compiled_for_our_code_the_packages_and_the_standard_library(
    lines: list[str],
) -> None:
    compiled = " ".join(line for line in lines if "compileall" in line)
    for folder in ("/app", "/opt/lorekeeper/venv/lib", "/usr/local/lib/python3"):
        assert folder in compiled


def test_the_last_stage_installs_nothing(final: list[str]) -> None:
    assert not [line for line in final if re.search(r"\b(apt-get|pip install|npm|curl)\b", line)]


def test_whatever_is_copied_is_let_through_to_the_build(lines: list[str], root: Path) -> None:
    ignore = (root / ".dockerignore").read_text().splitlines()
    assert ignore[1] == "*"
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    copies = [line.split()[1:-1] for line in lines if re.match(r"COPY (?!--from)", line)]
    sources = {source.rstrip("/") for group in copies for source in group}
    assert sources
    for source in sources:
        assert any(source == name or source.startswith(f"{name}/") for name in allowed), source
