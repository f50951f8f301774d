"""What was sent of a long answer is remembered, and whether only its asker may see it.

Revision ID: 0013
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Of an answer asked for before this, nobody knows any more who may see it: nobody, then.
COLUMNS = """
ALTER TABLE interactions
  ADD COLUMN is_private boolean NOT NULL DEFAULT true,
  ADD COLUMN parts_begun smallint NOT NULL DEFAULT 0,
  ADD COLUMN parts_sent smallint NOT NULL DEFAULT 0
"""


def upgrade() -> None:
    op.execute(COLUMNS)


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
