"""No file and no function is longer than one can take in at a glance."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("db", "functions", "gateway", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
PAGES = sorted((ROOT / "frontend" / "src").rglob("*.tsx"))


def _functions(path: Path) -> dict[str, int]:
    """Return how many lines each function of a file has, from its ``def`` on."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or 0)
        - node.lineno
        + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(("files", "most"), [(SOURCES, 400), (PAGES, 250)], ids=["py", "tsx"])
def test_files_are_short(files: list[Path], most: int) -> None:
    assert files
    assert {str(path): _lines(path) for path in files if _lines(path) > most} == {}


def test_functions_are_short() -> None:
    lines = {name: count for path in SOURCES for name, count in _functions(path).items()}
    assert {name: count for name, count in lines.items() if count > 60} == {}
    ours = [count for name, count in lines.items() if not name.startswith("tests")]
    assert statistics.median(ours) <= 10
    assert sum(count > 30 for count in ours) <= 0.02 * len(ours)
