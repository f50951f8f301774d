"""Documents have tags, by which a search can be narrowed.

Revision ID: 0015
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE documents ADD COLUMN tags text[] NOT NULL DEFAULT '{}',"
        " ADD CONSTRAINT document_tags CHECK (cardinality(tags) <= 20)"
    )


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
