"""The SQL of search. Only passages of a document's current version are ever looked at."""

from functools import lru_cache

from sqlalchemy import TextClause, text

from functions.runtime.embedder.registry import RegisteredModel
from functions.search.filters import FILTERED

# ISO 639 for a language nothing told.
UNTOLD = "und"
K1 = 1.2
B = 0.75

_CURRENT = (
    " JOIN documents ON documents.id = chunks.document_id"
    " AND documents.current_version_id = chunks.version_id"
)


def _statement(*parts: str) -> TextClause:
    return text(" ".join(parts))


STATISTICS = _statement(
    "SELECT count(*) AS passages, coalesce(avg(chunks.terms), 0)::float8 AS mean_terms,",
    "ARRAY(SELECT DISTINCT language FROM documents WHERE guild_id = :guild_id",
    "AND language IS NOT NULL AND current_version_id IS NOT NULL ORDER BY language) AS languages",
    "FROM chunks",
    _CURRENT,
    "WHERE chunks.guild_id = :guild_id",
)

FREQUENCIES = _statement(
    "SELECT postings.term, count(*) AS passages",
    "FROM postings JOIN chunks ON chunks.id = postings.chunk_id",
    _CURRENT,
    "WHERE postings.guild_id = :guild_id AND postings.term = ANY(CAST(:terms AS text[]))",
    "GROUP BY postings.term",
)

LEXICAL = _statement(
    "SELECT chunks.id AS chunk_id, chunks.document_id, sum(wanted.share) AS coverage,",
    f"sum(wanted.idf * postings.frequency * {K1 + 1} / (postings.frequency",
    f"+ {K1} * ({1 - B} + {B} * chunks.terms / CAST(:mean_terms AS float8)))) AS bm25",
    "FROM unnest(CAST(:terms AS text[]), CAST(:idfs AS float8[]), CAST(:shares AS float8[]),",
    "CAST(:languages AS text[])) AS wanted (term, idf, share, languages)",
    "JOIN postings ON postings.guild_id = :guild_id AND postings.term = wanted.term",
    "JOIN chunks ON chunks.id = postings.chunk_id",
    _CURRENT,
    # A passage was stemmed in its document's language, so the question is as well.
    f"WHERE coalesce(documents.language, '{UNTOLD}') = ANY(string_to_array(wanted.languages, ' '))",
    "GROUP BY chunks.id ORDER BY bm25 DESC, chunks.id LIMIT :depth",
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
    return f"embeddings.embedding::vector({size}) <=> CAST(CAST(:vector AS text) AS vector({size}))"


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
