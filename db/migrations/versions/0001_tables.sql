CREATE TABLE dead_letters (
  source TEXT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  subject TEXT,
  error_code TEXT,
  received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (source, event_id)
);

CREATE TABLE embedding_models (
  id SMALLINT NOT NULL,
  name TEXT NOT NULL,
  dimensions SMALLINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (name)
);

CREATE TABLE guilds (
  guild_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (guild_id)
);

CREATE TABLE handled_events (
  source TEXT NOT NULL,
  event_id TEXT NOT NULL,
  guild_id BIGINT NOT NULL,
  handled_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (source, event_id)
);

CREATE TABLE rate_counters (
  principal TEXT NOT NULL,
  window_start TIMESTAMP WITH TIME ZONE NOT NULL,
  spent BIGINT DEFAULT '0' NOT NULL,
  PRIMARY KEY (principal, window_start)
);

CREATE TABLE sessions (
  token_hash BYTEA NOT NULL,
  user_id BIGINT NOT NULL,
  user_name TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (token_hash)
);

CREATE TABLE documents (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  guild_id BIGINT NOT NULL,
  title TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_url TEXT,
  origin TEXT NOT NULL,
  uploaded_by BIGINT,
  current_version_id UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT document_of_guild UNIQUE (id, guild_id),
  CONSTRAINT document_source UNIQUE (guild_id, source_name),
  FOREIGN KEY(guild_id) REFERENCES guilds (guild_id) ON DELETE CASCADE
);

CREATE INDEX documents_by_update ON documents (guild_id, updated_at DESC, id);

CREATE TABLE memberships (
  guild_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (guild_id, user_id),
  CONSTRAINT membership_role CHECK (role IN ('member', 'moderator', 'administrator')),
  FOREIGN KEY(guild_id) REFERENCES guilds (guild_id) ON DELETE CASCADE
);

CREATE TABLE questions (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  guild_id BIGINT NOT NULL,
  text TEXT NOT NULL,
  origin TEXT NOT NULL,
  asked_by BIGINT,
  locale TEXT,
  status TEXT DEFAULT 'asked' NOT NULL,
  answer TEXT,
  answer_kind TEXT,
  model TEXT,
  evidence REAL,
  failure_reason TEXT,
  timings JSONB DEFAULT '{}'::jsonb NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  delivered_at TIMESTAMP WITH TIME ZONE,
  starts SMALLINT DEFAULT '0' NOT NULL,
  attempts SMALLINT DEFAULT '0' NOT NULL,
  lease_id UUID,
  lease_expires_at TIMESTAMP WITH TIME ZONE,
  next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT (now() + '00:00:20'::interval) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT question_of_guild UNIQUE (id, guild_id),
  CONSTRAINT question_status CHECK (status IN ('asked', 'answering', 'answered', 'refused', 'failed')),
  FOREIGN KEY(guild_id) REFERENCES guilds (guild_id) ON DELETE CASCADE
);

CREATE INDEX questions_at_work ON questions (next_attempt_at) WHERE delivered_at IS NULL;

CREATE INDEX questions_by_time ON questions (guild_id, asked_at DESC, id);

CREATE TABLE citations (
  question_id UUID NOT NULL,
  number SMALLINT NOT NULL,
  guild_id BIGINT NOT NULL,
  document_id UUID,
  title TEXT NOT NULL,
  location TEXT NOT NULL,
  url TEXT,
  quote TEXT NOT NULL,
  PRIMARY KEY (question_id, number),
  CONSTRAINT citation_question FOREIGN KEY(question_id, guild_id) REFERENCES questions (id, guild_id) ON DELETE CASCADE
);

