"""Turn passages into vectors, a few at a time."""

import asyncio

import numpy as np

from functions.ingest.context import embedding_text
from functions.ingest.cutting import CountTokens
from functions.ingest.progress import Progress
from functions.ingest.schemas import Chunk, ParsedDocument
from functions.runtime.embedder.protocol import EmbeddingModel, Vectors
from functions.runtime.errors import UnavailableError

# Small enough that a question never waits long for the model, and that progress is seen to move.
EMBEDDING_BATCH = 16
PROBE_CHARACTERS = 300


async def embed(
    embedder: EmbeddingModel, parsed: ParsedDocument, chunks: list[Chunk], *, progress: Progress
) -> Vectors:
    """Return the vectors in the order of the chunks, shape (n, dimensions)."""
    # Counting tokens takes processor time: a member's command must not wait behind it.
    texts = await asyncio.to_thread(
        _embedding_texts, parsed, chunks, count_tokens=embedder.count_tokens
    )
    batches = []
    for first in range(0, len(texts), EMBEDDING_BATCH):
        await progress.report("embedding", first, len(texts))
        batches.append(await embedder.embed_passages(texts[first : first + EMBEDDING_BATCH]))
    vectors = np.concatenate(batches)
    expected = (len(chunks), embedder.dimensions)
    if vectors.shape != expected or not np.isfinite(vectors).all():
        raise UnavailableError("The embedding model returned vectors that cannot be used.")
    return vectors


def _embedding_texts(
    parsed: ParsedDocument, chunks: list[Chunk], *, count_tokens: CountTokens
) -> list[str]:
    return [embedding_text(piece, parsed.title, count_tokens=count_tokens) for piece in chunks]


def probe_text(chunks: list[Chunk]) -> str:
    """Return some of the document's own words, from its middle."""
    return chunks[len(chunks) // 2].text[:PROBE_CHARACTERS]
