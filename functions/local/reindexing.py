"""Give every passage of a guild a vector of another model, then let that model answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.session import Database
from functions.ingest.embedding import embedding_texts, text_hash
from functions.ingest.schemas import Chunk
from functions.runtime.embedder.checking import check_vectors, vector_text
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.embedder.registry import RegisteredModel, model_of_guild

BATCH: Final = 16
DELETED_AT_ONCE: Final = 1000
LOCK_SECONDS: Final = 2
PAUSE_SECONDS: Final = 0.2
LOCK_NOT_AVAILABLE: Final = "55P03"

_MISSING = (
    " FROM chunks JOIN documents ON documents.id = chunks.document_id"
    " AND documents.current_version_id = chunks.version_id"
    " WHERE chunks.guild_id = :guild_id AND chunks.id > :after AND NOT EXISTS ("
    " SELECT FROM embeddings WHERE embeddings.chunk_id = chunks.id"
    " AND embeddings.model_id = :model_id)"
)
MISSING: Final = text(
    "SELECT chunks.id, chunks.text, chunks.heading_path, documents.title"
    f"{_MISSING} ORDER BY chunks.id LIMIT :most"
)
COUNT_MISSING: Final = text(f"SELECT count(*){_MISSING}")
PASSAGES: Final = text("SELECT count(*) FROM chunks WHERE guild_id = :guild_id")
# A passage that was deleted meanwhile is left out; one that is there stays until this commits.
INSERT: Final = text(
    "INSERT INTO embeddings (chunk_id, model_id, guild_id, text_hash, embedding)"
    " SELECT chunks.id, :model_id, chunks.guild_id, new.hash, CAST(new.vector AS vector)"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:hashes AS bytea[]), CAST(:vectors AS text[]))"
    " AS new (chunk_id, hash, vector) JOIN chunks ON chunks.id = new.chunk_id"
    " FOR KEY SHARE OF chunks ON CONFLICT DO NOTHING"
)
PATIENCE: Final = text("SELECT set_config('lock_timeout', :limit, true)")
# Whoever publishes holds the guild by KEY SHARE: this waits for them, and they for this.
HOLD: Final = text("SELECT guild_id FROM guilds WHERE guild_id = :guild_id FOR UPDATE")
SWITCH: Final = text("UPDATE guilds SET embedding_model_id = :model_id WHERE guild_id = :guild_id")
FORGET: Final = text(
    "DELETE FROM embeddings WHERE (chunk_id, model_id) IN (SELECT chunk_id, model_id"
    " FROM embeddings WHERE guild_id = :guild_id AND model_id <> :model_id LIMIT :most)"
)

Report = Callable[[int, int], None]


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A passage without a vector of the model."""

    id: int
    text: str
    heading_path: list[str]
    title: str

    def chunk(self) -> Chunk:
        """Return the passage as ingestion knows it."""
        return Chunk(
            ordinal=0,
            text=self.text,
            heading_path=tuple(self.heading_path),
            page=None,
            start=0,
            end=len(self.text),
            token_count=0,
            kind="paragraph",
        )


