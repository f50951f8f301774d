"""The SQL of ingestion; whatever is written is guarded by the lease."""

from sqlalchemy import text

LOAD = text(
    "SELECT document_versions.content, document_versions.fetch_url, document_versions.size_bytes,"
    " document_versions.number, documents.id AS document_id, documents.source_name,"
    " documents.title"
    " FROM document_versions JOIN documents ON documents.id = document_versions.document_id"
    " WHERE document_versions.id = :version_id"
)

# Bytes fetched once are kept: Discord deletes its copy after a while.
KEEP_CONTENT = text(
    "UPDATE document_versions SET content = :content, content_hash = :content_hash,"
    " size_bytes = :size_bytes WHERE id = :version_id AND lease_id = :lease_id"
)

PROGRESS = text(
    "UPDATE document_versions SET progress_stage = :stage, progress_done = :done,"
    " progress_total = :total WHERE id = :version_id AND lease_id = :lease_id"
)

# The first write of publishing: it waits for nobody and shows whether the lease still holds.
LOCK = text(
    "SELECT id FROM document_versions WHERE id = :version_id AND lease_id = :lease_id"
    " AND status = 'processing' FOR UPDATE"
)

INSERT_CHUNKS = text(
    "INSERT INTO chunks (guild_id, document_id, version_id, ordinal, text, heading_path, page,"
    " char_start, char_end, tokens, terms, fingerprint)"
    " SELECT :guild_id, :document_id, :version_id, ordinal, words,"
    # An array of arrays cannot be unnested row by row: a path travels joined by U+001F.
    " string_to_array(path, U&'\\001F'), page, first, last, tokens, terms, fingerprint"
    " FROM unnest(CAST(:ordinals AS bigint[]), CAST(:texts AS text[]), CAST(:paths AS text[]),"
    " CAST(:pages AS bigint[]), CAST(:starts AS bigint[]), CAST(:ends AS bigint[]),"
    " CAST(:tokens AS bigint[]), CAST(:terms AS bigint[]), CAST(:fingerprints AS bigint[]))"
    " AS new (ordinal, words, path, page, first, last, tokens, terms, fingerprint)"
    " RETURNING ordinal, id"
)

INSERT_POSTINGS = text(
    "INSERT INTO postings (guild_id, term, chunk_id, frequency)"
    " SELECT :guild_id, new.* FROM unnest(CAST(:terms AS text[]), CAST(:chunk_ids AS bigint[]),"
    " CAST(:frequencies AS smallint[])) AS new"
)

INSERT_EMBEDDINGS = text(
    "INSERT INTO embeddings (guild_id, model_id, chunk_id, text_hash, embedding)"
    " SELECT :guild_id, :model_id, new.chunk_id, new.hash, staged.embedding"
    " FROM unnest(CAST(:chunk_ids AS bigint[]), CAST(:hashes AS bytea[])) AS new (chunk_id, hash)"
    " JOIN staged_embeddings staged ON staged.version_id = :version_id"
    " AND staged.model_id = :model_id AND staged.text_hash = new.hash RETURNING chunk_id"
)

# Of this version, and of those before it that never came so far.
FORGET_STAGED = text(
    "DELETE FROM staged_embeddings USING document_versions"
    " WHERE document_versions.id = staged_embeddings.version_id"
    " AND document_versions.document_id = :document_id AND document_versions.number <= :number"
)

# A step forward: whoever lost the lease learns it here, and the starts count from here again.
MOVE_FORWARD = text(
    "UPDATE document_versions SET starts = 0 WHERE id = :version_id AND lease_id = :lease_id"
    " AND status = 'processing' RETURNING id"
)

# What the current version says in the same words has its vector already.
REUSE = text(
    "INSERT INTO staged_embeddings (version_id, model_id, text_hash, guild_id, embedding)"
    " SELECT :version_id, embeddings.model_id, embeddings.text_hash, embeddings.guild_id,"
    " embeddings.embedding FROM documents"
    " JOIN chunks ON chunks.version_id = documents.current_version_id"
    " JOIN embeddings ON embeddings.chunk_id = chunks.id AND embeddings.model_id = :model_id"
    " WHERE documents.id = :document_id"
    " AND embeddings.text_hash = ANY(CAST(:hashes AS bytea[])) ON CONFLICT DO NOTHING"
)

