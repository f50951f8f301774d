"""A fair queue for the model, in which a turn ends with its lease; poison ends after five starts.

Revision ID: 0012
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    connection: Any = op.get_bind().connection.dbapi_connection
    script = (HERE / "0012_turns.sql").read_text(encoding="utf-8")
    # A prepared statement holds one command; asyncpg's own execute takes a whole script.
    connection.run_async(lambda driver: driver.execute(script))


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