@dataclass(frozen=True, kw_only=True)
class Reindexing:
    """A change to one model, guild by guild; stopped anywhere, it goes on where it was."""

    database: Database
    model: RegisteredModel
    embedder: EmbeddingModel
    keep_old: bool = False

    async def run(self, guild_id: int, *, report: Report) -> None:
        """Bring one guild over. ``report`` hears how many passages are done, and of how many.

        The old model answers, and new documents are published with it, until nothing is missing.
        """
        await self.catch_up(guild_id, report=report)
        while not await self._switch(guild_id):
            await self.catch_up(guild_id, report=report)
        if not self.keep_old:
            await self._forget_others(guild_id)

    async def catch_up(self, guild_id: int, *, report: Report) -> None:
        """Embed every passage that lacks a vector of the model."""
        missing, total = await self.counts(guild_id)
        done = total - missing
        report(done, total)
        after = 0
        while rows := await self._missing(guild_id, after=after):
            await self._embed(guild_id, rows)
            after, done = rows[-1].id, done + len(rows)
            report(done, max(done, total))

    async def counts(self, guild_id: int) -> tuple[int, int]:
        """Return how many passages lack a vector, and how many there are."""
        values = self._values(guild_id)
        async with self.database.guild(guild_id) as session:
            missing = await session.scalar(COUNT_MISSING, {**values, "after": 0})
            return int(missing or 0), int(await session.scalar(PASSAGES, values) or 0)

    def _values(self, guild_id: int) -> dict[str, Any]:
        return {"guild_id": guild_id, "model_id": self.model.id}

    async def _missing(self, guild_id: int, *, after: int) -> list[Missing]:
        values = {**self._values(guild_id), "after": after, "most": BATCH}
        async with self.database.guild(guild_id) as session:
            rows = (await session.execute(MISSING, values)).mappings()
            return [Missing(**row) for row in rows]

    async def _embed(self, guild_id: int, rows: Sequence[Missing]) -> None:
        texts = await asyncio.to_thread(self._texts, rows)
        found = await self.embedder.embed_passages(texts)
        vectors = check_vectors(found, count=len(rows), dimensions=self.model.dimensions)
        values = {
            **self._values(guild_id),
            "ids": [row.id for row in rows],
            "hashes": [text_hash(words) for words in texts],
            "vectors": [vector_text(vector) for vector in vectors],
        }
        async with self.database.guild(guild_id) as session:
            await session.execute(INSERT, values)

    def _texts(self, rows: Sequence[Missing]) -> list[str]:
        return [
            words
            for row in rows
            for words in embedding_texts(row.title, [row.chunk()], embedder=self.embedder)
        ]

    async def _switch(self, guild_id: int) -> bool:
        """Let the model answer, if no passage lacks its vector; tell whether that is so now."""
        values = self._values(guild_id)
        try:
            async with self.database.guild(guild_id) as session:
                await session.execute(PATIENCE, {"limit": f"{LOCK_SECONDS}s"})
                if (await session.execute(HOLD, values)).first() is None:
                    # The guild is gone, and everything of it.
                    return True
                if await session.scalar(COUNT_MISSING, {**values, "after": 0}):
                    return False
                await session.execute(SWITCH, values)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            # A long document is being published: others must not queue up behind this.
            await asyncio.sleep(PAUSE_SECONDS)
            return False
        return True

    async def _forget_others(self, guild_id: int) -> None:
        values = {**self._values(guild_id), "most": DELETED_AT_ONCE}
        while True:
            async with self.database.guild(guild_id) as session:
                # Held, so that a change to a third model never finds its vectors gone.
                answering = await model_of_guild(session, guild_id, hold=True)
                if answering.id != self.model.id:
                    return
                deleted: Any = await session.execute(FORGET, values)
            if not deleted.rowcount:
                return


@dataclass(frozen=True, kw_only=True)
class GuildVectors:
    """How many passages a guild has, which model answers, and how many vectors of each it has."""

    guild_id: int
    model_id: int
    passages: int
    vectors: dict[int, int]


VECTORS: Final = text(
    "SELECT model_id, count(*) AS vectors FROM embeddings WHERE guild_id = :guild_id"
    " GROUP BY model_id ORDER BY model_id"
)


async def guild_vectors(database: Database, guild_id: int, *, model_id: int) -> GuildVectors:
    """Count a guild's passages and vectors."""
    values = {"guild_id": guild_id}
    async with database.guild(guild_id) as session:
        passages = await session.scalar(PASSAGES, values)
        rows = (await session.execute(VECTORS, values)).all()
    return GuildVectors(
        guild_id=guild_id,
        model_id=model_id,
        passages=int(passages or 0),
        vectors={row.model_id: row.vectors for row in rows},
    )
