"""The SQL of generation; whatever is written is guarded by the lease."""

from sqlalchemy import text

# One that queued up says so still: its turn is asked for before anything is looked up again. One
# whose worker died may stand in line whatever it says.
BEGIN = text(
    "UPDATE questions SET stage = CASE stage WHEN 'queued' THEN stage ELSE 'searching' END"
    " FROM guilds WHERE questions.id = :question_id AND lease_id = :lease_id"
    " AND guilds.guild_id = questions.guild_id"
    " RETURNING questions.id, questions.guild_id, text, conversation, asked_by, stage,"
    " follows IS NOT NULL AS is_follow_up,"
    " CAST(extract(epoch FROM clock_timestamp() - asked_at) AS float8) AS age,"
    " cancelled_at IS NOT NULL AS stopped,"
    " EXISTS (SELECT FROM model_turns WHERE question_id = questions.id) AS in_line,"
    " gate, unsupported, instructions, caches_answers, rewrites_questions"
)

REPORT = text(
    "UPDATE questions SET stage = :stage, partial = :partial"
    " WHERE id = :question_id AND lease_id = :lease_id RETURNING cancelled_at IS NOT NULL"
)

LOOK = text(
    "SELECT cancelled_at IS NOT NULL FROM questions"
    " WHERE id = :question_id AND lease_id = :lease_id"
)

TAKE_TURN = text("SELECT lore_take_turn(:question_id, :guild_id, :lease_id, :slots)")

QUEUED_MS = text(
    "SELECT CAST(1000 * extract(epoch FROM clock_timestamp() - queued_at) AS float8)"
    " FROM model_turns WHERE question_id = :question_id"
)

END_TURN = text("SELECT lore_end_turn(:question_id, :lease_id, :slots)")

# Whoever queues up did not fail and did not end its worker: this start does not count. One that was
# stopped this very moment need not wait.
WAIT = text(
    "UPDATE questions SET stage = 'queued', lease_id = NULL, lease_expires_at = NULL,"
    " starts = greatest(starts - 1, 0),"
    " next_attempt_at = clock_timestamp()"
    " + CASE WHEN cancelled_at IS NULL THEN make_interval(secs => :seconds) ELSE interval '0' END"
    " WHERE id = :question_id AND lease_id = :lease_id RETURNING id"
)

# The lease stays until the answer is delivered, so that nobody else delivers it meanwhile.
PUBLISH = text(
    "UPDATE questions SET status = :status, answer = :answer, answer_kind = :kind, model = :model,"
    " evidence = :evidence, failure_reason = :reason, attempts = attempts + :failed,"
    " timings = CAST(CAST(:timings AS text) AS jsonb),"
    " record = CAST(CAST(:record AS text) AS jsonb),"
    " stage = 'ended', partial = NULL, answered_at = clock_timestamp()"
    " WHERE id = :question_id AND lease_id = :lease_id AND status = 'answering' RETURNING id"
)

FORGET_CITATIONS = text("DELETE FROM citations WHERE question_id = :question_id")

INSERT_CITATION = text(
    "INSERT INTO citations (question_id, guild_id, number, document_id, title, location, url,"
    " quote) VALUES (:question_id, :guild_id, :number, :document_id, :title, :location, :url,"
    " :quote)"
)

# An answer that is published but not delivered is leased again, to be delivered and no more.
CLAIM_DELIVERY = text(
    "UPDATE questions SET lease_id = :lease_id,"
    " lease_expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE id = :question_id AND delivered_at IS NULL"
    " AND status IN ('answered', 'refused', 'failed')"
    " AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())"
    " RETURNING attempts"
)

ENDED = text(
    "SELECT text, status, answer, answer_kind, failure_reason,"
    " record ? 'cached_from' AS is_known FROM questions WHERE id = :question_id"
)

CITATIONS = text(
    "SELECT number, title, location, url FROM citations WHERE question_id = :question_id"
    " ORDER BY number"
)