CREATE TABLE document_versions (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  guild_id BIGINT NOT NULL,
  document_id UUID NOT NULL,
  number BIGINT NOT NULL,
  status TEXT DEFAULT 'received' NOT NULL,
  status_reason TEXT,
  progress_stage TEXT DEFAULT 'received' NOT NULL,
  progress_done BIGINT DEFAULT '0' NOT NULL,
  progress_total BIGINT DEFAULT '0' NOT NULL,
  content BYTEA,
  content_hash BYTEA,
  fetch_url TEXT,
  size_bytes BIGINT NOT NULL,
  media_type TEXT,
  text TEXT,
  pages BIGINT,
  passages BIGINT DEFAULT '0' NOT NULL,
  probe_rank SMALLINT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE,
  starts SMALLINT DEFAULT '0' NOT NULL,
  attempts SMALLINT DEFAULT '0' NOT NULL,
  lease_id UUID,
  lease_expires_at TIMESTAMP WITH TIME ZONE,
  next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT (now() + '00:00:20'::interval) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT version_of_guild UNIQUE (id, guild_id),
  CONSTRAINT version_number UNIQUE (document_id, number),
  CONSTRAINT version_document FOREIGN KEY(document_id, guild_id) REFERENCES documents (id, guild_id) ON DELETE CASCADE,
  CONSTRAINT version_status CHECK (status IN ('received', 'processing', 'ready', 'failed', 'dead'))
);

CREATE INDEX versions_at_work ON document_versions (next_attempt_at) WHERE status = ANY (ARRAY['received'::text, 'processing'::text]);

CREATE TABLE chunks (
  id BIGINT GENERATED BY DEFAULT AS IDENTITY,
  guild_id BIGINT NOT NULL,
  document_id UUID NOT NULL,
  version_id UUID NOT NULL,
  ordinal BIGINT NOT NULL,
  text TEXT NOT NULL,
  heading_path TEXT[] NOT NULL,
  page BIGINT,
  char_start BIGINT NOT NULL,
  char_end BIGINT NOT NULL,
  tokens BIGINT NOT NULL,
  terms BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT chunk_of_guild UNIQUE (id, guild_id),
  CONSTRAINT chunk_ordinal UNIQUE (version_id, ordinal),
  CONSTRAINT chunk_version FOREIGN KEY(version_id, guild_id) REFERENCES document_versions (id, guild_id) ON DELETE CASCADE
);

CREATE INDEX chunks_of_guild ON chunks (guild_id);

CREATE TABLE interactions (
  id BIGINT NOT NULL,
  guild_id BIGINT NOT NULL,
  application_id BIGINT NOT NULL,
  channel_id BIGINT,
  token BYTEA,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  question_id UUID,
  version_id UUID,
  delivered_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  CONSTRAINT interaction_question FOREIGN KEY(question_id, guild_id) REFERENCES questions (id, guild_id) ON DELETE CASCADE,
  CONSTRAINT interaction_version FOREIGN KEY(version_id, guild_id) REFERENCES document_versions (id, guild_id) ON DELETE CASCADE
);

CREATE INDEX interactions_of_question ON interactions (question_id);

CREATE INDEX interactions_of_version ON interactions (version_id);

CREATE TABLE embeddings (
  chunk_id BIGINT NOT NULL,
  model_id SMALLINT NOT NULL,
  guild_id BIGINT NOT NULL,
  embedding VECTOR NOT NULL,
  PRIMARY KEY (chunk_id, model_id),
  CONSTRAINT embedding_chunk FOREIGN KEY(chunk_id, guild_id) REFERENCES chunks (id, guild_id) ON DELETE CASCADE,
  CONSTRAINT embedding_size CHECK ((model_id <> 1) OR (vector_dims(embedding) = 384)),
  FOREIGN KEY(model_id) REFERENCES embedding_models (id)
);

CREATE TABLE postings (
  guild_id BIGINT NOT NULL,
  term TEXT NOT NULL,
  chunk_id BIGINT NOT NULL,
  frequency SMALLINT NOT NULL,
  PRIMARY KEY (guild_id, term, chunk_id),
  CONSTRAINT posting_chunk FOREIGN KEY(chunk_id, guild_id) REFERENCES chunks (id, guild_id) ON DELETE CASCADE
);

CREATE INDEX postings_of_chunk ON postings (chunk_id);

