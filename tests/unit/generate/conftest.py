from collections.abc import Callable
from uuid import UUID

import pytest

from functions.runtime.passages import Highlight, Passage
from functions.runtime.sentences import split_sentences


def make_passage(text: str, *, scores: tuple[float, ...] = (), number: int = 1) -> Passage:
    spans = split_sentences(text)
    return Passage(
        chunk_id=number,
        document_id=UUID(int=number),
        ordinal=0,
        title=f"document-{number}.txt",
        location="",
        url=f"https://lore.example/{number}",
        text=text,
        score=1 / number,
        cosine=0.9,
        bm25=1.0,
        highlights=[
            Highlight(start=span.start, end=span.end, score=score)
            for span, score in zip(spans, scores, strict=False)
        ],
    )


@pytest.fixture
def passage() -> Callable[..., Passage]:
    """A passage of this text whose sentences have these scores, from document ``number``."""
    return make_passage
