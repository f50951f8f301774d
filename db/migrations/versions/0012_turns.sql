-- A turn lasts as long as the lease its question was given under: who renews the one keeps the other,
-- and a worker that dies loses both. The round is the turn's place in a fair order, fixed when the
-- question queues up: counted among those who wait at a moment only, a server that asked a thousand
-- questions before another asked one would have been first a thousand times.
DROP FUNCTION lore_take_turn(uuid, bigint, integer, double precision);
DROP FUNCTION lore_end_turn(uuid, integer);
DROP FUNCTION lore_waiting_turns();
DELETE FROM model_turns;
ALTER TABLE model_turns
  DROP COLUMN expires_at,
  ADD COLUMN lease_id uuid,
  ADD COLUMN round bigint NOT NULL;

GRANT SELECT (lease_id), UPDATE (stage, partial) ON questions TO lore_sweep;

-- Who is in line, who has the model, and who keeps neither because the question has ended.
CREATE FUNCTION lore_turns()
RETURNS TABLE (id uuid, guild_id bigint, queued_at timestamptz, round bigint, writes boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT turn.question_id, turn.guild_id, turn.queued_at, turn.round,
    (turn.lease_id = question.lease_id AND question.lease_expires_at > clock_timestamp()) IS TRUE
  FROM model_turns turn JOIN questions question ON question.id = turn.question_id
  WHERE question.status IN ('asked', 'answering')
$$;

-- Who waits, in the order of their turns: everybody's first, then everybody's second.
CREATE FUNCTION lore_waiting_turns() RETURNS TABLE (id uuid, place bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT turn.id, row_number() OVER (ORDER BY turn.round, turn.queued_at, turn.id)
  FROM lore_turns() turn WHERE NOT turn.writes
$$;

CREATE FUNCTION lore_free_slots(slots integer) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT slots - count(*) FROM lore_turns() turn WHERE turn.writes $$;

-- Queue up, and take the model where it is free and nobody goes before: 0, else how many do.
--
-- Start-time fair queueing: a server's next question stands one round after its last, and the first
-- of a server that has none in line stands in the round that is written now.
CREATE FUNCTION lore_take_turn(question uuid, guild bigint, lease uuid, slots integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE own bigint; free bigint;
BEGIN
  -- One at a time: two that look at the same free slot would both take it.
  PERFORM pg_advisory_xact_lock(hashtextextended('model_turns', 0));
  INSERT INTO model_turns (question_id, guild_id, round)
    SELECT question, guild, greatest(
      (SELECT max(turn.round) + 1 FROM lore_turns() turn WHERE turn.guild_id = guild),
      coalesce(
        (SELECT max(turn.round) FROM lore_turns() turn WHERE turn.writes),
        (SELECT min(turn.round) FROM lore_turns() turn),
        0))
    ON CONFLICT DO NOTHING;
  SELECT waiting.place INTO own FROM lore_waiting_turns() waiting WHERE waiting.id = question;
  free := lore_free_slots(slots);
  IF own > free THEN
    RETURN own - greatest(free, 0);
  END IF;
  UPDATE model_turns SET lease_id = lease WHERE question_id = question;
  RETURN 0;
END
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
  RETURN QUERY SELECT waiting.id FROM lore_waiting_turns() waiting
    WHERE waiting.place <= lore_free_slots(slots) ORDER BY waiting.place;
END
$$;

-- Whose turn it is while nobody works on them: their event was lost, or a worker died before them.
CREATE FUNCTION lore_called_turns(slots integer) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM model_turns turn USING questions question
    WHERE question.id = turn.question_id AND question.status NOT IN ('asked', 'answering');
  RETURN QUERY SELECT waiting.id FROM lore_waiting_turns() waiting
    JOIN questions question ON question.id = waiting.id
    WHERE waiting.place <= lore_free_slots(slots)
      AND (question.lease_expires_at IS NULL OR question.lease_expires_at <= clock_timestamp())
    ORDER BY waiting.place;
END
$$;

-- As before, and the stage says that it is over.
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
      lease_id = NULL, lease_expires_at = NULL, stage = 'ended', partial = NULL,
      failure_reason = 'This question could not be answered. Ask it again.'
    WHERE status IN ('asked', 'answering') AND starts >= 10
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM dead)::integer + (SELECT count(*) FROM failed)::integer
$$;

GRANT CREATE ON SCHEMA public TO lore_sweep;
ALTER FUNCTION lore_turns() OWNER TO lore_sweep;
ALTER FUNCTION lore_waiting_turns() OWNER TO lore_sweep;
ALTER FUNCTION lore_free_slots(integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_take_turn(uuid, bigint, uuid, integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_end_turn(uuid, uuid, integer) OWNER TO lore_sweep;
ALTER FUNCTION lore_called_turns(integer) OWNER TO lore_sweep;
REVOKE CREATE ON SCHEMA public FROM lore_sweep;
-- lore_turns and lore_free_slots are for the others alone.
REVOKE ALL ON FUNCTION lore_turns(), lore_free_slots(integer), lore_waiting_turns(),
  lore_take_turn(uuid, bigint, uuid, integer), lore_end_turn(uuid, uuid, integer),
  lore_called_turns(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lore_waiting_turns(), lore_take_turn(uuid, bigint, uuid, integer),
  lore_end_turn(uuid, uuid, integer), lore_called_turns(integer) TO lore_app;
