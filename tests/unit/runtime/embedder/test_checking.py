import numpy as np
import pytest

from functions.runtime.embedder.checking import UnusableVectorsError, check_vectors, vector_text
from functions.runtime.embedder.protocol import Vectors

UNIT = np.eye(3, 4, dtype=np.float32)


def test_sound_vectors_pass() -> None:
    assert check_vectors(UNIT, count=3, dimensions=4) is UNIT


@pytest.mark.parametrize(
    ("vectors", "why"),
    [
        (UNIT[:, :3], "another size"),
        (UNIT[:2], "one too few"),
        (UNIT * np.float32("nan"), "not a number"),
        (UNIT * 0, "no length"),
        (UNIT * 2, "not of unit length"),
        (np.where(UNIT == 1, np.inf, UNIT), "infinite"),
        (UNIT[0], "one vector where several were asked for"),
    ],
)
def test_others_are_refused(vectors: Vectors, why: str) -> None:
    with pytest.raises(UnusableVectorsError):
        check_vectors(vectors, count=3, dimensions=4)


def test_a_vector_is_written_to_a_millionth() -> None:
    assert vector_text(np.array([0.5, -1 / 3], np.float32)) == "[0.500000,-0.333333]"
