"""Forget dead letters that nobody came for in a season.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The rows they are about are the truth, and were found again by the sweep long before.
STATEMENTS = (
    "GRANT SELECT (received_at), DELETE ON dead_letters TO lore_sweep",
    """
CREATE OR REPLACE FUNCTION lore_expire() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH tokens AS (
    UPDATE interactions SET token = NULL
    WHERE expires_at <= clock_timestamp() AND token IS NOT NULL RETURNING 1
  ), signed_out AS (
    DELETE FROM sessions WHERE expires_at <= clock_timestamp() RETURNING 1
  ), counters AS (
    DELETE FROM rate_counters WHERE window_start < clock_timestamp() - interval '1 hour' RETURNING 1
  ), events AS (
    DELETE FROM handled_events WHERE handled_at < clock_timestamp() - interval '7 days' RETURNING 1
  ), letters AS (
    DELETE FROM dead_letters WHERE received_at < clock_timestamp() - interval '90 days' RETURNING 1
  )
  SELECT ((SELECT count(*) FROM tokens) + (SELECT count(*) FROM signed_out)
        + (SELECT count(*) FROM counters) + (SELECT count(*) FROM events)
        + (SELECT count(*) FROM letters))::integer
$$
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
