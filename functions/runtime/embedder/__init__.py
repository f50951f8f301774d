"""Turn text into vectors inside the process.

The names here cost nothing to import. `embedder.Embedder` (CTranslate2) and `twin.HashEmbedder`
(no model) are imported from their own modules, so that only who embeds pays for the engine.
"""

from functions.runtime.embedder.protocol import (
    MODEL_NAME,
    EmbeddingModel,
    ModelUnusableError,
    PassageTooLongError,
    Vector,
    Vectors,
)

__all__ = [
    "MODEL_NAME",
    "EmbeddingModel",
    "ModelUnusableError",
    "PassageTooLongError",
    "Vector",
    "Vectors",
]
