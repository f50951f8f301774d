"""The workflows: pinned, bounded, and with no right to change anything."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def files(root: Path) -> list[Path]:
    found = sorted(root.glob(".github/workflows/*.yml"))
    assert found
    return found


def _workflow(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(file.read_text())
    return read


def test_every_action_is_pinned_by_commit_and_says_its_version(files: list[Path]) -> None:
    uses = [line for file in files for line in file.read_text().splitlines() if "uses:" in line]
    assert uses
    for line in uses:
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_no_workflow_may_write(files: list[Path]) -> None:
    for file in files:
        workflow = _workflow(file)
        assert workflow["permissions"] == {"contents": "read"}, file
        assert all("permissions" not in job for job in workflow["jobs"].values()), file


def test_every_job_ends_and_an_overtaken_run_is_stopped(files: list[Path]) -> None:
    for file in files:
        workflow = _workflow(file)
        assert workflow["concurrency"]["cancel-in-progress"] is True
        assert all(job["timeout-minutes"] <= 30 for job in workflow["jobs"].values()), file


def test_a_checkout_leaves_no_credentials_behind(files: list[Path]) -> None:
    steps = [
        step
        for file in files
        for job in _workflow(file)["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert steps
    assert all(step["with"]["persist-credentials"] is False for step in steps)


def test_the_check_is_the_one_that_developers_run(root: Path) -> None:
    steps = _workflow(root / ".github" / "workflows" / "ci.yml")["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if "run" in step][-1:] == [".ci/run"]


def test_new_releases_wait_a_week(root: Path) -> None:
    updates = yaml.safe_load((root / ".github" / "dependabot.yml").read_text())["updates"]
    ecosystems = {update["package-ecosystem"]: update for update in updates}
    assert set(ecosystems) >= {"github-actions", "pip", "npm", "docker"}
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)
