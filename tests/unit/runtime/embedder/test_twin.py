import asyncio
import sys

import numpy as np
import pytest

from functions.runtime.embedder import EmbeddingModel, PassageTooLongError
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.errors import InvalidRequestError


@pytest.fixture
def model() -> EmbeddingModel:
    return HashEmbedder()


async def test_texts_are_as_near_as_the_words_they_share(model: EmbeddingModel) -> None:
    passages = await model.embed_passages(
        ["The fox is red.", "The sea is blue.", "Nothing in common"]
    )
    question = await model.embed_query("Which fox is red?")

    red, blue, neither = passages @ question

    assert red > blue > neither


async def test_vectors_have_unit_length(model: EmbeddingModel) -> None:
    vectors = await model.embed_queries(["one", "one two", "…", "狐狸是红色的"])

    assert vectors.shape == (4, model.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert (await model.embed_passages([])).shape == (0, model.dimensions)


async def test_another_process_computes_the_same_vector(model: EmbeddingModel) -> None:
    code = (
        "import asyncio; from functions.runtime.embedder.twin import HashEmbedder;"
        "print(asyncio.run(HashEmbedder().embed_query('red fox')).nonzero()[0].tolist())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()

    here = (await model.embed_query("red fox")).nonzero()[0].tolist()
    assert printed.decode().strip() == str(here)


async def test_the_twin_is_as_strict_as_the_model(model: EmbeddingModel) -> None:
    longest = "fox " * 508

    assert model.count_tokens(longest) == model.max_tokens
    assert len(await model.embed_passages([longest])) == 1
    assert (await model.embed_query("fox " * 5000)).shape == (model.dimensions,)
    with pytest.raises(PassageTooLongError, match="Passage 1 has 513 tokens"):
        await model.embed_passages(["red", longest + "fox"])
    for blank in ("", " \n"):
        with pytest.raises(InvalidRequestError):
            await model.embed_query(blank)
        with pytest.raises(InvalidRequestError):
            await model.embed_passages([blank])
