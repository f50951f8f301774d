"""Which embedding models are registered, and which of them answers in a guild."""

from typing import Final, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from functions.runtime.embedder.protocol import MODEL_NAME

_OF_GUILD: Final = (
    "SELECT embedding_models.id, embedding_models.name, embedding_models.engine,"
    " embedding_models.dimensions, embedding_models.query_prefix,"
    " embedding_models.passage_prefix, embedding_models.normalisation,"
    " embedding_models.max_tokens FROM guilds"
    " JOIN embedding_models ON embedding_models.id = guilds.embedding_model_id"
    " WHERE guilds.guild_id = :guild_id"
)
OF_GUILD: Final = text(_OF_GUILD)
# Whoever publishes holds the guild to its model until the transaction ends.
HELD_OF_GUILD: Final = text(f"{_OF_GUILD} FOR SHARE OF guilds")


class RegisteredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model as the database knows it: what is needed to use it."""

    id: int
    name: str
    engine: Literal["embedded", "ollama"]
    dimensions: int
    query_prefix: str = ""
    passage_prefix: str = ""
    normalisation: Literal["none", "uncased"] = "none"
    max_tokens: int = 512


# What a guild begins with; the first migration registers it.
EMBEDDED: Final = RegisteredModel(
    id=1,
    name=MODEL_NAME,
    engine="embedded",
    dimensions=384,
    query_prefix="query: ",
    passage_prefix="passage: ",
)


async def model_of_guild(
    session: AsyncSession, guild_id: int, *, hold: bool = False
) -> RegisteredModel:
    """Return the model that answers in a guild; ``hold`` keeps it so until the transaction ends."""
    statement = HELD_OF_GUILD if hold else OF_GUILD
    row = (await session.execute(statement, {"guild_id": guild_id})).mappings().one_or_none()
    # A guild that nobody has added yet has no passages: any model finds none.
    return RegisteredModel(**row) if row else EMBEDDED
