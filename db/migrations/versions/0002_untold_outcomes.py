"""Documents whose end nobody was told of in Discord are handed out again too.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OVERDUE = """
CREATE OR REPLACE FUNCTION lore_overdue(most integer) RETURNS TABLE (kind text, id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH documents AS (
    UPDATE document_versions SET next_attempt_at = clock_timestamp() + interval '1 minute'
    WHERE document_versions.id IN (
      SELECT due.id FROM document_versions due
      WHERE due.status IN ('received', 'processing')
        AND due.next_attempt_at <= clock_timestamp()
        AND (due.lease_expires_at IS NULL OR due.lease_expires_at <= clock_timestamp())
      ORDER BY due.next_attempt_at LIMIT most FOR UPDATE SKIP LOCKED)
    RETURNING document_versions.id
  ), untold AS (
    UPDATE document_versions SET next_attempt_at = clock_timestamp() + interval '1 minute'
    WHERE document_versions.id IN (
      SELECT due.id FROM interactions JOIN document_versions due ON due.id = interactions.version_id
      WHERE interactions.token IS NOT NULL AND interactions.delivered_at IS NULL
        AND interactions.expires_at > clock_timestamp() + interval '30 seconds'
        AND due.status IN ('ready', 'failed', 'dead')
        AND due.next_attempt_at <= clock_timestamp()
      ORDER BY interactions.expires_at LIMIT most FOR UPDATE OF due SKIP LOCKED)
    RETURNING document_versions.id
  ), asked AS (
    UPDATE questions SET next_attempt_at = clock_timestamp() + interval '1 minute'
    WHERE questions.id IN (
      SELECT due.id FROM questions due
      WHERE due.delivered_at IS NULL
        AND due.next_attempt_at <= clock_timestamp()
        AND (due.lease_expires_at IS NULL OR due.lease_expires_at <= clock_timestamp())
      ORDER BY due.next_attempt_at LIMIT most FOR UPDATE SKIP LOCKED)
    RETURNING questions.id
  )
  SELECT 'question', asked.id FROM asked
  UNION ALL SELECT 'document', documents.id FROM documents
  UNION ALL SELECT 'document', untold.id FROM untold
$$
"""


def upgrade() -> None:
    # Few rows hold a token: this finds those that expire and those that wait for a message.
    op.execute(
        "CREATE INDEX interactions_open ON interactions (expires_at) WHERE token IS NOT NULL"
    )
    op.execute("GRANT SELECT (version_id, delivered_at) ON interactions TO lore_sweep")
    op.execute(OVERDUE)


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
