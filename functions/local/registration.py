"""Register embedding models and their indexes, as the database's owner."""

from typing import Final

import httpx
import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from functions.local.calibration import measure
from functions.local.home import UsageError
from functions.runtime.embedder.protocol import MODEL_NAME, EmbeddingModel
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.ollama.describing import describe
from functions.runtime.ollama.embedding import OllamaEmbedder

# What an HNSW index over pgvector's halfvec can hold.
MOST_DIMENSIONS: Final = 4000
# Candidates kept in sight while a vector finds its place. With 64, pgvector's own, a walk among a
# million passages missed whole subjects (decision 9).
EF_CONSTRUCTION: Final = 128
# multilingual-e5-small, which is crowded, has 0.145; all-minilm 0.66.
LEAST_DISTANCE: Final = 0.03
# What the models were trained with, by their cards; quality falls without.
PREFIXES: Final = {
    "nomic-embed-text": ("search_query: ", "search_document: "),
    "mxbai-embed-large": ("Represent this sentence for searching relevant passages: ", ""),
    "embeddinggemma": ("task: search result | query: ", "title: none | text: "),
}
E5_PREFIXES: Final = ("query: ", "passage: ")

MODELS: Final = text(
    "SELECT id, name, engine, dimensions, query_prefix, passage_prefix, normalisation, max_tokens,"
    " unrelated_cosine, related_cosine FROM embedding_models ORDER BY id"
)
REGISTER: Final = text(
    "INSERT INTO embedding_models (id, name, engine, dimensions, query_prefix, passage_prefix,"
    " normalisation, max_tokens, unrelated_cosine, related_cosine) SELECT max(id) + 1, :name,"
    " :engine, :dimensions, :query_prefix, :passage_prefix, :normalisation, :max_tokens,"
    " :unrelated_cosine, :related_cosine FROM embedding_models RETURNING id"
)
INDEX: Final = text(
    "SELECT pg_index.indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = pg_index.indexrelid"
    " WHERE pg_class.relname = :name"
)


class Prefixes(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before a question and before a passage; None where nobody said."""

    query: str | None = None
    passage: str | None = None


def default_prefixes(name: str) -> tuple[str, str]:
    """Return the prefixes that the models of this name were trained with."""
    bare = name.rsplit("/", 1)[-1].split(":", 1)[0]
    if "e5" in bare.split("-"):
        return E5_PREFIXES
    return next((pair for known, pair in PREFIXES.items() if bare.startswith(known)), ("", ""))


async def registered_models(connection: AsyncConnection) -> list[RegisteredModel]:
    """Return every model, the embedded one first."""
    rows = (await connection.execute(MODELS)).mappings()
    return [RegisteredModel(**row) for row in rows]


async def proposed(
    http: httpx.AsyncClient, *, host: str | None, name: str, prefixes: Prefixes
) -> RegisteredModel:
    """Return what would be registered for a model, its size as the model itself shows it."""
    if name == MODEL_NAME:
        return EMBEDDED
    if host is None:
        raise UsageError(
            "OLLAMA_HOST is not set. Set it here and for Lorekeeper itself: every question is"
            " embedded there once the model has changed."
        )
    described = await describe(http, host=host, name=name)
    if described.dimensions > MOST_DIMENSIONS:
        raise UsageError(
            f"{name} has {described.dimensions} dimensions, and an index holds {MOST_DIMENSIONS}."
            " Choose a smaller model."
        )
    query, passage = default_prefixes(name)
    model = RegisteredModel(
        id=0,
        name=name,
        engine="ollama",
        dimensions=described.dimensions,
        query_prefix=query if prefixes.query is None else prefixes.query,
        passage_prefix=passage if prefixes.passage is None else prefixes.passage,
        normalisation=described.normalisation,
        max_tokens=described.max_tokens,
    )
    return await _scaled(model, OllamaEmbedder(http, host=host, model=model))


async def _scaled(model: RegisteredModel, embedder: EmbeddingModel) -> RegisteredModel:
    scale = await measure(embedder)
    if scale.related - scale.unrelated < LEAST_DISTANCE:
        raise UsageError(
            f"{model.name} cannot tell a question's answer from any other text (cosines of"
            f" {scale.related} and {scale.unrelated}). Choose a model made for search."
        )
    return msgspec.structs.replace(
        model, unrelated_cosine=scale.unrelated, related_cosine=scale.related
    )


async def register(connection: AsyncConnection, wanted: RegisteredModel) -> RegisteredModel:
    """Return the model as it is registered, which is done if it is new.

    Raises UsageError where the name stands for other vectors than it did.
    """
    known = {model.name: model for model in await registered_models(connection)}
    found = known.get(wanted.name)
    if found is None:
        number = (await connection.execute(REGISTER, msgspec.structs.asdict(wanted))).scalar_one()
        return msgspec.structs.replace(wanted, id=number)
    # How many tokens it reads and where its cosines lie may be measured a little differently.
    told = msgspec.structs.replace(
        wanted,
        id=found.id,
        max_tokens=found.max_tokens,
        unrelated_cosine=found.unrelated_cosine,
        related_cosine=found.related_cosine,
    )
    if told != found:
        raise UsageError(
            f"{wanted.name} is registered with other dimensions, prefixes or normalisation, and"
            " vectors of two kinds never mix. Give the model another name in Ollama (ollama cp)."
        )
    return found


def index_name(model: RegisteredModel) -> str:
    """Return the name of the model's own index."""
    return f"embeddings_model_{model.id}"


async def ensure_index(connection: AsyncConnection, model: RegisteredModel) -> None:
    """Build the model's index unless it is there and whole; the connection commits by itself.

    Its expression is what proves in the database that every vector has the model's size.
    """
    name = index_name(model)
    valid = await connection.scalar(INDEX, {"name": name})
    if valid:
        return
    if valid is False:
        # Somebody was stopped while building it.
        await connection.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
    await connection.execute(_create(name, model))


def _create(name: str, model: RegisteredModel) -> TextClause:
    # Concurrently: nobody who asks or adds a document waits for it.
    return text(
        f"CREATE INDEX CONCURRENTLY {name} ON embeddings"
        f" USING hnsw (({model.indexed}) halfvec_cosine_ops)"
        f" WITH (ef_construction = {EF_CONSTRUCTION}) WHERE model_id = {model.id}"
    )
