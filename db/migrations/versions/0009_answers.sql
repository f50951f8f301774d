-- How a server wants its answers.
ALTER TABLE guilds
  ADD COLUMN gate text NOT NULL DEFAULT 'balanced',
  ADD COLUMN unsupported text NOT NULL DEFAULT 'drop',
  ADD COLUMN instructions text NOT NULL DEFAULT '',
  ADD COLUMN caches_answers boolean NOT NULL DEFAULT false,
  ADD COLUMN rewrites_questions boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT guild_gate CHECK (gate IN ('strict', 'balanced', 'eager')),
  ADD CONSTRAINT guild_unsupported CHECK (unsupported IN ('drop', 'mark')),
  ADD CONSTRAINT guild_instructions CHECK (char_length(instructions) <= 1000);

-- A question within its conversation; how far its answer is; and what is known of it afterwards.
ALTER TABLE questions
  ADD COLUMN conversation text,
  ADD COLUMN stage text NOT NULL DEFAULT 'asked',
  ADD COLUMN partial text,
  ADD COLUMN cancelled_at timestamptz,
  ADD COLUMN record jsonb NOT NULL DEFAULT '{}'::jsonb;
CREATE INDEX questions_of_conversation ON questions (guild_id, conversation, asked_at)
  WHERE conversation IS NOT NULL;

-- Whoever waits for the language model, or has it. One row a question, whatever its worker does.
CREATE TABLE model_turns (
  question_id uuid PRIMARY KEY,
  guild_id bigint NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  CONSTRAINT turn_question FOREIGN KEY (question_id, guild_id)
    REFERENCES questions (id, guild_id) ON DELETE CASCADE
);
CREATE INDEX turns_of_guild ON model_turns (guild_id, queued_at);

-- Answers that may be given again: only while the library is the one they were written from.
CREATE TABLE cached_answers (
  question_id uuid PRIMARY KEY,
  guild_id bigint NOT NULL,
  model_id smallint NOT NULL REFERENCES embedding_models (id),
  library bytea NOT NULL,
  embedding vector NOT NULL,
  cached_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT cached_question FOREIGN KEY (question_id, guild_id)
    REFERENCES questions (id, guild_id) ON DELETE CASCADE
);
CREATE INDEX cached_answers_of_guild ON cached_answers (guild_id, library);

DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['model_turns', 'cached_answers'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format(
      'CREATE POLICY own_guild ON %I TO lore_app USING (guild_id = (SELECT lore_guild()))'
      ' WITH CHECK (guild_id = (SELECT lore_guild()))', guarded);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO lore_app', guarded);
  END LOOP;
END
$$;

-- The queue is one for all servers: each knows its own rows, these functions the order of all.
GRANT SELECT, INSERT, UPDATE, DELETE ON model_turns TO lore_sweep;
CREATE POLICY sweep ON model_turns TO lore_sweep USING (true) WITH CHECK (true);

-- Who waits, in the order of their turns: first everybody's first, then everybody's second. A
-- server that has the model already counts as having had its first.
CREATE FUNCTION lore_waiting_turns() RETURNS TABLE (id uuid, place bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH busy AS (
    SELECT turn.guild_id, count(*) AS turns FROM model_turns turn
    WHERE turn.expires_at > clock_timestamp() GROUP BY turn.guild_id
  ), waiting AS (
    SELECT turn.question_id, turn.queued_at,
      row_number() OVER (PARTITION BY turn.guild_id ORDER BY turn.queued_at, turn.question_id)
        + coalesce(busy.turns, 0) AS round
    FROM model_turns turn LEFT JOIN busy ON busy.guild_id = turn.guild_id
    WHERE turn.expires_at IS NULL OR turn.expires_at <= clock_timestamp()
  )
  SELECT waiting.question_id,
    row_number() OVER (ORDER BY waiting.round, waiting.queued_at, waiting.question_id)
  FROM waiting
$$;

-- Queue up, and take the model where it is free and nobody goes before: 0, else the place in line.
CREATE FUNCTION lore_take_turn(question uuid, guild bigint, slots integer, seconds double precision)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE own bigint; free bigint;
BEGIN
  -- One at a time: two that look at the same free slot would both take it.
  PERFORM pg_advisory_xact_lock(hashtextextended('model_turns', 0));
  INSERT INTO model_turns (question_id, guild_id) VALUES (question, guild) ON CONFLICT DO NOTHING;
  SELECT slots - count(*) INTO free FROM model_turns turn
    WHERE turn.expires_at > clock_timestamp() AND turn.question_id <> question;
  SELECT waiting.place INTO own FROM lore_waiting_turns() waiting WHERE waiting.id = question;
  IF own IS NULL OR own <= free THEN
    UPDATE model_turns SET expires_at = clock_timestamp() + make_interval(secs => seconds)
      WHERE question_id = question;
    RETURN 0;
  END IF;
  RETURN own - greatest(free, 0);
END
$$;

-- Give the model back, and name who may have it now.
CREATE FUNCTION lore_end_turn(question uuid, slots integer) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('model_turns', 0));
  DELETE FROM model_turns WHERE question_id = question;
  RETURN QUERY SELECT waiting.id FROM lore_waiting_turns() waiting
    WHERE waiting.place <= slots - (
      SELECT count(*) FROM model_turns turn WHERE turn.expires_at > clock_timestamp())
    ORDER BY waiting.place;
END
$$;

GRANT CREATE ON SCHEMA public TO lore_sweep;
ALTER FUNCTION lore_waiting_turns() OWNER TO lore_sweep;
ALTER FUNCTION lore_take_turn(uuid, bigint, integer, double precision) OWNER TO lore_sweep;
ALTER FUNCTION lore_end_turn(uuid, integer) OWNER TO lore_sweep;
REVOKE CREATE ON SCHEMA public FROM lore_sweep;
REVOKE ALL ON FUNCTION lore_waiting_turns(), lore_end_turn(uuid, integer),
  lore_take_turn(uuid, bigint, integer, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lore_waiting_turns(), lore_end_turn(uuid, integer),
  lore_take_turn(uuid, bigint, integer, double precision) TO lore_app;
