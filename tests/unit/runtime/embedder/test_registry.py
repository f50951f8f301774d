import msgspec
import pytest

from functions.runtime.embedder.registry import EMBEDDED, RELATED_COSINE, UNRELATED_COSINE

MINILM = msgspec.structs.replace(
    EMBEDDED,
    id=2,
    name="all-minilm",
    engine="ollama",
    unrelated_cosine=0.0357,
    related_cosine=0.6947,
)


@pytest.mark.parametrize(
    ("cosine", "common", "why"),
    [
        (0.0357, UNRELATED_COSINE, "unrelated is unrelated"),
        (0.6947, RELATED_COSINE, "an answer is an answer"),
        (-0.2, 0.685, "further off than usual"),
        (1.0, 0.9495, "the same text"),
    ],
)
def test_cosines_of_another_model_come_to_one_scale(cosine: float, common: float, why: str) -> None:
    assert MINILM.on_common_scale(cosine) == pytest.approx(common, abs=1e-3)


def test_the_embedded_model_is_the_scale() -> None:
    assert EMBEDDED.on_common_scale(0.81234) == 0.81234


def test_no_cosine_is_over_one() -> None:
    steep = msgspec.structs.replace(MINILM, unrelated_cosine=0.1, related_cosine=0.15)
    assert steep.on_common_scale(0.99) == 1.0
