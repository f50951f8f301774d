"""The SQL of search. Only passages of a document's current version are ever looked at."""

from functools import lru_cache

from sqlalchemy import TextClause, text

from functions.runtime.embedder.registry import RegisteredModel
from functions.search.filters import FILTERED

# ISO 639 for a language nothing told.
UNTOLD = "und"

_CURRENT = (
    " JOIN documents ON documents.id = chunks.document_id"
    " AND documents.current_version_id = chunks.version_id"
)


def _statement(*parts: str) -> TextClause:
    return text(" ".join(parts))


_MODEL = ", ".join(f"model.{field}" for field in RegisteredModel.__struct_fields__)
# All that a search must know at first, in one go; a guild that nobody added yet has no row.
START = _statement(
    f"SELECT {_MODEL}, listed.segment_ids,",
    "listed.generations, listed.passages, listed.terms FROM guilds",
    "JOIN embedding_models model ON model.id = guilds.embedding_model_id CROSS JOIN LATERAL (",
    "SELECT coalesce(array_agg(id ORDER BY id), '{}') AS segment_ids,",
    "coalesce(array_agg(generation ORDER BY id), '{}') AS generations,",
    "CAST(coalesce(sum(living), 0) AS bigint) AS passages,",
    "CAST(coalesce(sum(terms), 0) AS bigint) AS terms",
    "FROM segments WHERE segments.guild_id = :guild_id) listed",
    "WHERE guilds.guild_id = :guild_id",
)

# A segment's passages never change; which of them still answer does.
SEGMENTS = _statement(
    "SELECT segments.id,",
    "CASE WHEN segments.id = ANY(CAST(:unread AS bigint[])) THEN chunk_ids END AS chunk_ids,",
    "CASE WHEN segments.id = ANY(CAST(:unread AS bigint[])) THEN lengths END AS lengths,",
    "held.first_slots, held.counts, held.languages, held.documents",
    "FROM segments CROSS JOIN LATERAL (",
    "SELECT coalesce(array_agg(first_slot), '{}') AS first_slots,",
    "coalesce(array_agg(version.passages), '{}') AS counts,",
    "coalesce(array_agg(version.language), '{}') AS languages,",
    "coalesce(array_agg(version.document_id), '{}') AS documents",
    "FROM segment_versions version WHERE version.segment_id = segments.id) held",
    "WHERE segments.id = ANY(CAST(:changed AS bigint[]))",
)

POSTINGS = _statement(
    "SELECT segment_id, term, slots, frequencies FROM postings",
    "WHERE segment_id = ANY(CAST(:segment_ids AS bigint[]))",
    "AND term = ANY(CAST(:terms AS text[]))",
)


# As bytes: two figures of two bytes, then four bytes for each dimension, big-endian.
VECTORS = _statement(
    "SELECT chunk_id, vector_send(embedding) AS vector FROM embeddings",
    "WHERE guild_id = :guild_id AND model_id = :model_id",
    "AND chunk_id = ANY(CAST(:chunk_ids AS bigint[]))",
)

CENTRE = _statement(
    "SELECT CAST(avg(embedding) AS real[]) AS centre FROM embeddings",
    "WHERE guild_id = :guild_id AND model_id = :model_id",
    "AND chunk_id = ANY(CAST(:chunk_ids AS bigint[]))",
)

# Where in the segments the documents stand that may answer, in one row.
ALLOWED = _statement(
    "SELECT coalesce(array_agg(version.segment_id), '{}') AS segment_ids,",
    "coalesce(array_agg(version.first_slot), '{}') AS first_slots,",
    "coalesce(array_agg(version.passages), '{}') AS counts",
    "FROM segment_versions version JOIN documents ON documents.id = version.document_id",
    "WHERE version.guild_id = :guild_id",
    FILTERED,
)


def _asked(model: RegisteredModel, name: str = "moved") -> str:
    # In a sub-select, which is worked out once: a prepared plan would read the text for each row,
    # 150 ms for 5,000.
    return f"(SELECT CAST(CAST(:{name} AS text) AS vector({model.dimensions})))"


def _found(model: RegisteredModel, *nearest: str) -> TextClause:
    # Documents are looked up for what was found, never for what is compared: 5,000 take 20 ms.
    return _statement(
        "WITH nearest AS MATERIALIZED (",
        *nearest,
        "), compared AS (SELECT chunk_id, embedding, true AS near FROM nearest UNION ALL",
        "SELECT embeddings.chunk_id, embeddings.embedding, false",
        f"FROM embeddings WHERE embeddings.model_id = {model.id}",
        "AND embeddings.chunk_id = ANY(CAST(:also AS bigint[]))",
        "AND NOT EXISTS (SELECT FROM nearest WHERE nearest.chunk_id = embeddings.chunk_id))",
        "SELECT compared.chunk_id, chunks.document_id, compared.near,",
        f"1 - (compared.embedding <=> {_asked(model, 'vector')}) AS cosine,",
        f"- (compared.embedding <#> {_asked(model)}) AS nearness",
        "FROM compared JOIN chunks ON chunks.id = compared.chunk_id",
        _CURRENT,
    )


@lru_cache(maxsize=16)
def exact(model: RegisteredModel, *, filtered: bool = False) -> TextClause:
    """Compare every passage of the guild, or of those allowed: 1.2 ms for 5,000.

    Not by the index's own expression, or the planner would walk the index of all guilds.
    """
    return _found(
        model,
        "SELECT embeddings.chunk_id, embeddings.embedding",
        f"FROM embeddings WHERE embeddings.model_id = {model.id}",
        "AND embeddings.guild_id = :guild_id",
        "AND embeddings.chunk_id = ANY(CAST(:allowed AS bigint[]))" if filtered else "",
        f"ORDER BY embeddings.embedding <=> {_asked(model)}, embeddings.chunk_id LIMIT :depth",
    )


# Filtering by guild after the index would return too few: the scan goes on until enough are found.
# It begins with as many as are asked for: from 40, the default, recall@10 fell to .95 in one of
# three graphs, and the time is the same.
ITERATE = text(
    "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),"
    " set_config('hnsw.ef_search', CAST(:breadth AS text), true)"
)


@lru_cache(maxsize=16)
def indexed(model: RegisteredModel) -> TextClause:
    """Walk the model's index. Its number is written out: a parameter would not match the index."""
    return _found(
        model,
        "SELECT embeddings.chunk_id, embeddings.embedding FROM embeddings",
        f"WHERE embeddings.model_id = {model.id} AND embeddings.guild_id = :guild_id",
        f"ORDER BY {model.distance_by_index('moved')} LIMIT :depth",
    )


PASSAGES = _statement(
    "SELECT chunks.id AS chunk_id, chunks.document_id, chunks.ordinal, chunks.text,",
    "chunks.heading_path, chunks.page, documents.title, documents.source_name,",
    "documents.source_url, documents.language, chunks.fingerprint FROM chunks",
    _CURRENT,
    "WHERE chunks.guild_id = :guild_id AND chunks.id = ANY(CAST(:chunk_ids AS bigint[]))",
)

NEIGHBOURS = _statement(
    "SELECT chunks.document_id, chunks.ordinal, chunks.text FROM chunks",
    _CURRENT,
    "JOIN unnest(CAST(:documents AS uuid[]), CAST(:ordinals AS int[])) AS wanted (id, ordinal)",
    "ON wanted.id = chunks.document_id AND wanted.ordinal = chunks.ordinal",
    "WHERE chunks.guild_id = :guild_id",
)
