"""Where the texts of a model that we carry are embedded, and by which model of that name."""

from collections.abc import Sequence
from typing import Any, cast

import httpx
import numpy as np
import pytest

from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import MODEL_NAME, ModelUnusableError, Vectors
from functions.runtime.embedder.registry import EMBEDDED
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.ollama.carried import CarriedEmbedder
from functions.runtime.ollama.embedding import OllamaEmbedder
from functions.runtime.ollama.twin import OllamaTwin
from functions.runtime.settings import Settings

TEXTS = ["The lamp  is lit.", "The keeper sleeps."]


class Here(HashEmbedder):
    """Folds, and puts a passage's prefix before it, as the model that we carry does."""

    def fold(self, text: str) -> str:
        return " ".join(text.split())

    async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        folded = [f"passage: {self.fold(text)}" for text in texts]
        return await super().embed_passages(folded, urgent=urgent)


@pytest.fixture
def twin() -> OllamaTwin:
    return OllamaTwin(model=MODEL_NAME, embedder=HashEmbedder())


def carried(twin: OllamaTwin) -> CarriedEmbedder:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    here = cast("Any", Here())
    there = OllamaEmbedder(http, host="ollama.test", model=EMBEDDED, fold=here.fold)
    return CarriedEmbedder(here, there=there)


async def test_passages_are_folded_and_embedded_on_the_server(twin: OllamaTwin) -> None:
    embedder = carried(twin)
    vectors = await embedder.embed_passages(TEXTS)
    assert twin.embedded[-1] == ["passage: The lamp is lit.", "passage: The keeper sleeps."]
    assert np.allclose(vectors, await Here().embed_passages(TEXTS), atol=1e-5)


async def test_the_server_is_compared_once(twin: OllamaTwin) -> None:
    embedder = carried(twin)
    await embedder.embed_passages(TEXTS)
    await embedder.embed_passages(TEXTS)
    assert len(twin.embedded) == 3


async def test_questions_and_what_somebody_waits_for_stay_in_the_process(twin: OllamaTwin) -> None:
    embedder = carried(twin)
    await embedder.embed_query("Who lights the lamp?")
    await embedder.embed_queries(["Who?", "When?"])
    await embedder.embed_passages(TEXTS, urgent=True)
    assert twin.embedded == []


async def test_another_model_of_the_same_name_is_refused(twin: OllamaTwin) -> None:
    class Other(HashEmbedder):
        async def embed_passages(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
            return await super().embed_passages([text[::-1] for text in texts], urgent=urgent)

    twin.embedder = Other()
    with pytest.raises(ModelUnusableError, match="lore models pull"):
        await carried(twin).embed_passages(TEXTS)


async def test_the_setting_says_who_embeds_passages(twin: OllamaTwin) -> None:
    here = cast("Any", Here())
    in_process = Clients(Settings(), name="ingest", embedder=here)
    assert in_process.embedder_of(EMBEDDED) is here
    settings = Settings(embedder="ollama", ollama_host="ollama.test")
    http = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    clients = Clients(settings, name="ingest", http=http, embedder=here)
    await clients.embedder_of(EMBEDDED).embed_passages(TEXTS)
    assert len(twin.embedded[-1]) == 2
