-- Whoever waits for the language model, or has it: one line for all servers. A turn lasts as long as
-- the lease its question was given under: who renews the one keeps the other, and a worker that dies
-- loses both. The round is the turn's place in a fair order, fixed when the question queues up:
-- counted among those who wait at a moment only, a server that asked a thousand questions before
-- another asked one would have been first a thousand times.
CREATE TABLE model_turns (
  question_id uuid PRIMARY KEY,
  guild_id bigint NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_id uuid,
  round bigint NOT NULL,
  CONSTRAINT turn_question FOREIGN KEY (question_id, guild_id)
    REFERENCES questions (id, guild_id) ON DELETE CASCADE
);
CREATE INDEX turns_of_guild ON model_turns (guild_id, round);
CREATE INDEX turns_in_order ON model_turns (round, queued_at, question_id);
CREATE INDEX turns_taken ON model_turns (question_id) WHERE lease_id IS NOT NULL;

-- Each server knows its own rows; the functions below know the order of all.
ALTER TABLE model_turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_turns FORCE ROW LEVEL SECURITY;
CREATE POLICY own_guild ON model_turns TO lore_app USING (guild_id = (SELECT lore_guild()))
  WITH CHECK (guild_id = (SELECT lore_guild()));
GRANT SELECT, INSERT, UPDATE, DELETE ON model_turns TO lore_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON model_turns TO lore_sweep;
CREATE POLICY sweep ON model_turns TO lore_sweep USING (true) WITH CHECK (true);
GRANT SELECT (lease_id), UPDATE (stage, partial) ON questions TO lore_sweep;

-- Who has the model now.
CREATE FUNCTION lore_writing_turns() RETURNS SETOF model_turns
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT turn.* FROM model_turns turn JOIN questions question ON question.id = turn.question_id
  WHERE turn.lease_id IS NOT NULL AND turn.lease_id = question.lease_id
    AND question.lease_expires_at > clock_timestamp()
    AND question.status IN ('asked', 'answering')
$$;

