"""The SQL of ingestion; whatever is written is guarded by the lease."""

from functools import lru_cache

from sqlalchemy import TextClause, text

from functions.runtime.embedder.registry import RegisteredModel

LOAD = text(
    "SELECT document_versions.content, document_versions.fetch_url, document_versions.size_bytes,"
    " document_versions.number, documents.id AS document_id, documents.source_name,"
    " documents.title, documents.given_title, documents.origin = 'url' AS is_page,"
    " documents.current_version_id,"
    " documents.listed_by, answering.etag, answering.last_modified"
    " FROM document_versions JOIN documents ON documents.id = document_versions.document_id"
    # What the server said is worth asking with while it speaks of the bytes that answer.
    " LEFT JOIN documents answering ON answering.id = documents.id AND NOT EXISTS ("
    " SELECT FROM document_versions newer JOIN document_versions current"
    " ON current.id = documents.current_version_id WHERE newer.document_id = documents.id"
    " AND newer.number > current.number AND newer.size_bytes > 0)"
    " WHERE document_versions.id = :version_id"
)

# Counted from where a document is really worked on: those that wait for a seat end no worker.
COUNT_START = text(
    "UPDATE document_versions SET starts = greatest(starts + :step, 0)"
    " WHERE id = :version_id AND lease_id = :lease_id"
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

# One segment for one version: its few passages wait for fifteen others to be merged with.
INSERT_SEGMENT = text(
    "WITH segment AS (INSERT INTO segments"
    " (guild_id, tier, passages, living, terms, chunk_ids, lengths)"
    " VALUES (:guild_id, 0, :passages, :passages, :terms_total, :chunk_ids, :lengths)"
    " RETURNING id), version AS (INSERT INTO segment_versions"
    " (version_id, guild_id, document_id, segment_id, first_slot, passages, terms, language)"
    " SELECT :version_id, :guild_id, :document_id, segment.id, 0, :passages, :terms_total,"
    " :language FROM segment)"
    " INSERT INTO postings (segment_id, term, guild_id, slots, frequencies)"
    " SELECT segment.id, new.term, :guild_id, new.slots, new.frequencies FROM segment,"
    " unnest(CAST(:terms AS text[]), CAST(:slots AS bytea[]), CAST(:frequencies AS bytea[]))"
    " AS new (term, slots, frequencies)"
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

# A version overtaken by a newer one is ready, but does not answer.
SWITCH = text(
    "UPDATE documents SET current_version_id = :version_id,"
    " title = coalesce(given_title, :title), language = :language,"
    " updated_at = clock_timestamp() WHERE id = :document_id AND NOT EXISTS ("
    " SELECT FROM document_versions newer WHERE newer.id = documents.current_version_id"
    " AND newer.number > :number) RETURNING id"
)

FORGET_OTHERS = text(
    "WITH unlisted AS (DELETE FROM segment_versions"
    " WHERE document_id = :document_id AND version_id <> :version_id)"
    " DELETE FROM chunks WHERE document_id = :document_id AND version_id <> :version_id"
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

# As far as pgvector's walk of an index goes by itself.
PROBED = 40


@lru_cache(maxsize=16)
def probe(model: RegisteredModel) -> TextClause:
    """Tell how many passages stand nearer to the document's own words than its nearest, plus one.

    Whoever is not among the first that the index brings is compared with every passage: a million
    take 0.4 s, which no document that finds itself need wait for.
    """
    whole = "(SELECT CAST(CAST(:vector AS text) AS vector))"
    return text(
        "SELECT coalesce((SELECT min(place) FROM ("  # noqa: S608 - ours
        " SELECT chunk_id, rank() OVER (ORDER BY distance) AS place FROM ("
        f" SELECT chunk_id, {model.distance_by_index('vector')} AS distance FROM embeddings"
        f" WHERE model_id = {model.id} AND guild_id = :guild_id ORDER BY distance LIMIT {PROBED}"
        " ) nearest) ranked WHERE chunk_id = ANY(CAST(:chunk_ids AS bigint[]))),"
        " (SELECT count(*) + 1 FROM embeddings"
        f" WHERE guild_id = :guild_id AND model_id = {model.id}"
        f" AND (embedding <=> {whole}) <"
        f" (SELECT min(own.embedding <=> {whole}) FROM embeddings own"
        f" WHERE own.model_id = {model.id} AND own.chunk_id = ANY(CAST(:chunk_ids AS bigint[])))))"
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
TELL_LATER = text(
    "UPDATE document_versions SET next_attempt_at = clock_timestamp()"
    " + make_interval(secs => :seconds) WHERE id = :id AND lease_id IS NULL"
)

OUTCOME = text(
    "SELECT document_versions.id AS version_id, documents.title, document_versions.status,"  # noqa: S608
    " document_versions.status_reason AS reason, document_versions.pages,"
    " document_versions.passages, documents.language, document_versions.probe_rank AS rank"
    " FROM document_versions JOIN documents ON documents.id = document_versions.document_id"
    f" WHERE document_versions.id IN ({TOGETHER})"
    " ORDER BY documents.created_at, documents.source_name"
)

CHECKED = text(
    "UPDATE documents SET etag = :etag, last_modified = :last_modified,"
    " checked_at = clock_timestamp() WHERE id = :document_id AND EXISTS (SELECT"
    " FROM document_versions WHERE id = :version_id AND lease_id = :lease_id)"
)

# A page that is fetched every hour would keep every state it was ever in. What a moderator still
# waits to hear of stays.
FORGET_OVERTAKEN = text(
    "DELETE FROM document_versions old USING documents WHERE documents.id = :document_id"
    " AND old.document_id = documents.id AND old.id <> :version_id"
    " AND old.id IS DISTINCT FROM documents.current_version_id"
    " AND old.status IN ('ready', 'failed', 'dead') AND NOT EXISTS (SELECT FROM interactions"
    " WHERE interactions.version_id = old.id AND token IS NOT NULL AND delivered_at IS NULL)"
    " AND EXISTS (SELECT FROM document_versions WHERE id = :version_id AND lease_id = :lease_id)"
)

CURRENT = text(
    "SELECT version.id, version.number, version.content_hash, version.media_type, CASE"
    " WHEN version.media_type IN ('application/sitemap+xml', 'text/uri-list')"
    " THEN version.content END AS content, EXISTS (SELECT FROM document_versions other"
    " WHERE other.document_id = documents.id AND other.id <> :version_id"
    " AND other.number > version.number AND other.status IN ('received', 'processing'))"
    " AS being_replaced FROM documents"
    " JOIN document_versions version ON version.id = documents.current_version_id"
    " WHERE documents.id = :document_id"
)

SAME_BYTES = text(
    "SELECT documents.title FROM document_versions version"
    " JOIN documents ON documents.current_version_id = version.id"
    " WHERE version.guild_id = :guild_id AND version.content_hash = :content_hash"
    " AND documents.id <> :document_id ORDER BY documents.created_at LIMIT 1"
)

CHECKED_UNCHANGED = text(
    "UPDATE documents SET checked_at = clock_timestamp() WHERE id = :document_id"
)

POINT_AT_CURRENT = text(
    "UPDATE interactions SET version_id = :current_id WHERE version_id = :version_id"
)

# Failures after the version that answers are forgotten with it: its bytes are the newest again.
FORGET_VERSION = text(
    "DELETE FROM document_versions old WHERE document_id = :document_id AND (id = :version_id"
    " OR (number > :number AND status IN ('failed', 'dead') AND NOT EXISTS (SELECT"
    " FROM interactions WHERE interactions.version_id = old.id AND token IS NOT NULL"
    " AND delivered_at IS NULL)))"
)

LACKS_PAGES = text(
    "SELECT EXISTS (SELECT FROM unnest(CAST(:addresses AS text[])) AS named (address)"
    " WHERE NOT EXISTS (SELECT FROM documents known WHERE known.guild_id = :guild_id"
    " AND known.source_name = named.address))"
)

FORGET_MARKS = text(
    "UPDATE documents SET etag = NULL, last_modified = NULL WHERE id = :document_id"
)

FORGET_DOCUMENT = text("DELETE FROM documents WHERE id = :document_id")

LOCK_PARENT = text("SELECT listed_by FROM documents WHERE id = :listed_by FOR UPDATE")

COUNT_FAMILY = text(
    "SELECT count(*) FROM documents WHERE listed_by <> :document_id AND (listed_by = :listed_by"
    " OR listed_by IN (SELECT id FROM documents WHERE listed_by = :listed_by))"
)

COUNT_PAGES = text("SELECT count(*) FROM documents WHERE listed_by = :document_id")

FORGET_PAGES = text(
    "DELETE FROM documents WHERE listed_by = :document_id"
    " AND source_name <> ALL (CAST(:addresses AS text[]))"
)

REFRESH_PAGES = text(
    "UPDATE documents SET next_refresh_at = clock_timestamp()"
    " + (due.turn - 1) * make_interval(secs => CAST(:delay AS double precision))"
    " FROM (SELECT known.id, row_number() OVER (ORDER BY page.turn) AS turn"
    " FROM unnest(CAST(:addresses AS text[]), CAST(:changes AS timestamptz[]))"
    " WITH ORDINALITY AS page (address, changed, turn)"
    " JOIN documents known ON known.source_name = page.address"
    " WHERE known.listed_by = :document_id AND (page.changed IS NULL OR known.checked_at IS NULL"
    " OR page.changed > known.checked_at) AND NOT EXISTS (SELECT FROM document_versions open"
    " WHERE open.document_id = known.id AND open.status IN ('received', 'processing'))) due"
    " WHERE documents.id = due.id"
)

ADD_PAGES = text(
    "WITH page AS (SELECT new.address, row_number() OVER (ORDER BY new.turn) AS turn"
    " FROM unnest(CAST(:addresses AS text[])) WITH ORDINALITY AS new (address, turn)"
    " WHERE NOT EXISTS (SELECT FROM documents known WHERE known.guild_id = :guild_id"
    " AND known.source_name = new.address) ORDER BY new.turn LIMIT :room), added AS ("
    " INSERT INTO documents (guild_id, title, source_name, source_url, origin, uploaded_by,"
    " listed_by) SELECT list.guild_id, page.address, page.address, page.address, 'url',"
    " list.uploaded_by, list.id FROM page CROSS JOIN documents list WHERE list.id = :document_id"
    " ON CONFLICT (guild_id, source_name) DO NOTHING RETURNING id, source_name), waiting AS ("
    " INSERT INTO document_versions (guild_id, document_id, number, fetch_url, size_bytes,"
    " next_attempt_at) SELECT :guild_id, added.id, 1, page.address, 0, clock_timestamp()"
    " + (page.turn - 1) * make_interval(secs => CAST(:delay AS double precision))"
    " FROM added JOIN page ON page.address = added.source_name RETURNING id, fetch_url)"
    " SELECT waiting.id FROM waiting JOIN page ON page.address = waiting.fetch_url"
    " WHERE page.turn <= :soon ORDER BY page.turn"
)

SWITCH_LIST = text(
    "UPDATE documents SET current_version_id = :version_id, language = NULL,"
    " updated_at = clock_timestamp() WHERE id = :document_id AND NOT EXISTS ("
    " SELECT FROM document_versions newer WHERE newer.id = documents.current_version_id"
    " AND newer.number > :number) RETURNING id"
)

READY_LIST = text(
    "UPDATE document_versions SET status = 'ready', status_reason = :notices, text = :text,"
    " media_type = :media_type, pages = NULL, passages = 0, progress_stage = 'ready',"
    " progress_done = 0, progress_total = 0, published_at = clock_timestamp(),"
    " lease_id = NULL, lease_expires_at = NULL WHERE id = :version_id AND lease_id = :lease_id"
)

# One merge at a time in a guild; whoever comes second leaves it to the first.
TAKE_SEGMENTS = text("SELECT pg_try_advisory_xact_lock(hashtextextended('segments', :guild_id))")

# Shorter than PostgreSQL's own search for deadlocks: a merge gives way before anybody is stopped.
YIELD_TO_DELETERS = text("SELECT set_config('lock_timeout', '300ms', true)")

# A full tier's oldest segments become one of the next tier; one that is mostly dead is written
# again without its dead, where it is.
SEGMENTS_TO_MERGE = text(
    "SELECT tier + 1 AS tier, (array_agg(id ORDER BY id))[1:CAST(:fan_in AS integer)]"
    " AS segment_ids FROM segments WHERE guild_id = :guild_id GROUP BY segments.tier"
    " HAVING count(*) >= :fan_in UNION ALL"
    " SELECT tier, ARRAY[id] FROM segments WHERE guild_id = :guild_id"
    " AND living < 0.7 * passages ORDER BY tier LIMIT 1"
)

LIVING_SLOTS = text(
    "SELECT segment_id, version_id, first_slot, passages FROM segment_versions"
    " WHERE segment_id = ANY(CAST(:segment_ids AS bigint[])) ORDER BY segment_id, first_slot"
)

SEGMENT_PASSAGES = text(
    "SELECT id, passages, chunk_ids, lengths FROM segments"
    " WHERE id = ANY(CAST(:segment_ids AS bigint[])) ORDER BY id"
)

ADD_SEGMENT = text(
    "INSERT INTO segments (guild_id, tier, passages, living, terms, chunk_ids, lengths)"
    " VALUES (:guild_id, :tier, :passages, 0, 0, :chunk_ids, :lengths) RETURNING id"
)

POSTINGS_BY_TERM = text(
    "SELECT term, segment_id, slots, frequencies FROM postings"
    " WHERE segment_id = ANY(CAST(:sources AS bigint[])) ORDER BY term, segment_id"
)

ADD_POSTINGS = text(
    "INSERT INTO postings (segment_id, term, guild_id, slots, frequencies)"
    " SELECT :segment_id, new.term, :guild_id, new.slots, new.frequencies"
    " FROM unnest(CAST(:terms AS text[]), CAST(:slots AS bytea[]), CAST(:frequencies AS bytea[]))"
    " AS new (term, slots, frequencies)"
)

# Waits for whoever is deleting one of them, and then leaves that one out.
MOVE_VERSIONS = text(
    "UPDATE segment_versions SET segment_id = :segment_id, first_slot = moved.first_slot"
    " FROM unnest(CAST(:version_ids AS uuid[]), CAST(:first_slots AS bigint[]))"
    " AS moved (version_id, first_slot) WHERE segment_versions.version_id = moved.version_id"
    " AND segment_versions.segment_id = ANY(CAST(:sources AS bigint[]))"
)

COUNT_SEGMENT = text(
    "UPDATE segments SET living = held.passages, terms = held.terms"
    " FROM (SELECT coalesce(sum(passages), 0) AS passages, coalesce(sum(terms), 0) AS terms"
    " FROM segment_versions WHERE segment_id = :segment_id) held WHERE segments.id = :segment_id"
)

FORGET_IF_DEAD = text("DELETE FROM segments WHERE id = :segment_id AND living = 0")

FORGET_SEGMENTS = text("DELETE FROM segments WHERE id = ANY(CAST(:sources AS bigint[]))")
