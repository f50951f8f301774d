"""Find a guild's vectors at once: they are compared one by one where there are few.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX embeddings_of_guild ON embeddings (guild_id, model_id)")


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
