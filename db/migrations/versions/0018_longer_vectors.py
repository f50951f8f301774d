"""Let models of up to 4,000 dimensions in: an index of half precision takes as many.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE embedding_models DROP CONSTRAINT embedding_dimensions")
    op.execute(
        "ALTER TABLE embedding_models ADD CONSTRAINT embedding_dimensions"
        " CHECK (dimensions BETWEEN 1 AND 4000)"
    )


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
