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

ALTER TABLE cached_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE cached_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_guild ON cached_answers TO lore_app USING (guild_id = (SELECT lore_guild()))
  WITH CHECK (guild_id = (SELECT lore_guild()));
GRANT SELECT, INSERT, UPDATE, DELETE ON cached_answers TO lore_app;
