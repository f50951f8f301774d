"""Knowledge written straight into the tables, as ingestion leaves it."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Database
from functions.ingest.queries import INSERT_SEGMENT
from functions.runtime.embedder import manifest
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.embedder.protocol import MODEL_NAME, EmbeddingModel, Vector
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.fingerprints import fingerprint
from functions.runtime.languages import stemmer_of
from functions.runtime.lexical import terms
from functions.runtime.segments import encode_chunk_ids, encode_lengths, encode_passages

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = text(
    "INSERT INTO documents (id, guild_id, title, source_name, source_url, origin, language,"
    " current_version_id) VALUES (:document, :guild, :title, :name, :url, 'upload', :language,"
    " :current)"
    " ON CONFLICT (id) DO UPDATE SET current_version_id = EXCLUDED.current_version_id"
)
VERSION = text(
    "INSERT INTO document_versions (id, guild_id, document_id, number, status, size_bytes)"
    " VALUES (:version, :guild, :document, :number, 'ready', 1)"
)
CHUNK = text(
    "INSERT INTO chunks (guild_id, document_id, version_id, ordinal, text, heading_path, page,"
    " char_start, char_end, tokens, terms, fingerprint)"
    " VALUES (:guild, :document, :version, :ordinal, :text,"
    " CAST(:path AS text[]), :page, 0, 1, 1, :terms, :fingerprint) RETURNING id"
)
FORGET_SLOTS = text("DELETE FROM segment_versions WHERE document_id = :document")
EMBEDDING = text(
    "INSERT INTO embeddings (guild_id, model_id, chunk_id, embedding)"
    " VALUES (:guild, 1, :chunk, CAST(CAST(:vector AS text) AS vector))"
)


@dataclass(frozen=True)
class Knowledge:
    """Writes documents into guilds."""

    database: Database
    embedder: EmbeddingModel

    async def add(
        self,
        guild: int,
        name: str,
        passages: Sequence[str],
        *,
        title: str | None = None,
        url: str | None = None,
        path: Sequence[str] = (),
        page: int | None = None,
        language: str | None = None,
        document: UUID | None = None,
        number: int = 1,
        current: bool = True,
    ) -> UUID:
        """Add a version of a document, by default the current one; return the document's id."""
        document, version = document or uuid4(), uuid4()
        row = {"guild": guild, "document": document, "version": version, "number": number}
        vectors = await self.embedder.embed_passages(passages)
        async with self.database.guild(guild) as session:
            await session.execute(
                DOCUMENT,
                {
                    **row,
                    "title": title or name,
                    "name": name,
                    "url": url,
                    "language": language,
                    "current": version if current else None,
                },
            )
            await session.execute(VERSION, row)
            chunks = []
            counted = [
                Counter(terms(" ".join((*path, words)), language=stemmer_of(language)))
                for words in passages
            ]
            for ordinal, (words, vector) in enumerate(zip(passages, vectors, strict=True)):
                chunk = await session.scalar(
                    CHUNK,
                    {
                        **row,
                        "ordinal": ordinal,
                        "text": words,
                        "path": list(path),
                        "page": page,
                        "terms": counted[ordinal].total(),
                        "fingerprint": fingerprint(words),
                    },
                )
                chunks.append(chunk)
                await session.execute(
                    EMBEDDING, {"guild": guild, "chunk": chunk, "vector": vector_text(vector)}
                )
            if current:
                await _index(session, {**row, "language": language}, chunks, counted)
        return document


async def _index(
    session: AsyncSession, row: dict[str, Any], chunks: list[int], counted: list[Counter[str]]
) -> None:
    """Write the document's segment instead of the one it had."""
    segment = encode_passages(counted)
    await session.execute(FORGET_SLOTS, row)
    await session.execute(
        INSERT_SEGMENT,
        {
            "guild_id": row["guild"],
            "document_id": row["document"],
            "version_id": row["version"],
            "language": row["language"],
            "passages": len(chunks),
            "terms_total": sum(segment.lengths),
            "chunk_ids": encode_chunk_ids(chunks),
            "lengths": encode_lengths(segment.lengths),
            "terms": segment.postings.terms,
            "slots": segment.postings.slots,
            "frequencies": segment.postings.frequencies,
        },
    )


def vector_text(vector: Vector) -> str:
    return "[" + ",".join(f"{value:.7g}" for value in vector) + "]"


@pytest.fixture(scope="session")
async def model() -> AsyncIterator[EmbeddingModel]:
    """The real embedding model where it is installed, else its twin."""
    folder = Path(os.environ.get("LORE_MODELS", ROOT / ".lore" / "models")) / MODEL_NAME
    embedder: EmbeddingModel = (
        Embedder.open(folder) if manifest.is_complete(folder) else HashEmbedder()
    )
    yield embedder
    embedder.close()


@pytest.fixture
def knowledge(database: Database, model: EmbeddingModel) -> Knowledge:
    return Knowledge(database, model)


@pytest.fixture
async def other_guild_id(database: Database, guild_id: int) -> int:
    """Another guild, whose knowledge must never show."""
    other = guild_id + 10_000_000
    async with database.guild(other) as session:
        await session.execute(
            text("INSERT INTO guilds (guild_id, name) VALUES (:id, 'Other guild')"), {"id": other}
        )
    return other


@pytest.fixture
async def empty_queue(owner_url: str) -> AsyncIterator[None]:
    """The queue for the model is one for all guilds: nobody of another test is in line."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute("TRUNCATE model_turns")
    yield
    await connection.execute("TRUNCATE model_turns")
    await connection.close()