-- Who waits, in the order of their turns.
CREATE FUNCTION lore_waiting_turns() RETURNS TABLE (id uuid, place bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT turn.question_id,
    row_number() OVER (ORDER BY turn.round, turn.queued_at, turn.question_id)
  FROM model_turns turn
  WHERE turn.question_id NOT IN (SELECT writing.question_id FROM lore_writing_turns() writing)
$$;

-- Queue up, and take the model where it is free and nobody goes before: 0, else how many do.
--
-- Start-time fair queueing: a server's next question stands one round after its last, and the first
-- of a server that has none in line stands in the earliest round that is written now. With a thousand
-- in line this takes 0.3 ms, since nothing is sorted.
CREATE FUNCTION lore_take_turn(question uuid, guild bigint, lease uuid, slots integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE own model_turns; writing bigint; earliest bigint; before bigint; mine boolean;
BEGIN
  -- One at a time: two that look at the same free slot would both take it.
  PERFORM pg_advisory_xact_lock(hashtextextended('model_turns', 0));
  SELECT min(turn.round) INTO earliest FROM lore_writing_turns() turn;
  INSERT INTO model_turns (question_id, guild_id, round)
    SELECT question, guild, greatest(
      (SELECT max(turn.round) + 1 FROM model_turns turn WHERE turn.guild_id = guild),
      coalesce(earliest, (SELECT min(turn.round) FROM model_turns turn), 0))
    ON CONFLICT DO NOTHING;
  SELECT * INTO own FROM model_turns turn WHERE turn.question_id = question;
  SELECT count(*), coalesce(bool_or(turn.question_id = question), false),
    count(*) FILTER (WHERE (turn.round, turn.queued_at, turn.question_id)
      < (own.round, own.queued_at, own.question_id))
    INTO writing, mine, before FROM lore_writing_turns() turn;
  SELECT count(*) - before INTO before FROM model_turns turn
    WHERE (turn.round, turn.queued_at, turn.question_id)
      < (own.round, own.queued_at, own.question_id);
  IF NOT mine AND before >= slots - writing THEN
    RETURN before + 1 - greatest(slots - writing, 0);
  END IF;
  UPDATE model_turns SET lease_id = lease WHERE question_id = question;
  RETURN 0;
END
$$;

-- Whose turn it is: as many of the first in line as there are free slots.
CREATE FUNCTION lore_next_turns(slots integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH writing AS (SELECT turn.question_id FROM lore_writing_turns() turn)
  SELECT turn.question_id FROM model_turns turn
  WHERE turn.question_id NOT IN (SELECT writing.question_id FROM writing)
  ORDER BY turn.round, turn.queued_at, turn.question_id
  LIMIT greatest(slots - (SELECT count(*) FROM writing), 0)
$$;

-- Give the model back, or leave the line, and name who may have it now. A worker that was overtaken
-- takes nothing from the one that has the question now.
CREATE FUNCTION lore_end_turn(question uuid, lease uuid, slots integer) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('model_turns', 0));
  DELETE FROM model_turns turn USING questions ended
    WHERE turn.question_id = question AND ended.id = question
      AND (ended.lease_id IS NULL OR ended.lease_id = lease);
  RETURN QUERY SELECT lore_next_turns(slots);
END
$$;

-- Whose turn it is while nobody works on them: their event was lost, or a worker died before them.
CREATE FUNCTION lore_called_turns(slots integer) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM model_turns turn USING questions question
    WHERE question.id = turn.question_id AND question.status NOT IN ('asked', 'answering');
  RETURN QUERY SELECT question.id FROM questions question
    WHERE question.id IN (SELECT lore_next_turns(slots))
      AND (question.lease_expires_at IS NULL OR question.lease_expires_at <= clock_timestamp());
END
$$;

-- As before, but a document is given up sooner: after three starts it is tried alone, so that what
-- ends its worker twice more is itself to blame. Of a question the stage says that it is over, and
-- nobody waits behind it.
CREATE OR REPLACE FUNCTION lore_give_up() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH dead AS (
    UPDATE document_versions SET status = 'dead', lease_id = NULL, lease_expires_at = NULL,
      status_reason = 'Reading this document stopped the worker again and again. '
                      'Convert it to another format and upload it again.'
    WHERE status IN ('received', 'processing') AND starts >= 5
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  ), failed AS (
    UPDATE questions SET status = 'failed', answered_at = clock_timestamp(),
      lease_id = NULL, lease_expires_at = NULL, stage = 'ended', partial = NULL,
      failure_reason = 'This question could not be answered. Ask it again.'
    WHERE status IN ('asked', 'answering') AND starts >= 10
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING id
  ), left_line AS (
    DELETE FROM model_turns WHERE question_id IN (SELECT failed.id FROM failed)
  )
  SELECT (SELECT count(*) FROM dead)::integer + (SELECT count(*) FROM failed)::integer
$$;

GRANT CREATE ON SCHEMA public TO lore_sweep;
ALTER FUNCTION lore_writing_turns() OWNER TO lore_sweep;
ALTER FUNCTION lore_waiting_turns() OWNER TO lore_sweep;
ALTER FUNCTION lore_next_turns(integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_take_turn(uuid, bigint, uuid, integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_end_turn(uuid, uuid, integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_called_turns(integer) OWNER TO lore_sweep;
REVOKE CREATE ON SCHEMA public FROM lore_sweep;
-- lore_writing_turns and lore_next_turns are for the others alone.
REVOKE ALL ON FUNCTION lore_writing_turns(), lore_next_turns(integer), lore_waiting_turns(),
  lore_take_turn(uuid, bigint, uuid, integer), lore_end_turn(uuid, uuid, integer),
  lore_called_turns(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lore_waiting_turns(), lore_take_turn(uuid, bigint, uuid, integer),
  lore_end_turn(uuid, uuid, integer), lore_called_turns(integer) TO lore_app;
