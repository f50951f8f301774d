"""A model is registered once, for what it is, with an index of its own."""

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from functions.local.home import UsageError
from functions.local.registration import (
    MOST_DIMENSIONS,
    Prefixes,
    default_prefixes,
    ensure_index,
    index_name,
    proposed,
    register,
)
from functions.runtime.embedder.protocol import ModelUnusableError
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.ollama.client import OllamaError
from functions.runtime.ollama.twin import OllamaTwin
from tests.integration.local.conftest import HOST, Laptop

VALID = text(
    "SELECT indisvalid, pg_get_indexdef(indexrelid) AS definition FROM pg_index"
    " JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = :name"
)


async def test_a_model_is_registered_as_it_shows_itself(
    laptop: Laptop, engine: AsyncEngine, ollama: OllamaTwin, other_model: RegisteredModel
) -> None:
    assert (other_model.dimensions, other_model.max_tokens) == (256, 512)
    assert (other_model.engine, other_model.query_prefix) == ("ollama", "")
    async with engine.connect() as connection:
        again = await proposed(
            laptop.clients.http, host=HOST, name=ollama.model, prefixes=Prefixes()
        )
        assert await register(connection, again) == other_model


async def test_a_model_of_many_dimensions_has_an_index_too(
    engine: AsyncEngine, other_model: RegisteredModel
) -> None:
    wide = msgspec.structs.replace(other_model, id=0, name="wide", dimensions=MOST_DIMENSIONS)
    async with engine.connect() as connection:
        registered = await register(connection, wide)
        await ensure_index(connection, registered)
        row = (await connection.execute(VALID, {"name": index_name(registered)})).one()
    assert f"halfvec({MOST_DIMENSIONS})" in row.definition


async def test_its_index_is_its_own_and_whole(
    engine: AsyncEngine, other_model: RegisteredModel
) -> None:
    name = index_name(other_model)
    async with engine.connect() as connection:
        # What a stop in the middle of building leaves behind.
        await connection.execute(
            text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(:n AS regclass)"),
            {"n": name},
        )
        await ensure_index(connection, other_model)
        row = (await connection.execute(VALID, {"name": name})).one()
    assert row.indisvalid
    assert f"model_id = {other_model.id}" in row.definition
    assert "halfvec(256)" in row.definition


@pytest.mark.parametrize(
    ("dimensions", "prefixes", "why"),
    [
        (128, Prefixes(), "another size: another model under the same name"),
        (256, Prefixes(query="q: "), "another prefix: questions would miss the passages"),
        (256, Prefixes(passage="p: "), "likewise"),
    ],
)
async def test_a_name_never_comes_to_mean_other_vectors(
    laptop: Laptop,
    engine: AsyncEngine,
    ollama: OllamaTwin,
    other_model: RegisteredModel,
    dimensions: int,
    prefixes: Prefixes,
    why: str,
) -> None:
    ollama.embedder = HashEmbedder(dimensions=dimensions)
    wanted = await proposed(laptop.clients.http, host=HOST, name=ollama.model, prefixes=prefixes)
    async with engine.connect() as connection:
        with pytest.raises(UsageError, match="never mix"):
            await register(connection, wanted)


async def test_the_embedded_model_needs_no_server(laptop: Laptop, engine: AsyncEngine) -> None:
    wanted = await proposed(
        laptop.clients.http, host=None, name="multilingual-e5-small", prefixes=Prefixes()
    )
    async with engine.connect() as connection:
        assert await register(connection, wanted) == wanted == EMBEDDED


async def test_what_cannot_be_used_is_refused_with_what_to_do(
    laptop: Laptop, ollama: OllamaTwin
) -> None:
    http, name = laptop.clients.http, ollama.model
    with pytest.raises(UsageError, match="OLLAMA_HOST is not set"):
        await proposed(http, host=None, name=name, prefixes=Prefixes())
    with pytest.raises(ModelUnusableError, match="lore models pull missing"):
        await proposed(http, host=HOST, name="missing", prefixes=Prefixes())
    ollama.embedder = HashEmbedder(dimensions=4001)
    with pytest.raises(UsageError, match="4001 dimensions"):
        await proposed(http, host=HOST, name=name, prefixes=Prefixes())
    ollama.embedder = None
    with pytest.raises(ModelUnusableError, match="does not embed"):
        await proposed(http, host=HOST, name=name, prefixes=Prefixes())
    ollama.fault = "down"
    with pytest.raises(OllamaError, match="502"):
        await proposed(http, host=HOST, name=name, prefixes=Prefixes())


async def test_the_app_role_neither_registers_nor_lists_servers(laptop: Laptop) -> None:
    for statement in (
        "INSERT INTO embedding_models (id, name, dimensions) VALUES (99, 'mine', 3) RETURNING 1",
        "SELECT lore_guild_models()",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            await laptop.library.rows(statement)


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [
        ("nomic-embed-text", ("search_query: ", "search_document: ")),
        ("nomic-embed-text:v1.5", ("search_query: ", "search_document: ")),
        ("somebody/multilingual-e5-large", ("query: ", "passage: ")),
        ("all-minilm", ("", "")),
        ("bge-m3", ("", "")),
    ],
)
def test_known_models_get_the_prefixes_they_were_trained_with(
    name: str, prefixes: tuple[str, str]
) -> None:
    assert default_prefixes(name) == prefixes