STAGED = text(
    "SELECT text_hash FROM staged_embeddings"
    " WHERE version_id = :version_id AND model_id = :model_id"
)

STAGE = text(
    "INSERT INTO staged_embeddings (version_id, model_id, text_hash, guild_id, embedding)"
    " SELECT :version_id, :model_id, new.hash, :guild_id, CAST(new.vector AS vector)"
    " FROM unnest(CAST(:hashes AS bytea[]), CAST(:vectors AS text[])) AS new (hash, vector)"
    " ON CONFLICT DO NOTHING"
)

# A version overtaken by a newer one is ready, but does not answer.
SWITCH = text(
    "UPDATE documents SET current_version_id = :version_id,"
    " title = coalesce(given_title, :title), language = :language,"
    " updated_at = clock_timestamp() WHERE id = :document_id AND NOT EXISTS ("
    " SELECT FROM document_versions newer WHERE newer.id = documents.current_version_id"
    " AND newer.number > :number) RETURNING id"
)

FORGET_OTHERS = text(
    "DELETE FROM chunks WHERE document_id = :document_id AND version_id <> :version_id"
)

READY = text(
    "UPDATE document_versions SET status = 'ready', status_reason = :notices, text = :text,"
    " media_type = :media_type, pages = :pages, passages = :passages, probe_rank = :probe_rank,"
    " progress_stage = 'ready', progress_done = :passages, progress_total = :passages,"
    " published_at = clock_timestamp(), lease_id = NULL, lease_expires_at = NULL"
    " WHERE id = :version_id AND lease_id = :lease_id"
)

END = text(
    "UPDATE document_versions SET status = :status, status_reason = :reason,"
    " attempts = attempts + 1, lease_id = NULL, lease_expires_at = NULL"
    " WHERE id = :version_id AND lease_id = :lease_id"
)

TOUCH = text(
    "UPDATE documents SET updated_at = clock_timestamp() WHERE id ="
    " (SELECT document_id FROM document_versions WHERE id = :version_id)"
)

# How many passages stand nearer to the document's own words than its nearest one, plus one.
PROBE = text(
    "SELECT count(*) + 1 FROM embeddings WHERE guild_id = :guild_id AND model_id = :model_id"
    " AND (embedding <=> CAST(:vector AS vector)) <"
    " (SELECT min(own.embedding <=> CAST(:vector AS vector)) FROM embeddings own"
    " WHERE own.model_id = :model_id AND own.chunk_id = ANY(CAST(:chunk_ids AS bigint[])))"
)

INTERACTION = text(
    "SELECT id, application_id, token, expires_at FROM interactions"
    " WHERE version_id = :version_id AND token IS NOT NULL AND delivered_at IS NULL"
    " AND expires_at > clock_timestamp() + interval '30 seconds' ORDER BY id"
)

# What came with one message of Discord's belongs together: the newest version of each document
# that has the message's link. Any other version stands alone.
TOGETHER = (
    "SELECT CAST(:version_id AS uuid) UNION ALL"
    " SELECT (SELECT newest.id FROM document_versions newest WHERE newest.document_id = mates.id"
    " ORDER BY newest.number DESC LIMIT 1)"
    " FROM document_versions asked JOIN documents own ON own.id = asked.document_id"
    " JOIN documents mates ON mates.guild_id = own.guild_id AND mates.source_url = own.source_url"
    " AND mates.id <> own.id"
    " WHERE asked.id = :version_id AND own.source_url LIKE 'https://discord.com/channels/%'"
)

INTERACTIONS = text(
    "SELECT id, application_id, token, expires_at FROM interactions"  # noqa: S608 - ours
    " WHERE token IS NOT NULL AND delivered_at IS NULL"
    " AND expires_at > clock_timestamp() + interval '30 seconds'"
    f" AND version_id IN ({TOGETHER}) ORDER BY id"
)

DELIVERED = text("UPDATE interactions SET delivered_at = clock_timestamp() WHERE id = :id")

OUTCOME = text(
    "SELECT document_versions.id AS version_id, documents.title, document_versions.status,"  # noqa: S608
    " document_versions.status_reason AS reason, document_versions.pages,"
    " document_versions.passages, documents.language, document_versions.probe_rank AS rank"
    " FROM document_versions JOIN documents ON documents.id = document_versions.document_id"
    f" WHERE document_versions.id IN ({TOGETHER})"
    " ORDER BY documents.created_at, documents.source_name"
)
