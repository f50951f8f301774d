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
    "held.first_slots, held.counts, held.languages FROM segments CROSS JOIN LATERAL (",
    "SELECT coalesce(array_agg(first_slot), '{}') AS first_slots,",
    "coalesce(array_agg(version.passages), '{}') AS counts,",
    "coalesce(array_agg(version.language), '{}') AS languages",
    "FROM segment_versions version WHERE version.segment_id = segments.id) held",
    "WHERE segments.id = ANY(CAST(:changed AS bigint[]))",
)

POSTINGS = _statement(
    "SELECT segment_id, term, slots, frequencies FROM postings",
    "WHERE segment_id = ANY(CAST(:segment_ids AS bigint[]))",
    "AND term = ANY(CAST(:terms AS text[]))",
)


_ALLOWED = f"SELECT FROM chunks {_CURRENT} WHERE chunks.guild_id = :guild_id {FILTERED}"

COUNT_ALLOWED = _statement(
    "SELECT count(*) AS passages FROM chunks",
    _CURRENT,
    "WHERE chunks.guild_id = :guild_id",
    FILTERED,
)


def _distance(model: RegisteredModel) -> str:
    # The expression of the model's partial HNSW index, to the letter: no other finds it.
    size = model.dimensions
    # In a sub-select, which is worked out once: a prepared plan would read the text for each row,
    # 150 ms for 5,000.
    asked = f"(SELECT CAST(CAST(:vector AS text) AS vector({size})))"
    return f"embeddings.embedding::vector({size}) <=> {asked}"


@lru_cache(maxsize=16)
def exact(model: RegisteredModel, *, filtered: bool = False) -> TextClause:
    """Compare every passage of the guild: right for small guilds, which an index would starve.

    Materialised, or the planner would walk the index of all guilds after all.
    """
    return _statement(
        "WITH compared AS MATERIALIZED (",
        "SELECT chunks.id AS chunk_id, chunks.document_id,",
        _distance(model),
        "AS distance FROM chunks",
        _CURRENT,
        "JOIN embeddings ON embeddings.chunk_id = chunks.id",
        f"AND embeddings.model_id = {model.id}",
        "WHERE chunks.guild_id = :guild_id",
        FILTERED if filtered else "",
        ")",
        "(SELECT chunk_id, document_id, 1 - distance AS cosine FROM compared",
        "ORDER BY distance, chunk_id LIMIT :depth) UNION",
        "SELECT chunk_id, document_id, 1 - distance FROM compared",
        "WHERE chunk_id = ANY(CAST(:also AS bigint[]))",
    )


# Filtering by guild after the index would return too few: the scan goes on until enough are found.
ITERATE = text("SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true)")


@lru_cache(maxsize=16)
def indexed(model: RegisteredModel, *, filtered: bool = False) -> TextClause:
    """Walk the model's index. Its number is written out: a parameter would not match the index."""
    return _statement(
        "WITH nearest AS MATERIALIZED (",
        "SELECT embeddings.chunk_id,",
        _distance(model),
        "AS distance FROM embeddings",
        f"WHERE embeddings.model_id = {model.id} AND embeddings.guild_id = :guild_id",
        f"AND EXISTS ({_ALLOWED} AND chunks.id = embeddings.chunk_id)" if filtered else "",
        "ORDER BY",
        _distance(model),
        "LIMIT :depth),",
        "compared AS (SELECT chunk_id, distance FROM nearest UNION",
        "SELECT embeddings.chunk_id,",
        _distance(model),
        "FROM embeddings",
        f"WHERE embeddings.model_id = {model.id}",
        "AND embeddings.chunk_id = ANY(CAST(:also AS bigint[])))",
        "SELECT compared.chunk_id, chunks.document_id, 1 - compared.distance AS cosine",
        "FROM compared JOIN chunks ON chunks.id = compared.chunk_id",
        _CURRENT,
        FILTERED if filtered else "",
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
