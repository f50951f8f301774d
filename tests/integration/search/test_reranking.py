"""The optional reranker: a tiny cross-encoder, made here, whose scores the order must follow."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
import sentencepiece
from ctranslate2 import Encoder  # type: ignore[attr-defined]  # it lives in the extension module
from ctranslate2.specs.common_spec import Activation, EmbeddingsMerge
from ctranslate2.specs.transformer_spec import TransformerEncoderModelSpec, TransformerEncoderSpec

from db.session import Database
from functions.runtime.clients import Clients
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.passages import SearchResponse
from functions.runtime.reranker import ARRAYS, CLASSIFIER, PIECES, Reranker, RerankerUnusableError
from functions.runtime.settings import Settings
from functions.search.main import build

SIZE, HEADS, POSITIONS = 16, 2, 512
FACTS = [
    "The blue whale is the largest animal that has ever lived.",
    "Bees tell each other by a dance where to find flowers.",
    "The Eiffel Tower in Paris was finished in 1889.",
    "Passwords are reset under Settings, Account, Forgotten password.",
    "Invite the bot with the link on the settings page and choose a channel.",
    "The annual ticket costs 365 euros and is valid on every tram.",
]
QUESTION = "When was the Eiffel Tower in Paris finished?"


def _array(dice: np.random.Generator, *shape: int) -> Any:
    return dice.standard_normal(shape).astype(np.float32)


def _fill(spec: Any, dice: np.random.Generator, words: int) -> None:
    encoder = spec.encoder
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = _array(dice, words, SIZE)
    encoder.embeddings[1].weight = _array(dice, 1, SIZE)
    encoder.position_encodings.encodings = _array(dice, POSITIONS, SIZE)
    [layer] = encoder.layer
    norms = (encoder.layernorm_embedding, layer.self_attention.layer_norm, layer.ffn.layer_norm)
    for norm in norms:
        norm.gamma, norm.beta = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)
    attention = layer.self_attention.linear
    for linear, outputs, inputs in (
        (attention[0], 3 * SIZE, SIZE),
        (attention[1], SIZE, SIZE),
        (layer.ffn.linear_0, 2 * SIZE, SIZE),
        (layer.ffn.linear_1, SIZE, 2 * SIZE),
    ):
        linear.weight, linear.bias = _array(dice, outputs, inputs), _array(dice, outputs)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An XLM-RoBERTa classifier of one layer, its weights drawn at random."""
    target = tmp_path_factory.mktemp("reranker") / "model"
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*FACTS, QUESTION]), model_writer=written, vocab_size=80
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    own = [pieces.id_to_piece(number) for number in range(3, pieces.get_piece_size())]
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *own, "<mask>"]
    encoder = TransformerEncoderSpec(
        1,
        HEADS,
        pre_norm=False,
        activation=Activation.GELU,
        num_source_embeddings=2,
        embeddings_merge=EmbeddingsMerge.ADD,
        layernorm_embedding=True,
    )
    spec = TransformerEncoderModelSpec(encoder)
    dice = np.random.default_rng(3)
    _fill(spec, dice, len(vocabulary))
    spec.register_vocabulary(vocabulary)
    spec.config.unk_token = "<unk>"
    spec.config.layer_norm_epsilon = 1e-5
    spec.validate()
    spec.optimize()
    target.mkdir()
    spec.save(str(target))
    (target / PIECES).write_bytes(written.getvalue())
    shapes = ((SIZE, SIZE), (SIZE,), (1, SIZE), (1,))
    np.savez(
        target / CLASSIFIER,
        **{name: _array(dice, *shape) for name, shape in zip(ARRAYS, shapes, strict=True)},
    )
    return target


@pytest.fixture
def searcher(database: Database, model: EmbeddingModel, folder: Path) -> Any:
    async def find(guild: int, *, reranker: bool, **options: Any) -> SearchResponse:
        settings = Settings(reranker_path=str(folder) if reranker else None)
        clients = Clients(settings, name="search", database=database, embedder=model)
        transport = httpx.ASGITransport(build(clients))
        async with httpx.AsyncClient(transport=transport, base_url="http://search") as caller:
            answer = await caller.post("/search", json={"guild_id": guild, **options})
        await clients.close()
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=SearchResponse)

    return find