# The token is forgotten when it expires; the channel can be written to all the same.
NOTICES = text(
    "SELECT id, application_id, channel_id, token, expires_at, is_private, parts_begun, parts_sent"
    " FROM interactions WHERE question_id = :question_id AND delivered_at IS NULL ORDER BY id"
)

# Written down before and after a message leaves that would show twice if it was sent again.
NOTE_PARTS = text(
    "UPDATE interactions SET parts_begun = :begun, parts_sent = :sent WHERE id = :id"
    " AND EXISTS (SELECT FROM questions WHERE questions.id = :question_id"
    " AND questions.lease_id = :lease_id) RETURNING id"
)

NOTICE_DELIVERED = text("UPDATE interactions SET delivered_at = clock_timestamp() WHERE id = :id")

DELIVERED = text(
    "UPDATE questions SET delivered_at = clock_timestamp(), lease_id = NULL,"
    " lease_expires_at = NULL WHERE id = :question_id AND lease_id = :lease_id"
)

# What a question continues: the answer it was put to, else the one before it in its conversation.
# One that was forgotten has no conversation, and what lies behind it is not reached either.
EARLIER = text(
    "WITH RECURSIVE earlier AS ("
    " SELECT id, text, answer, status, record, follows, conversation, asked_at, 0 AS depth"
    " FROM questions WHERE id = :question_id"
    " UNION ALL"
    " SELECT found.*, earlier.depth + 1 FROM earlier CROSS JOIN LATERAL ("
    "  SELECT id, text, answer, status, record, follows, conversation, asked_at FROM questions"
    "  WHERE status <> 'failed' AND conversation IS NOT NULL AND ("
    "   id = earlier.follows OR (earlier.follows IS NULL AND conversation = earlier.conversation"
    "    AND asked_at < earlier.asked_at"
    "    AND asked_at >= earlier.asked_at - make_interval(secs => :seconds)))"
    "  ORDER BY asked_at DESC LIMIT 1) found"
    " WHERE earlier.depth < :most)"
    " SELECT text, CASE status WHEN 'answered' THEN answer END AS answer,"
    " record -> 'passages' AS passages FROM earlier WHERE depth > 0 ORDER BY depth DESC"
)

# Everything an answer may name: a document that is renamed makes another library, too.
LIBRARY = text(
    "SELECT coalesce(sha256(convert_to(string_agg(concat_ws(chr(31), id, current_version_id, title,"
    " source_url), chr(30) ORDER BY id), 'UTF8')), '') FROM documents"
    " WHERE guild_id = :guild_id AND current_version_id IS NOT NULL"
)

# A vector is compared with those of its own model alone: others have other lengths.
SIMILAR = text(
    "SELECT questions.id, text FROM cached_answers"
    " JOIN questions ON questions.id = question_id"
    " WHERE cached_answers.guild_id = :guild_id AND library = :library AND model_id = :model_id"
    " AND embedding <=> CAST(:vector AS vector) <= :farthest"
    " ORDER BY embedding <=> CAST(:vector AS vector) LIMIT :most"
)

KNOWN_ANSWER = text(
    "SELECT answer AS text, answer_kind AS kind, model, evidence,"
    " record ->> 'prompt_version' AS prompt_version, record -> 'passages' AS passages"
    " FROM questions WHERE id = :question_id AND status = 'answered'"
)

KNOWN_CITATIONS = text(
    "SELECT number, document_id, title, location, url, quote FROM citations"
    " WHERE question_id = :question_id ORDER BY number"
)

REMEMBER = text(
    "INSERT INTO cached_answers (question_id, guild_id, model_id, library, embedding)"
    " SELECT :question_id, :guild_id, :model_id, :library, CAST(:vector AS vector)"
    # What one member alone may read is nobody else's answer, forgotten or not.
    " WHERE NOT EXISTS (SELECT FROM interactions"
    " WHERE interactions.question_id = :question_id AND is_private)"
    " ON CONFLICT DO NOTHING"
)

# A library that is no more comes back never.
FORGET_OTHER_LIBRARIES = text(
    "DELETE FROM cached_answers WHERE guild_id = :guild_id AND library <> :library"
)
