"""Write a CTranslate2 encoder, a SentencePiece file and a normalisation table from E5S1 weights."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from ctranslate2.specs.common_spec import Activation, EmbeddingsMerge
from ctranslate2.specs.transformer_spec import (
    TransformerEncoderModelSpec,
    TransformerEncoderSpec,
)
from numpy.typing import NDArray

from functions.runtime.embedder import manifest, sentencepiece_file
from functions.runtime.embedder.manifest import NORMALISATION, PIECES, VOCABULARY
from functions.runtime.embedder.weights import Weights, parse

QUANTISATION: Final = "int8"

Linear = tuple[NDArray[np.float32], NDArray[np.float32]]


def convert(source: Path, target: Path) -> None:
    """Write the converted model to the folder `target`, whole or not at all."""
    weights = parse(source.read_bytes())
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        folder.chmod(0o755)
        _write(weights, folder)
        _place(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(weights: Weights, folder: Path) -> None:
    _model(weights).save(str(folder))
    _shorten_vocabulary(weights, folder)
    (folder / PIECES).write_bytes(sentencepiece_file.encode(weights.pieces))
    table = {str(code_point): text for code_point, text in weights.normalisation.items()}
    (folder / NORMALISATION).write_text(json.dumps(table), encoding="utf-8")
    manifest.write(folder)


def _place(folder: Path, target: Path) -> None:
    # What lies at the target is stale or half-finished, else nobody would have converted again.
    if target.exists():
        target.rename(folder / "replaced")
    try:
        folder.rename(target)
    except OSError:
        # Somebody converted at the same time and came first; theirs is as good.
        if not manifest.is_complete(target):
            raise
    shutil.rmtree(target / "replaced", ignore_errors=True)


def _model(weights: Weights) -> TransformerEncoderModelSpec:
    shape = weights.shape
    encoder = TransformerEncoderSpec(
        shape.layers,
        shape.heads,
        pre_norm=False,
        activation=Activation.GELU,
        num_source_embeddings=2,
        embeddings_merge=EmbeddingsMerge.ADD,
        layernorm_embedding=True,
    )
    encoder.scale_embeddings = False
    _set_embeddings(encoder, weights)
    for index, layer in enumerate(encoder.layer):
        _set_layer(layer, weights, index)
    model = TransformerEncoderModelSpec(encoder)
    model.register_vocabulary(_vocabulary(weights))
    model.config.layer_norm_epsilon = shape.epsilon
    model.config.unk_token = weights.pieces.texts[weights.pieces.unknown]
    model.validate()
    model.optimize(quantization=QUANTISATION)
    return model


def _shorten_vocabulary(weights: Weights, folder: Path) -> None:
    # The engine is given ids only, yet would load all 250,000 words: 0.16 s and 44 MB for nothing.
    pieces = weights.pieces
    used = (pieces.begin, pieces.padding, pieces.end, pieces.unknown)
    words = [pieces.texts[index] for index in sorted(used)]
    (folder / VOCABULARY).write_text(json.dumps(words), encoding="utf-8")


def _vocabulary(weights: Weights) -> list[str]:
    pieces = weights.pieces.texts
    unused = weights.shape.vocabulary - len(pieces)
    return [*pieces, *(f"<unused{index}>" for index in range(unused))]


def _set_embeddings(encoder: Any, weights: Weights) -> None:
    shape = weights.shape
    words, types = encoder.embeddings
    words.weight = weights.tensor("emb.word", shape.vocabulary, shape.hidden)
    types.weight = weights.tensor("emb.type", shape.token_types, shape.hidden)
    positions = weights.tensor("emb.pos", shape.positions, shape.hidden)
    encoder.position_encodings.encodings = positions
    _set_norm(encoder.layernorm_embedding, weights, "emb.ln")


def _set_layer(layer: Any, weights: Weights, index: int) -> None:
    attention, feed_forward = layer.self_attention, layer.ffn
    hidden, inner = weights.shape.hidden, weights.shape.feed_forward
    parts = [_linear(weights, f"l{index}.{part}", hidden, hidden) for part in "qkv"]
    attention.linear[0].weight = np.concatenate([weight for weight, _ in parts])
    attention.linear[0].bias = np.concatenate([bias for _, bias in parts])
    _set_linear(attention.linear[1], _linear(weights, f"l{index}.ao", hidden, hidden))
    _set_norm(attention.layer_norm, weights, f"l{index}.aln")
    _set_linear(feed_forward.linear_0, _linear(weights, f"l{index}.fi", inner, hidden))
    _set_linear(feed_forward.linear_1, _linear(weights, f"l{index}.fo", hidden, inner))
    _set_norm(feed_forward.layer_norm, weights, f"l{index}.oln")


def _linear(weights: Weights, name: str, outputs: int, inputs: int) -> Linear:
    return weights.tensor(f"{name}.w", outputs, inputs), weights.tensor(f"{name}.b", outputs)


def _set_linear(layer: Any, linear: Linear) -> None:
    layer.weight, layer.bias = linear


def _set_norm(layer: Any, weights: Weights, name: str) -> None:
    layer.gamma = weights.tensor(f"{name}.w", weights.shape.hidden)
    layer.beta = weights.tensor(f"{name}.b", weights.shape.hidden)
