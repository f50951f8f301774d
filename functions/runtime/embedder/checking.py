"""What makes a vector fit to be stored, whichever engine it came from."""

from typing import Final

import numpy as np

from functions.runtime.embedder.protocol import Vector, Vectors
from functions.runtime.errors import UnavailableError

# Cosines are compared by length-free distance, but a vector far from unit length is a defect.
TOLERANCE: Final = 0.01


class UnusableVectorsError(UnavailableError):
    """The embedding model returned vectors that cannot be used. Try again, or check the model."""


def check_vectors(vectors: Vectors, *, count: int, dimensions: int) -> Vectors:
    """Return the vectors; raise UnusableVectorsError unless each is finite, of its size and unit.

    A vector of another size belongs to another model; NaN and zero are near nothing and found
    never.
    """
    if vectors.shape != (count, dimensions):
        raise UnusableVectorsError(
            f"The embedding model returned vectors of the shape {vectors.shape}, where"
            f" {(count, dimensions)} was expected. Register the model again."
        )
    lengths = np.linalg.norm(vectors, axis=1)
    # A comparison with NaN is false, so this refuses NaN and infinity too.
    if not (np.abs(lengths - 1) < TOLERANCE).all():
        raise UnusableVectorsError
    return vectors


def vector_text(vector: Vector) -> str:
    """Return a vector as pgvector reads it, to a millionth."""
    return "[" + ",".join(np.char.mod("%.6f", vector)) + "]"
