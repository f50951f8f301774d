"""Work that ended its worker is tried alone, and what is given up is under no lease.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Whatever was at work beside a document that kills its worker was started as often as that one:
# without this, all of them were given up together.
OVERDUE = """
CREATE OR REPLACE FUNCTION lore_overdue(most integer) RETURNS TABLE (kind text, id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH suspect AS (
    SELECT due.id FROM document_versions due
    WHERE due.status IN ('received', 'processing') AND due.starts >= 3
      AND due.next_attempt_at <= clock_timestamp()
      AND (due.lease_expires_at IS NULL OR due.lease_expires_at <= clock_timestamp())
      AND NOT EXISTS (
        SELECT FROM document_versions busy
        WHERE busy.status = 'processing' AND busy.starts >= 3
          AND busy.lease_expires_at > clock_timestamp())
    ORDER BY due.next_attempt_at LIMIT 1
  ), documents AS (
    UPDATE document_versions SET next_attempt_at = clock_timestamp() + interval '1 minute'
    WHERE document_versions.id IN (
      SELECT due.id FROM document_versions due
      WHERE due.status IN ('received', 'processing')
        AND due.next_attempt_at <= clock_timestamp()
        AND (due.lease_expires_at IS NULL OR due.lease_expires_at <= clock_timestamp())
        AND (due.starts < 3 OR due.id = (SELECT suspect.id FROM suspect))
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

# A worker that comes back to life holds no lease on what was given up meanwhile.
GIVE_UP = """
CREATE OR REPLACE FUNCTION lore_give_up() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH dead AS (
    UPDATE document_versions SET status = 'dead', lease_id = NULL, lease_expires_at = NULL,
      status_reason = 'Reading this document stopped the worker again and again. '
                      'Convert it to another format and upload it again.'
    WHERE status IN ('received', 'processing') AND starts >= 10
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  ), failed AS (
    UPDATE questions SET status = 'failed', answered_at = clock_timestamp(),
      lease_id = NULL, lease_expires_at = NULL,
      failure_reason = 'This question could not be answered. Ask it again.'
    WHERE status IN ('asked', 'answering') AND starts >= 10
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM dead)::integer + (SELECT count(*) FROM failed)::integer
$$
"""


def upgrade() -> None:
    op.execute("GRANT UPDATE (lease_id, lease_expires_at) ON document_versions TO lore_sweep")
    op.execute("GRANT UPDATE (lease_id, lease_expires_at) ON questions TO lore_sweep")
    op.execute(OVERDUE)
    op.execute(GIVE_UP)


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
