-- What is needed to use a model: where it runs, and what its texts look like.
ALTER TABLE embedding_models
  ADD COLUMN engine text NOT NULL DEFAULT 'embedded',
  ADD COLUMN query_prefix text NOT NULL DEFAULT '',
  ADD COLUMN passage_prefix text NOT NULL DEFAULT '',
  ADD COLUMN normalisation text NOT NULL DEFAULT 'none',
  ADD COLUMN max_tokens bigint NOT NULL DEFAULT 512,
  ADD CONSTRAINT embedding_engine CHECK (engine IN ('embedded', 'ollama')),
  ADD CONSTRAINT embedding_normalisation CHECK (normalisation IN ('none', 'uncased')),
  -- What an HNSW index over vector can hold.
  ADD CONSTRAINT embedding_dimensions CHECK (dimensions BETWEEN 1 AND 2000);

UPDATE embedding_models SET query_prefix = 'query: ', passage_prefix = 'passage: ' WHERE id = 1;

-- Which model answers in a guild; all of its passages have a vector of that one.
ALTER TABLE guilds
  ADD COLUMN embedding_model_id smallint NOT NULL DEFAULT 1 REFERENCES embedding_models (id);

-- A hash of the text that was embedded: the same text is not embedded again for a new version.
ALTER TABLE embeddings
  ADD COLUMN text_hash bytea,
  ADD CONSTRAINT embedding_length CHECK (vector_norm(embedding) BETWEEN 0.99 AND 1.01);

-- Vectors of a version that is not published yet: a worker that takes over goes on from here.
CREATE TABLE staged_embeddings (
  version_id uuid NOT NULL,
  model_id smallint NOT NULL REFERENCES embedding_models (id),
  text_hash bytea NOT NULL,
  guild_id bigint NOT NULL,
  embedding vector NOT NULL,
  PRIMARY KEY (version_id, model_id, text_hash),
  CONSTRAINT staged_version FOREIGN KEY (version_id, guild_id)
    REFERENCES document_versions (id, guild_id) ON DELETE CASCADE
);

ALTER TABLE staged_embeddings ENABLE ROW LEVEL SECURITY;
ALTER TABLE staged_embeddings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_guild ON staged_embeddings TO lore_app USING (guild_id = (SELECT lore_guild()))
  WITH CHECK (guild_id = (SELECT lore_guild()));
GRANT SELECT, INSERT, DELETE ON staged_embeddings TO lore_app;

-- Work that was begun ten times and got nowhere kills its workers: stop it. Each batch of vectors
-- sets the count back, so a long document under many restarts never comes here.
CREATE OR REPLACE FUNCTION lore_give_up() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH dead AS (
    UPDATE document_versions SET status = 'dead',
      status_reason = 'Reading this document stopped the worker again and again. '
                      'Convert it to another format and upload it again.'
    WHERE status IN ('received', 'processing') AND starts >= 10
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  ), failed AS (
    UPDATE questions SET status = 'failed', answered_at = clock_timestamp(),
      failure_reason = 'This question could not be answered. Ask it again.'
    WHERE status IN ('asked', 'answering') AND starts >= 10
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM dead)::integer + (SELECT count(*) FROM failed)::integer
$$;

-- Every guild and the model that answers in it: for the owner, who changes models, and for nobody
-- who answers requests.
GRANT SELECT (guild_id, embedding_model_id) ON guilds TO lore_sweep;
CREATE POLICY sweep ON guilds FOR SELECT TO lore_sweep USING (true);
CREATE FUNCTION lore_guild_models() RETURNS TABLE (guild_id bigint, model_id smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT guilds.guild_id, guilds.embedding_model_id FROM guilds ORDER BY guilds.guild_id
$$;
GRANT CREATE ON SCHEMA public TO lore_sweep;
ALTER FUNCTION lore_guild_models() OWNER TO lore_sweep;
REVOKE CREATE ON SCHEMA public FROM lore_sweep;
REVOKE ALL ON FUNCTION lore_guild_models() FROM PUBLIC;
DO $$
BEGIN
  EXECUTE format('GRANT EXECUTE ON FUNCTION lore_guild_models() TO %I', current_user);
END
$$;
