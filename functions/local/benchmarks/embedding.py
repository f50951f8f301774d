"""How fast ingestion embeds passages, beside CTranslate2 alone on the same tokens."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from ctranslate2 import Encoder  # type: ignore[attr-defined]  # in the extension module
from sentencepiece import SentencePieceProcessor

from functions.ingest.chunking import chunk
from functions.ingest.embedding import EMBEDDING_BATCH
from functions.ingest.parsing import parse
from functions.local.home import CHECKOUT, models_path
from functions.runtime.embedder.embedder import PASSAGE, Embedder
from functions.runtime.embedder.manifest import PIECES
from functions.runtime.embedder.protocol import MODEL_NAME

# Short turns, so that both sides meet the same weather on a shared machine.
TURN = 4 * EMBEDDING_BATCH


async def measure(passages: int, step: Callable[[int], None]) -> dict[str, Any]:
    """Return ``{"tokens", "product_per_second", "engine_per_second", "ratio"}``.

    ``step`` hears how many passages are done. The passages are this project's documentation, over
    and over, cut as ingestion cuts it.
    """
    folder = models_path() / MODEL_NAME
    embedder = Embedder.open(folder)
    engine = _Engine(folder)
    try:
        texts = list(islice(cycle(await _passages(embedder)), passages))
        await _race(embedder, engine, texts[:TURN], lambda _: None)
        product, alone = await _race(embedder, engine, texts, step)
    finally:
        embedder.close()
        engine.close()
    tokens = sum(embedder.count_tokens(text) for text in texts)
    return {
        "tokens": tokens,
        "product_per_second": round(tokens / product),
        "engine_per_second": round(tokens / alone),
        "ratio": round(alone / product, 2),
    }


async def _passages(embedder: Embedder) -> list[str]:
    found: list[str] = []
    for page in sorted((CHECKOUT / "docs").glob("*.md")):
        parsed = await parse(page.read_bytes(), name=page.name)
        found += [piece.text for piece in chunk(parsed, count_tokens=embedder.count_tokens)]
    return found


async def _race(
    embedder: Embedder, engine: "_Engine", texts: Sequence[str], step: Callable[[int], None]
) -> tuple[float, float]:
    """Return the seconds of each side; they take turns, and turns in going first."""
    product = alone = 0.0
    for number, first in enumerate(range(0, len(texts), TURN)):
        turn = texts[first : first + TURN]
        tokens = engine.tokenised(turn)
        if number % 2:
            alone += await asyncio.to_thread(engine.embed, tokens)
            product += await _ours(embedder, turn)
        else:
            product += await _ours(embedder, turn)
            alone += await asyncio.to_thread(engine.embed, tokens)
        step(first + len(turn))
    return product, alone


async def _ours(embedder: Embedder, texts: Sequence[str]) -> float:
    """Return the seconds that the embedder takes, tokens and batches as in ingestion."""
    started = time.perf_counter()
    for first in range(0, len(texts), EMBEDDING_BATCH):
        await embedder.embed_passages(texts[first : first + EMBEDDING_BATCH])
    return time.perf_counter() - started


class _Engine:
    """CTranslate2 and nothing else: a text a thread, which beats padded batches twofold."""

    def __init__(self, folder: Path) -> None:
        self._threads = os.cpu_count() or 1
        self._encoder = Encoder(
            str(folder), compute_type="int8", inter_threads=self._threads, intra_threads=1
        )
        self._pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
        self._pool = ThreadPoolExecutor(self._threads)

    def tokenised(self, texts: Sequence[str]) -> list[list[int]]:
        begin, end = self._pieces.bos_id(), self._pieces.eos_id()
        return [[begin, *ids, end] for ids in self._pieces.encode([PASSAGE + one for one in texts])]

    def embed(self, tokenised: Sequence[list[int]]) -> float:
        """Return the seconds for the model's output alone."""
        started = time.perf_counter()
        for _ in self._pool.map(lambda one: self._encoder.forward_batch([one]), tokenised):
            pass
        return time.perf_counter() - started

    def close(self) -> None:
        self._pool.shutdown()
        self._encoder.unload_model()