def by_hand(folder: Path, question: str, passage: str) -> float:
    """Score one pair as the model's authors do: the first token's state through the head."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / PIECES))
    pair = [*pieces.encode(question, out_type=str), "</s>", "</s>"]
    pair += pieces.encode(passage, out_type=str)
    encoder = Encoder(str(folder), compute_type="auto")
    output = encoder.forward_batch([["<s>", *pair, "</s>"]]).last_hidden_state
    with np.load(folder / CLASSIFIER) as head:
        inner = np.tanh(np.asarray(output)[0, 0] @ head["dense.weight"].T + head["dense.bias"])
        logit = inner @ head["out_proj.weight"].T + head["out_proj.bias"]
    return float(1 / (1 + np.exp(-logit[0])))


async def test_the_order_is_the_models(
    searcher: Any, knowledge: Any, guild_id: int, folder: Path
) -> None:
    for number, fact in enumerate(FACTS):
        await knowledge.add(guild_id, f"{number}.txt", [fact])
    fused = await searcher(guild_id, reranker=False, query=QUESTION)
    found = await searcher(guild_id, reranker=True, query=QUESTION)
    expected = {fact: by_hand(folder, QUESTION, fact) for fact in FACTS}
    assert [passage.text for passage in found.passages] == sorted(
        FACTS, key=lambda fact: -expected[fact]
    )
    for passage in found.passages:
        assert passage.score == pytest.approx(expected[passage.text], abs=1e-4)
    assert [passage.text for passage in fused.passages] != [
        passage.text for passage in found.passages
    ]
    assert "rerank" in found.timings_ms
    assert "rerank" not in fused.timings_ms


async def test_it_chooses_among_more_than_are_shown(
    searcher: Any, knowledge: Any, guild_id: int, folder: Path
) -> None:
    for number, fact in enumerate(FACTS):
        await knowledge.add(guild_id, f"{number}.txt", [fact])
    found = await searcher(guild_id, reranker=True, query=QUESTION, k=1)
    best = max(FACTS, key=lambda fact: by_hand(folder, QUESTION, fact))
    assert [passage.text for passage in found.passages] == [best]


async def test_it_hears_the_conversation(
    searcher: Any, knowledge: Any, guild_id: int, folder: Path
) -> None:
    await knowledge.add(guild_id, "a.txt", [FACTS[2]])
    asked = {"turns": ["Tell me of Paris.", QUESTION], "query": "And where?"}
    found = await searcher(guild_id, reranker=True, **asked)
    heard = f"Tell me of Paris. {QUESTION} And where?"
    assert found.passages[0].score == pytest.approx(by_hand(folder, heard, FACTS[2]), abs=1e-4)


async def test_an_empty_guild_needs_no_order(searcher: Any, guild_id: int) -> None:
    assert (await searcher(guild_id, reranker=True, query=QUESTION)).passages == []


async def test_texts_of_any_length_are_read(folder: Path) -> None:
    model = Reranker.open(folder)
    words = "The Eiffel Tower was finished. " * 400
    scores = await model.score(words, [words, "", FACTS[0]])
    model.close()
    assert all(0 < score < 1 for score in scores)


@pytest.mark.parametrize("missing", ["model.bin", PIECES, CLASSIFIER])
def test_a_damaged_folder_is_said_to_be_one(folder: Path, tmp_path: Path, missing: str) -> None:
    for file in folder.iterdir():
        if file.name != missing:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(RerankerUnusableError, match="LORE_RERANKER"):
        Reranker.open(tmp_path)


def test_without_one_nothing_is_imported() -> None:
    program = (
        "import sys, functions.search.main;"
        "sys.exit('ctranslate2' in sys.modules or 'functions.runtime.reranker' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
