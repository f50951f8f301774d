from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Milliseconds by stage; stages may run side by side, ``total`` counts from the start."""

    def __init__(self) -> None:
        self._began = perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body under this name."""
        began = perf_counter()
        try:
            yield
        finally:
            self._stages[name] = _milliseconds(began)

    def timings_ms(self) -> dict[str, float]:
        """Return every stage so far and the total."""
        return {**self._stages, "total": _milliseconds(self._began)}


def _milliseconds(began: float) -> float:
    return round((perf_counter() - began) * 1000, 2)
