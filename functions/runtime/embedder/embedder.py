import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self, TypeVar

import numpy as np
from ctranslate2 import Encoder  # type: ignore[attr-defined]  # it lives in the extension module
from sentencepiece import SentencePieceProcessor

from functions.runtime.embedder import manifest
from functions.runtime.embedder.manifest import NORMALISATION, PIECES
from functions.runtime.embedder.protocol import (
    MODEL_NAME,
    ModelUnusableError,
    PassageTooLongError,
    Vector,
    Vectors,
    refuse_empty,
)
from functions.runtime.embedder.turns import QuestionsFirst
from functions.runtime.errors import InvalidRequestError, LorekeeperError

QUERY: Final = "query: "
PASSAGE: Final = "passage: "
DIMENSIONS: Final = 384
# What begins and what ends every text.
MARKS: Final = 2
MAX_TOKENS: Final = 512

T = TypeVar("T")


class Embedder:
    """multilingual-e5-small, int8, in this process.

    Every text goes through the engine alone. Measured on two cores at 400 tokens a passage: 10,000
    tokens/s, against 4,800 in batches of 16. And int8 vectors move with the padding of a batch
    (cosine .9994); alone, the same text always has the same vector.
    """

    name = MODEL_NAME
    dimensions = DIMENSIONS
    max_tokens = MAX_TOKENS

    def __init__(
        self,
        encoder: Encoder,
        *,
        pieces: SentencePieceProcessor,
        normalisation: dict[int, str],
        threads: int,
    ) -> None:
        self._encoder = encoder
        self._pieces = pieces
        self._normalisation = normalisation
        self._threads = threads
        self._passages = ThreadPoolExecutor(threads, thread_name_prefix="embed-passages")
        self._queries = ThreadPoolExecutor(threads, thread_name_prefix="embed-queries")
        self._turns = QuestionsFirst()

    @classmethod
    def open(cls, folder: Path, *, threads: int = 2) -> Self:
        """Load the model from its folder (blocks for half a second); `threads` embed passages.

        Raises ModelUnusableError where the folder is not what the converter writes.
        """
        if not manifest.is_complete(folder):
            raise _unusable(folder, "is not there, or not as this version made it")
        try:
            # One engine thread more than passages use: a question never waits behind a passage.
            encoder = Encoder(
                str(folder), compute_type="int8", inter_threads=threads + 1, intra_threads=1
            )
            pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
            table = json.loads((folder / NORMALISATION).read_text(encoding="utf-8"))
        except (OSError, RuntimeError, ValueError) as error:
            raise _unusable(folder, f"cannot be loaded ({error})") from error
        normalisation = {int(code_point): text for code_point, text in table.items()}
        return cls(encoder, pieces=pieces, normalisation=normalisation, threads=threads)

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a passage as the model reads it: prefix and marks included."""
        # What holds no words has the prefix and the marks alone; only embedding it is refused.
        return len(self._pieces.encode(PASSAGE + self.fold(text))) + MARKS

    async def embed_query(self, text: str) -> Vector:
        """Embed one question, shape (384,); a long one is cut at `max_tokens`."""
        refuse_empty([text])
        with self._turns.urgent():
            return await self._in(self._queries, lambda: self._embed_query(text))

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, shape (n, 384), in the order given."""
        refuse_empty(texts)
        return _stack(await asyncio.gather(*map(self.embed_query, texts)))

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Embed passages, shape (n, 384), in the order given; `urgent` ones hold up the others.

        Raises PassageTooLongError for one over `max_tokens`, InvalidRequestError for an empty one,
        both before any is embedded.
        """
        refuse_empty(texts)
        if urgent:
            with self._turns.urgent():
                return await self._embed_passages(texts, executor=self._queries)
        return await self._embed_passages(texts, executor=self._passages)

    async def _embed_passages(
        self, texts: Sequence[str], *, executor: ThreadPoolExecutor
    ) -> Vectors:
        tokenised = await self._in(executor, lambda: self._tokenise_passages(texts))
        # A call hands in no more than can run, so that two documents take turns.
        turns = asyncio.Semaphore(self._threads)

        async def embed(tokens: list[int]) -> Vector:
            async with turns:
                if executor is self._passages:
                    await self._turns.turn()
                return await self._in(executor, lambda: self._embed(tokens))

        # The longest first: at the end of a batch no thread waits for another's long passage.
        order = sorted(range(len(tokenised)), key=lambda place: -len(tokenised[place]))
        tasks = {place: asyncio.ensure_future(embed(tokenised[place])) for place in order}
        try:
            return _stack(await asyncio.gather(*(tasks[place] for place in range(len(tokenised)))))
        finally:
            # After a failure the rest of a long document would be embedded for nobody.
            for task in tasks.values():
                task.cancel()

    def close(self) -> None:
        """Drop what waits, finish what runs, give the memory back."""
        for executor in (self._passages, self._queries):
            executor.shutdown(cancel_futures=True)
        self._encoder.unload_model()

    async def _in(self, executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, work)

    def fold(self, text: str) -> str:
        """Return the text as the tokenizer is given it: normalised, with single spaces."""
        # A lone surrogate is no character; the tokenizer would refuse the whole text for it.
        sound = text.encode(errors="replace").decode()
        return " ".join(sound.translate(self._normalisation).split())

    def _tokenise(self, prefix: str, text: str) -> list[int]:
        words = self.fold(text)
        if not words:
            raise InvalidRequestError("There are no words in this text. Write some and try again.")
        begin, end = self._pieces.bos_id(), self._pieces.eos_id()
        return [begin, *self._pieces.encode(prefix + words), end]

    def _tokenise_passages(self, texts: Sequence[str]) -> list[list[int]]:
        tokenised = [self._tokenise(PASSAGE, text) for text in texts]
        for index, tokens in enumerate(tokenised):
            if len(tokens) > MAX_TOKENS:
                raise PassageTooLongError(index=index, tokens=len(tokens), limit=MAX_TOKENS)
        return tokenised

    def _embed_query(self, text: str) -> Vector:
        tokens = self._tokenise(QUERY, text)
        if len(tokens) > MAX_TOKENS:
            tokens = [*tokens[: MAX_TOKENS - 1], tokens[-1]]
        return self._embed(tokens)

    def _embed(self, tokens: list[int]) -> Vector:
        output = self._encoder.forward_batch([tokens]).last_hidden_state
        mean: Vector = np.asarray(output)[0].mean(axis=0, dtype=np.float32)
        length = np.linalg.norm(mean)
        if mean.shape != (DIMENSIONS,) or not np.isfinite(length) or length == 0:
            raise LorekeeperError("The embedding model gave no usable vector. Please report this.")
        return mean / length


def _stack(vectors: Sequence[Vector]) -> Vectors:
    return np.stack(vectors) if vectors else np.empty((0, DIMENSIONS), np.float32)


def _unusable(folder: Path, reason: str) -> ModelUnusableError:
    return ModelUnusableError(
        f"The embedding model at {folder} {reason}. "
        f"Run `python -m functions.runtime.embedder {folder.parent}` to install it."
    )
