"""An embedding model on an Ollama server: whole texts, sound vectors, and sentences when not."""

import httpx
import numpy as np
import pytest

from functions.runtime.embedder.checking import UnusableVectorsError
from functions.runtime.embedder.protocol import EmbeddingModel, ModelUnusableError
from functions.runtime.embedder.registry import RegisteredModel
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.errors import InvalidRequestError
from functions.runtime.ollama.client import OllamaError
from functions.runtime.ollama.embedding import PASSAGES_AT_ONCE, OllamaEmbedder
from functions.runtime.ollama.twin import EmbeddingFault, OllamaTwin

MODEL = RegisteredModel(
    id=7,
    name="minilm",
    engine="ollama",
    dimensions=256,
    query_prefix="query: ",
    passage_prefix="passage: ",
)
TEXTS = [f"The lamp number {number} is lit." for number in range(20)]


@pytest.fixture
def twin() -> OllamaTwin:
    return OllamaTwin(model="minilm", embedder=HashEmbedder(dimensions=256))


def embedder_of(twin: OllamaTwin, model: RegisteredModel = MODEL) -> EmbeddingModel:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    return OllamaEmbedder(http, host="ollama.test", model=model)


async def test_vectors_come_in_order_in_batches_of_unit_length(twin: OllamaTwin) -> None:
    vectors = await embedder_of(twin).embed_passages(TEXTS)
    assert vectors.shape == (20, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert [len(texts) for texts in twin.embedded] == [PASSAGES_AT_ONCE] * 2 + [4]
    expected = await HashEmbedder(dimensions=256).embed_passages([f"passage: {t}" for t in TEXTS])
    assert np.allclose(vectors, expected, atol=1e-5)


async def test_questions_and_passages_have_prefixes_of_their_own(twin: OllamaTwin) -> None:
    embedder = embedder_of(twin)
    await embedder.embed_query("Who lights it?")
    await embedder.embed_passages(["The keeper."])
    assert twin.embedded == [["query: Who lights it?"], ["passage: The keeper."]]


async def test_a_passage_too_long_for_the_model_loses_nothing(twin: OllamaTwin) -> None:
    words = [f"word{number}" for number in range(1500)]
    embedder = embedder_of(twin)
    vectors = await embedder.embed_passages(["A short one.", " ".join(words)])
    assert vectors.shape == (2, 256)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    parts = " ".join(text.removeprefix("passage: ") for [text] in twin.embedded[1:])
    assert parts.split() == words
    # Each part is in the mean: the whole is near to its first and to its last words.
    for part in (words[:300], words[-300:]):
        assert vectors[1] @ (await embedder.embed_passages([" ".join(part)]))[0] > 0.3


async def test_a_long_question_is_cut(twin: OllamaTwin) -> None:
    vector = await embedder_of(twin).embed_query("why " * 3000)
    assert vector.shape == (256,)


async def test_empty_text_is_refused_before_the_call(twin: OllamaTwin) -> None:
    with pytest.raises(InvalidRequestError):
        await embedder_of(twin).embed_passages(["words", " \n"])
    assert twin.embedded == []
    assert (await embedder_of(twin).embed_passages([])).shape == (0, 256)


@pytest.mark.parametrize("fault", ["size", "zero", "few"])
async def test_vectors_that_cannot_be_used_are_refused(
    twin: OllamaTwin, fault: EmbeddingFault
) -> None:
    twin.embedding_fault = fault
    with pytest.raises(UnusableVectorsError):
        await embedder_of(twin).embed_passages(TEXTS[:2])


async def test_a_missing_model_says_how_to_get_it(twin: OllamaTwin) -> None:
    twin.fault = "missing"
    with pytest.raises(ModelUnusableError, match="lore models pull minilm"):
        await embedder_of(twin).embed_query("Who lights it?")


async def test_a_server_that_fails_is_unavailable(twin: OllamaTwin) -> None:
    twin.fault = "down"
    with pytest.raises(OllamaError, match="502"):
        await embedder_of(twin).embed_query("Who lights it?")


async def test_nobody_there_is_unavailable() -> None:
    async with httpx.AsyncClient() as http:
        embedder = OllamaEmbedder(http, host="127.0.0.1:9", model=MODEL)
        with pytest.raises(OllamaError, match="failed"):
            await embedder.embed_query("Who lights it?")


@pytest.mark.parametrize(
    ("text", "least", "why"),
    [
        ("lamp", 2 + 2, "two pieces of three letters, and two marks"),
        ("internationalisation", 7 + 2, "a long word is many pieces"),
        ("灯火", 2 + 2, "each sign is a piece"),
        ("größe", 3, "an accented letter is one of its own"),
        ("a.b,c", 5 + 2, "punctuation counts"),
    ],
)
def test_tokens_are_rather_counted_too_many(text: str, least: int, why: str) -> None:
    model = RegisteredModel(id=8, name="bare", engine="ollama", dimensions=256)
    twin = OllamaTwin(model="bare", embedder=HashEmbedder(dimensions=256))
    assert embedder_of(twin, model).count_tokens(text) >= least
