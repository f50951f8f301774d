"""Both engines make one space of vectors; a model that is not carried is described and used."""

from pathlib import Path

import httpx
import numpy as np
import pytest

from functions.local.registration import Prefixes, proposed
from functions.runtime.clients import Clients
from functions.runtime.embedder.embedder import Embedder
from functions.runtime.embedder.gguf import SOURCE_KEY
from functions.runtime.embedder.protocol import MODEL_NAME, EmbeddingModel
from functions.runtime.embedder.registry import EMBEDDED, RegisteredModel
from functions.runtime.embedder.source import E5_SMALL
from functions.runtime.ollama.embedding import OllamaEmbedder
from functions.runtime.ollama.store import ModelStore
from functions.runtime.settings import Settings
from tests.integration.ollama.conftest import models_at

pytestmark = pytest.mark.ollama
SENTENCES = "all-minilm"
TEXTS = {
    "English": "The keeper lit the lamp at dusk and wrote the hour into the log.",
    "German": "Der Wärter zündete bei Dämmerung die große Lampe an und schrieb die Stunde auf.",
    "Chinese": "灯塔看守人在黄昏时点亮了灯，并把时间写进了日志。",
    "Russian": "Смотритель маяка зажёг лампу в сумерках и записал час в журнал.",
    "Thai": "ผู้ดูแลประภาคารจุดตะเกียงตอนพลบค่ำและจดเวลาลงในบันทึก",
    "accents": "naïve café, Größe, façade, crème brûlée, Ærø, İstanbul, São Paulo",
    "symbols": "x² ≈ 3½ ™ “quoted” … ﬁne ① ℃ ﾃｽﾄ",
    "spaces": "  Two\tcolumns\n\nof\u00a0words \u200b here  ",
    "code": "Run `pip install lorekeeper==1.0` & see https://example.com/a?b=c#d",
}


@pytest.fixture(scope="module")
def here(weights: Path) -> Embedder:
    return Embedder.open(weights / MODEL_NAME)


@pytest.fixture
async def there(host: str, here: Embedder, http: httpx.AsyncClient) -> EmbeddingModel:
    """The model that we carry, with its passages on the server."""
    if MODEL_NAME not in models_at(host):
        pytest.skip(f"the Ollama at OLLAMA_HOST has no {MODEL_NAME}: run lore models pull")
    settings = Settings(embedder="ollama", ollama_host=host)
    return Clients(settings, name="ingest", http=http, embedder=here).embedder_of(EMBEDDED)


@pytest.mark.parametrize("language", TEXTS)
async def test_a_passage_has_one_vector_in_both_engines(
    here: Embedder, there: EmbeddingModel, language: str
) -> None:
    texts = [TEXTS[language]]
    (ours,), (theirs,) = await here.embed_passages(texts), await there.embed_passages(texts)
    assert float(ours @ theirs) >= 0.995


async def test_a_passage_as_long_as_the_model_reads_is_embedded_whole(
    here: Embedder, there: EmbeddingModel
) -> None:
    words = (TEXTS["English"] + " ") * 60
    while here.count_tokens(words) > here.max_tokens:
        words = words.rsplit(" ", 1)[0]
    (ours,), (theirs,) = await here.embed_passages([words]), await there.embed_passages([words])
    assert float(ours @ theirs) >= 0.995


async def test_passages_come_in_order_whatever_the_batch(
    here: Embedder, there: EmbeddingModel
) -> None:
    texts = [f"{text} {number}" for number in range(2) for text in TEXTS.values()]
    ours, theirs = await here.embed_passages(texts), await there.embed_passages(texts)
    assert (np.argmax(ours @ theirs.T, axis=1) == np.arange(len(texts))).all()


async def test_the_server_tells_which_weights_its_model_has(
    host: str, there: EmbeddingModel, http: httpx.AsyncClient
) -> None:
    store = ModelStore(http, host=host)
    assert await store.fact(there.name, SOURCE_KEY) == E5_SMALL.sha256


@pytest.fixture
async def registered(host: str, http: httpx.AsyncClient) -> RegisteredModel:
    """What would be registered for a model of Ollama's own."""
    if SENTENCES not in models_at(host):
        pytest.skip(f"the Ollama at OLLAMA_HOST has no {SENTENCES}")
    return await proposed(http, host=host, name=SENTENCES, prefixes=Prefixes())


def test_a_models_size_and_tokenizer_are_learned_from_the_server(
    registered: RegisteredModel,
) -> None:
    assert (registered.dimensions, registered.normalisation) == (384, "uncased")
    assert 256 <= registered.max_tokens <= 512
    assert registered.related_cosine > registered.unrelated_cosine + 0.2


async def test_accents_cost_an_uncased_model_nothing(
    host: str, http: httpx.AsyncClient, registered: RegisteredModel
) -> None:
    embedder = OllamaEmbedder(http, host=host, model=registered)
    accented, plain = await embedder.embed_passages(
        ["naïve café, Größe – “fein”", 'naive cafe, große - "fein"']
    )
    assert float(accented @ plain) >= 0.995
