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
    " embedding_models.max_tokens, embedding_models.unrelated_cosine,"
    " embedding_models.related_cosine FROM guilds"
    " JOIN embedding_models ON embedding_models.id = guilds.embedding_model_id"
    " WHERE guilds.guild_id = :guild_id"
)
OF_GUILD: Final = text(_OF_GUILD)
# Whoever publishes holds the guild to its model until the transaction ends. This lock stops who
# switches models, with FOR UPDATE, and nobody who writes the guild's name.
HELD_OF_GUILD: Final = text(f"{_OF_GUILD} FOR KEY SHARE OF guilds")


# Measured with the pairs of functions/local/calibration.py.
UNRELATED_COSINE: Final = 0.7369
RELATED_COSINE: Final = 0.8822


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
    unrelated_cosine: float = UNRELATED_COSINE
    related_cosine: float = RELATED_COSINE

    @property
    def indexed(self) -> str:
        """Return the expression that the model's index is over, to the letter: no other finds it.

        Of half precision: it only chooses who is compared, and takes half of the memory.
        """
        return f"embedding::halfvec({self.dimensions})"

    def distance_by_index(self, name: str) -> str:
        """Return the distance from the vector in parameter ``name``, as the model's index has it.

        In a sub-select, which is worked out once: a prepared plan would read the text for each row.
        """
        asked = f"(SELECT CAST(CAST(:{name} AS text) AS halfvec({self.dimensions})))"
        return f"{self.indexed} <=> {asked}"

    def on_common_scale(self, cosine: float) -> float:
        """Return a cosine as multilingual-e5-small would have it, which evidence is fitted to.

        Unrelated texts have 0.74 there, and 0.04 by all-minilm.
        """
        if self.id == EMBEDDED.id:
            return cosine
        share = (cosine - self.unrelated_cosine) / (self.related_cosine - self.unrelated_cosine)
        return min(1.0, UNRELATED_COSINE + share * (RELATED_COSINE - UNRELATED_COSINE))


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
