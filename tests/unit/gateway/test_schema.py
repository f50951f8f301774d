from pathlib import Path

from gateway.export_schema import exported

ROOT = Path(__file__).resolve().parents[3]


def test_the_dashboard_is_built_against_this_schema() -> None:
    contract = (ROOT / "frontend" / "schema.graphql").read_text(encoding="utf-8")
    assert contract == exported(), "run: python -m gateway.export_schema > frontend/schema.graphql"
