"""Turn passages into vectors, a few at a time; what is done stays done."""

import asyncio
import hashlib
from dataclasses import dataclass

import msgspec

from functions.ingest import queries
from functions.ingest.context import embedding_text
from functions.ingest.progress import Progress
from functions.ingest.schemas import Chunk, ParsedDocument, VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.embedder.checking import check_vectors, vector_text
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.embedder.registry import RegisteredModel, model_of_guild
from functions.runtime.leases import Lease, LeaseLostError

# Small enough that little is lost with a worker, and that progress is seen to move.
EMBEDDING_BATCH = 16
PROBE_CHARACTERS = 300
HASH_BYTES = 16


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """A version whose vectors are staged: the hash of each chunk's text leads to its vector."""

    model: RegisteredModel
    hashes: list[bytes]
    probe: str


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """The embedding of one version under its lease."""

    clients: Clients
    lease: Lease
    version: VersionAtWork
    progress: Progress

    async def embed(self, parsed: ParsedDocument, chunks: list[Chunk]) -> Embedded:
        """Stage a vector for every chunk, and none that is staged or published already.

        Raises LeaseLostError after a batch where somebody took over.
        """
        async with self.clients.database.guild(self.lease.guild_id) as session:
            model = await model_of_guild(session, self.lease.guild_id)
        embedder = self.clients.embedder_of(model)
        # The title that the document will have: a change of model embeds it with that one again.
        title = self.version.given_title or parsed.title
        # Counting tokens takes processor time: a member's command must not wait behind it.
        texts = await asyncio.to_thread(embedding_texts, title, chunks, embedder=embedder)
        hashes = [text_hash(text) for text in texts]
        await self._stage_missing(dict(zip(hashes, texts, strict=True)), model=model)
        await self.progress.report("checking", len(chunks), len(chunks))
        probe = await embedder.embed_query(probe_text(chunks))
        return Embedded(model=model, hashes=hashes, probe=vector_text(probe))

    async def _stage_missing(self, texts: dict[bytes, str], *, model: RegisteredModel) -> None:
        staged = await self._staged(list(texts), model=model)
        missing = [(key, text) for key, text in texts.items() if key not in staged]
        embedder = self.clients.embedder_of(model)
        for first in range(0, len(missing), EMBEDDING_BATCH):
            done = len(texts) - len(missing) + first
            await self.progress.report("embedding", done, len(texts))
            batch = missing[first : first + EMBEDDING_BATCH]
            found = await embedder.embed_passages([text for _, text in batch])
            vectors = check_vectors(found, count=len(batch), dimensions=model.dimensions)
            await self._stage(
                [key for key, _ in batch], [vector_text(vector) for vector in vectors], model=model
            )

    async def _staged(self, hashes: list[bytes], *, model: RegisteredModel) -> set[bytes]:
        values = {
            "version_id": self.lease.row_id,
            "document_id": self.version.document_id,
            "model_id": model.id,
        }
        guarded = {"version_id": self.lease.row_id, "lease_id": self.lease.lease_id}
        async with self.clients.database.guild(self.lease.guild_id) as session:
            # Whoever slept through the lease would stage the vectors of its own successor's work.
            if (await session.execute(queries.LOCK, guarded)).first() is None:
                raise LeaseLostError
            await session.execute(queries.REUSE, {**values, "hashes": hashes})
            return set((await session.scalars(queries.STAGED, values)).all())

    async def _stage(
        self, hashes: list[bytes], vectors: list[str], *, model: RegisteredModel
    ) -> None:
        lease = self.lease
        guarded = {"version_id": lease.row_id, "lease_id": lease.lease_id}
        row = {"version_id": lease.row_id, "guild_id": lease.guild_id, "model_id": model.id}
        async with self.clients.database.guild(lease.guild_id) as session:
            if (await session.execute(queries.MOVE_FORWARD, guarded)).first() is None:
                raise LeaseLostError
            await session.execute(queries.STAGE, {**row, "hashes": hashes, "vectors": vectors})


def embedding_texts(title: str, chunks: list[Chunk], *, embedder: EmbeddingModel) -> list[str]:
    """Return what is embedded of each chunk: its text with as much of its context as fits."""
    return [
        embedding_text(
            piece, title, count_tokens=embedder.count_tokens, maximum=embedder.max_tokens
        )
        for piece in chunks
    ]


def text_hash(text: str) -> bytes:
    """Return what tells two embedded texts apart."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=HASH_BYTES).digest()


def probe_text(chunks: list[Chunk]) -> str:
    """Return some of the document's own words, from as near to its middle as there are any."""
    middle = len(chunks) // 2
    outwards = sorted(chunks, key=lambda piece: abs(piece.ordinal - middle))
    texts = [piece.text[:PROBE_CHARACTERS] for piece in outwards]
    # A page whose letters could not be told is nothing but replacement characters.
    return next((text for text in texts if any(map(str.isalnum, text))), texts[0])
