-- Roles. lore_app is what every function and the gateway connect as: it owns nothing and bypasses
-- nothing. lore_sweep is nobody's login: it owns the few functions that look across guilds.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lore_app') THEN
    CREATE ROLE lore_app LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lore_sweep') THEN
    CREATE ROLE lore_sweep NOLOGIN;
  END IF;
  IF NOT pg_has_role(current_user, 'lore_sweep', 'SET') THEN
    EXECUTE format('GRANT lore_sweep TO %I WITH SET TRUE', current_user);
  END IF;
END
$$;

-- What a transaction may see is set per transaction with set_config(..., true).
CREATE FUNCTION lore_guild() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('lore.guild_id', true), '')::bigint $$;

CREATE FUNCTION lore_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('lore.user_id', true), '')::bigint $$;

-- An event carries a row's id and nothing else; knowing that id shows that one row, to read its guild.
CREATE FUNCTION lore_work() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('lore.work_id', true), '')::uuid $$;

CREATE FUNCTION lore_session() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT decode(NULLIF(current_setting('lore.session', true), ''), 'hex') $$;

-- Row level security, forced, on every table that belongs to a guild.
DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY[
    'guilds', 'memberships', 'documents', 'document_versions', 'chunks', 'postings', 'embeddings',
    'questions', 'citations', 'interactions', 'handled_events'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    -- The sub-select makes PostgreSQL ask once per statement instead of once per row.
    EXECUTE format(
      'CREATE POLICY own_guild ON %I TO lore_app USING (guild_id = (SELECT lore_guild()))'
      ' WITH CHECK (guild_id = (SELECT lore_guild()))', guarded);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO lore_app', guarded);
  END LOOP;
END
$$;

CREATE POLICY own_work ON document_versions FOR SELECT TO lore_app USING (id = (SELECT lore_work()));
CREATE POLICY own_work ON questions FOR SELECT TO lore_app USING (id = (SELECT lore_work()));
CREATE POLICY own_memberships ON memberships FOR SELECT TO lore_app
  USING (user_id = (SELECT lore_user()));
CREATE POLICY own_guilds ON guilds FOR SELECT TO lore_app USING (guild_id IN (
  SELECT membership.guild_id FROM memberships membership
  WHERE membership.user_id = (SELECT lore_user())));

-- A sign-in is visible to whoever holds its token, and to nobody else.
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_session ON sessions TO lore_app USING (token_hash = (SELECT lore_session()))
  WITH CHECK (token_hash = (SELECT lore_session()));
GRANT SELECT, INSERT, DELETE ON sessions TO lore_app;

-- These hold nothing of a guild's: model names, spent budgets, ids of events.
GRANT SELECT ON embedding_models TO lore_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_counters TO lore_app;
GRANT SELECT, INSERT ON dead_letters TO lore_app;

INSERT INTO embedding_models (id, name, dimensions) VALUES (1, 'multilingual-e5-small', 384);
-- One partial index per model, each of its own size: two models live side by side.
CREATE INDEX embeddings_model_1 ON embeddings
  USING hnsw ((embedding::vector(384)) vector_cosine_ops) WHERE model_id = 1;

-- What the sweep may do across guilds, and not a column more.
GRANT SELECT (id, guild_id, status, lease_expires_at, next_attempt_at, starts),
      UPDATE (status, status_reason, next_attempt_at) ON document_versions TO lore_sweep;
GRANT SELECT (id, guild_id, status, lease_expires_at, next_attempt_at, starts, delivered_at),
      UPDATE (status, failure_reason, next_attempt_at, answered_at) ON questions TO lore_sweep;
GRANT SELECT (id, guild_id, expires_at, token), UPDATE (token) ON interactions TO lore_sweep;
GRANT SELECT (token_hash, expires_at), DELETE ON sessions TO lore_sweep;
GRANT SELECT, DELETE ON rate_counters TO lore_sweep;
GRANT SELECT (handled_at), DELETE ON handled_events TO lore_sweep;
CREATE POLICY sweep ON document_versions TO lore_sweep USING (true) WITH CHECK (true);
CREATE POLICY sweep ON questions TO lore_sweep USING (true) WITH CHECK (true);
CREATE POLICY sweep ON interactions TO lore_sweep USING (true) WITH CHECK (true);
CREATE POLICY sweep ON sessions TO lore_sweep USING (true);
CREATE POLICY sweep ON handled_events TO lore_sweep USING (true);

-- Hand out overdue work, ids only, and give each piece a minute before it is handed out again.
CREATE FUNCTION lore_overdue(most integer) RETURNS TABLE (kind text, id uuid)
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
  SELECT 'question', asked.id FROM asked UNION ALL SELECT 'document', documents.id FROM documents
$$;

-- Work that was begun fifty times and never ended kills its workers: stop it.
CREATE FUNCTION lore_give_up() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH dead AS (
    UPDATE document_versions SET status = 'dead',
      status_reason = 'Reading this document stopped the worker again and again. '
                      'Convert it to another format and upload it again.'
    WHERE status IN ('received', 'processing') AND starts >= 50
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  ), failed AS (
    UPDATE questions SET status = 'failed', answered_at = clock_timestamp(),
      failure_reason = 'This question could not be answered. Ask it again.'
    WHERE status IN ('asked', 'answering') AND starts >= 50
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM dead)::integer + (SELECT count(*) FROM failed)::integer
$$;

-- Forget what has expired: interaction tokens, sign-ins, old counters and event ids.
CREATE FUNCTION lore_expire() RETURNS integer
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
  )
  SELECT ((SELECT count(*) FROM tokens) + (SELECT count(*) FROM signed_out)
        + (SELECT count(*) FROM counters) + (SELECT count(*) FROM events))::integer
$$;

GRANT CREATE ON SCHEMA public TO lore_sweep;
ALTER FUNCTION lore_overdue(integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_give_up() OWNER TO lore_sweep;
ALTER FUNCTION lore_expire() OWNER TO lore_sweep;
REVOKE CREATE ON SCHEMA public FROM lore_sweep;
REVOKE ALL ON FUNCTION lore_overdue(integer), lore_give_up(), lore_expire() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lore_overdue(integer), lore_give_up(), lore_expire() TO lore_app;
