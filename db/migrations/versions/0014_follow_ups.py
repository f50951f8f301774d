"""A question can continue one certain answer, however long ago that was given.

Revision ID: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE questions ADD COLUMN follows uuid")
    op.execute(
        "ALTER TABLE questions ADD CONSTRAINT question_follows FOREIGN KEY (follows, guild_id)"
        " REFERENCES questions (id, guild_id) ON DELETE SET NULL (follows)"
    )
    # Without it every question that goes would look through all the others.
    op.execute(
        "CREATE INDEX questions_that_follow ON questions (follows) WHERE follows IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
