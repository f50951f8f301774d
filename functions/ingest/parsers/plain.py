import re
from collections.abc import Iterator

from functions.ingest.parsers.elements import Element

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")


def paragraphs(text: str) -> Iterator[Element]:
    """Yield the paragraphs of a plain text: what blank lines part."""
    for paragraph in _BLANK_LINES.split(text):
        stripped = paragraph.strip("\n").rstrip()
        if stripped:
            yield Element("paragraph", stripped)
