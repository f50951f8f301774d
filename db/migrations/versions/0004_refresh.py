"""Documents from the web are fetched again when they are due.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A document without a rhythm of its own may be due once: a sitemap says that its page changed.
REFRESH = """
CREATE FUNCTION lore_refresh(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH due AS (
    SELECT document.id, document.guild_id, document.source_url,
      coalesce(document.listed_by, document.id) AS site
    FROM documents document
    WHERE document.next_refresh_at <= clock_timestamp()
      AND document.origin = 'url' AND document.source_url IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM document_versions version
        WHERE version.document_id = document.id AND version.status IN ('received', 'processing'))
    ORDER BY document.next_refresh_at LIMIT most FOR UPDATE SKIP LOCKED
  ), planned AS (
    UPDATE documents SET next_refresh_at =
      clock_timestamp() + make_interval(secs => documents.refresh_seconds)
    FROM due WHERE documents.id = due.id
  ), newest AS (
    -- Pages of one site do not all come at once.
    SELECT due.id AS document_id, due.guild_id, due.source_url, version.id AS version_id,
      coalesce(version.number, 0) AS number,
      version.status IN ('failed', 'dead') AND version.size_bytes = 0 AS unfetched,
      clock_timestamp() + (row_number() OVER (PARTITION BY due.site ORDER BY due.id) - 1)
        * interval '500 milliseconds' AS turn
    FROM due LEFT JOIN LATERAL (
      SELECT known.id, known.number, known.status, known.size_bytes
      FROM document_versions known WHERE known.document_id = due.id
      ORDER BY known.number DESC LIMIT 1) version ON true
  ), revived AS (
    -- What could not be fetched last time is tried anew in its own row: failures do not pile up.
    UPDATE document_versions SET status = 'received', status_reason = NULL, attempts = 0,
      starts = 0, progress_stage = 'received', progress_done = 0, progress_total = 0,
      fetch_url = newest.source_url, next_attempt_at = newest.turn
    FROM newest WHERE document_versions.id = newest.version_id AND newest.unfetched
    RETURNING 1
  ), added AS (
    INSERT INTO document_versions
      (guild_id, document_id, number, fetch_url, size_bytes, next_attempt_at)
    SELECT newest.guild_id, newest.document_id, newest.number + 1, newest.source_url, 0, newest.turn
    FROM newest WHERE newest.unfetched IS NOT TRUE
    -- Somebody who adds the address at this very moment fetches it anyhow.
    ON CONFLICT (document_id, number) DO NOTHING
    RETURNING 1
  )
  SELECT ((SELECT count(*) FROM revived) + (SELECT count(*) FROM added))::integer
$$
"""


def upgrade() -> None:
    # Each new document is compared with every other of its guild.
    op.execute("CREATE INDEX versions_by_content ON document_versions (guild_id, content_hash)")
    op.execute(
        "GRANT SELECT (id, guild_id, origin, source_url, listed_by, refresh_seconds,"
        " next_refresh_at), UPDATE (next_refresh_at) ON documents TO lore_sweep"
    )
    op.execute("CREATE POLICY sweep ON documents TO lore_sweep USING (true) WITH CHECK (true)")
    op.execute(
        "GRANT SELECT (document_id, number, size_bytes),"
        " INSERT (guild_id, document_id, number, fetch_url, size_bytes, next_attempt_at),"
        " UPDATE (attempts, starts, progress_stage, progress_done, progress_total, fetch_url)"
        " ON document_versions TO lore_sweep"
    )
    op.execute(REFRESH)
    op.execute("GRANT CREATE ON SCHEMA public TO lore_sweep")
    op.execute("ALTER FUNCTION lore_refresh(integer) OWNER TO lore_sweep")
    op.execute("REVOKE CREATE ON SCHEMA public FROM lore_sweep")
    op.execute("REVOKE ALL ON FUNCTION lore_refresh(integer) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION lore_refresh(integer) TO lore_app")


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
