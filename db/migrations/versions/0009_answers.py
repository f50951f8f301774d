"""How a guild wants its answers, what is known of each while it is written and afterwards.

Revision ID: 0009
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    connection: Any = op.get_bind().connection.dbapi_connection
    script = (HERE / "0009_answers.sql").read_text(encoding="utf-8")
    # A prepared statement holds one command; asyncpg's own execute takes a whole script.
    connection.run_async(lambda driver: driver.execute(script))


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
