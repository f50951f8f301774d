"""Vectors are embedded once, and never taken for another text's, kind's or conversion's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from functions.local.evaluation.vectors import RememberingEmbedder
from functions.runtime.embedder.protocol import Vectors
from functions.runtime.embedder.twin import HashEmbedder


class Counting(HashEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.embedded += [f"query {text}" for text in texts]
        return await super().embed_queries(texts)

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        self.embedded += [f"passage {text}" for text in texts]
        return await super().embed_passages(texts, urgent=urgent)


async def test_a_text_is_embedded_once_even_by_another_run(tmp_path: Path) -> None:
    model, file = Counting(), tmp_path / "vectors.sqlite"
    with RememberingEmbedder(model, file=file, edition="1") as remembering:
        first = await remembering.embed_passages(["one", "two", "one"])
    with RememberingEmbedder(model, file=file, edition="1") as remembering:
        second = await remembering.embed_passages(["two", "three", "one"], urgent=True)
    assert model.embedded == ["passage one", "passage two", "passage three"]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(second, np.stack([first[1], second[1], first[0]]))
    assert np.array_equal(second, await model.embed_passages(["two", "three", "one"]))


async def test_questions_passages_and_editions_are_kept_apart(tmp_path: Path) -> None:
    model, file = Counting(), tmp_path / "vectors.sqlite"
    with RememberingEmbedder(model, file=file, edition="1") as remembering:
        await remembering.embed_query("one")
        await remembering.embed_passages(["one"])
    with RememberingEmbedder(model, file=file, edition="2") as remembering:
        await remembering.embed_query("one")
    assert model.embedded == ["query one", "passage one", "query one"]
