"""Documents, passages, vectors, questions; who may see which row.

Revision ID: 0001
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    connection: Any = op.get_bind().connection.dbapi_connection
    for part in ("0001_tables.sql", "0001_policies.sql"):
        script = (HERE / part).read_text(encoding="utf-8")
        # A prepared statement holds one command; asyncpg's own execute takes a whole script.
        connection.run_async(lambda driver, script=script: driver.execute(script))


def downgrade() -> None:
    raise NotImplementedError("The first migration has nothing before it: drop the database.")
