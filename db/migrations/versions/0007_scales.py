"""Each embedding model says on which scale its cosines lie.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The usual cosine of a question to a passage that answers another one, and to one that answers
# it, by multilingual-e5-small: evidence is judged on this scale.
UNRELATED, RELATED = 0.7369, 0.8822


def upgrade() -> None:
    op.execute(
        "ALTER TABLE embedding_models"
        f" ADD COLUMN unrelated_cosine double precision NOT NULL DEFAULT {UNRELATED},"
        f" ADD COLUMN related_cosine double precision NOT NULL DEFAULT {RELATED},"
        " ADD CONSTRAINT embedding_scale CHECK (related_cosine > unrelated_cosine)"
    )


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
