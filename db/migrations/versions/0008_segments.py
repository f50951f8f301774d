"""The inverted index is kept in segments: one row per term and segment.

Revision ID: 0008
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    connection: Any = op.get_bind().connection.dbapi_connection
    script = (HERE / "0008_segments.sql").read_text(encoding="utf-8")
    # A prepared statement holds one command; asyncpg's own execute takes a whole script.
    connection.run_async(lambda driver: driver.execute(script))


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
