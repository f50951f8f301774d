from collections.abc import Callable
from typing import Final

from functions.ingest.cutting import CountTokens
from functions.ingest.schemas import Chunk

# (title, heading path) -> what stands before a passage when it is embedded.
ContextPrefix = Callable[[str, tuple[str, ...]], str]

MAXIMUM_TOKENS: Final = 511
_SEPARATOR: Final = " › "


def title_and_headings(title: str, heading_path: tuple[str, ...]) -> str:
    """Return `title › heading › heading`."""
    return _SEPARATOR.join(part for part in (title, *heading_path) if part)


def no_context(title: str, heading_path: tuple[str, ...]) -> str:
    """Return nothing: the passage is embedded as it is."""
    del title, heading_path
    return ""


def embedding_text(
    chunk: Chunk,
    title: str,
    *,
    count_tokens: CountTokens,
    prefix: ContextPrefix = title_and_headings,
    maximum: int = MAXIMUM_TOKENS,
) -> str:
    """Return the passage with its context before it, at most `maximum` tokens in all.

    Where the whole context does not fit, outer headings go first, then the title.
    """
    path = _unsaid(chunk)
    contexts = [prefix(title, path[depth:]) for depth in range(len(path) + 1)]
    for context in contexts:
        text = f"{context}\n\n{chunk.text}"
        if context and count_tokens(text) <= maximum:
            return text
    return chunk.text


def _unsaid(chunk: Chunk) -> tuple[str, ...]:
    """Return the headings the passage does not begin with."""
    path = chunk.heading_path
    return path[:-1] if path and chunk.text.startswith(path[-1]) else path
