"""A cross-encoder that reads question and passage together; none is shipped.

Its folder holds an XLM-RoBERTa sequence classifier with one label: the encoder as
``ct2-transformers-converter`` writes it, ``sentencepiece.bpe.model``, and ``classifier.npz`` with
the arrays of the head (``docs/operating.md`` says how to make one).
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

import numpy as np
from ctranslate2 import Encoder  # type: ignore[attr-defined]  # it lives in the extension module
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from functions.runtime.errors import UnavailableError

PIECES: Final = "sentencepiece.bpe.model"
CLASSIFIER: Final = "classifier.npz"
ARRAYS: Final = ("dense.weight", "dense.bias", "out_proj.weight", "out_proj.bias")
BEGIN, END = "<s>", "</s>"
MAX_TOKENS: Final = 512
MARKS: Final = 4
THREADS: Final = 2

Array = NDArray[np.float32]


class RerankerUnusableError(UnavailableError):
    """The reranking model is missing or damaged. Correct LORE_RERANKER or leave it out."""


class Reranker:
    """Tells how well each passage answers a question, from the words of both."""

    def __init__(
        self, encoder: Encoder, *, pieces: SentencePieceProcessor, head: dict[str, Array]
    ) -> None:
        self._encoder = encoder
        self._pieces = pieces
        self._head = head
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="rerank")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Load the model from its folder. Raises RerankerUnusableError where that fails."""
        try:
            encoder = Encoder(
                str(folder), compute_type="auto", inter_threads=THREADS, intra_threads=1
            )
            pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
            with np.load(folder / CLASSIFIER) as arrays:
                head = {name: arrays[name].astype(np.float32) for name in ARRAYS}
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise RerankerUnusableError(
                f"The reranking model at {folder} cannot be loaded ({error}). Correct"
                " LORE_RERANKER or leave it out."
            ) from error
        return cls(encoder, pieces=pieces, head=head)

    async def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return how likely each passage answers the question, 0 to 1, in the order given.

        Long passages are cut at `MAX_TOKENS`, a question at half of them.
        """
        loop = asyncio.get_running_loop()
        asked = self._pieces.encode(question, out_type=str)[: (MAX_TOKENS - MARKS) // 2]
        # One at a time, as passages are embedded: padding would cost more than a batch gains.
        return await asyncio.gather(
            *(loop.run_in_executor(self._executor, self._score, asked, text) for text in passages)
        )

    def _score(self, asked: list[str], text: str) -> float:
        room = MAX_TOKENS - MARKS - len(asked)
        told = self._pieces.encode(text, out_type=str)[:room]
        tokens = [BEGIN, *asked, END, END, *told, END]
        state = np.asarray(self._encoder.forward_batch([tokens]).last_hidden_state)[0, 0]
        inner = np.tanh(self._head["dense.weight"] @ state + self._head["dense.bias"])
        logit = self._head["out_proj.weight"] @ inner + self._head["out_proj.bias"]
        return float(1 / (1 + np.exp(-logit[0])))

    def close(self) -> None:
        """Give the memory back; nothing can be scored afterwards."""
        self._executor.shutdown(cancel_futures=True)
        self._encoder.unload_model()
