"""Documents have a language, a given title and a place on the web; passages a fingerprint.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DOCUMENTS = """
ALTER TABLE documents
  ADD COLUMN given_title text,
  ADD COLUMN language text,
  ADD COLUMN listed_by uuid REFERENCES documents (id) ON DELETE CASCADE,
  ADD COLUMN refresh_seconds bigint,
  ADD COLUMN next_refresh_at timestamptz,
  ADD COLUMN etag text,
  ADD COLUMN last_modified text,
  ADD COLUMN checked_at timestamptz
"""


def upgrade() -> None:
    op.execute(DOCUMENTS)
    op.execute("CREATE INDEX documents_by_title ON documents (guild_id, lower(title))")
    op.execute("CREATE INDEX documents_listed ON documents (listed_by) WHERE listed_by IS NOT NULL")
    op.execute(
        "CREATE INDEX documents_to_refresh ON documents (next_refresh_at)"
        " WHERE next_refresh_at IS NOT NULL"
    )
    op.execute("ALTER TABLE chunks ADD COLUMN fingerprint bigint NOT NULL DEFAULT 0")


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
