import re
from collections.abc import Iterator
from typing import Final

from functions.ingest.parsers.elements import Element, Page

_BATCH: Final = 500
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
# A line at the margin begins a definition, unless it closes the one before.
_CLOSING = re.compile(r"[)\]}>]|end\b|fi\b|done\b|esac\b|else\b|#endif\b")
# Comments and decorators stand before what they speak of.
_PREFACE = re.compile(r"\s*(?:#|//|/\*|\*|--|;|@|\"\"\"|'''|$)")
_LONGEST_SIGNATURE: Final = 200


def read(document: bytes) -> Iterator[Page]:
    """Yield a program's text, given as clean UTF-8, in stretches that end between definitions."""
    batch: list[Element] = []
    for stretch in _definitions(document.decode("utf-8").rstrip("\n")):
        batch.append(Element("code", stretch, header=_signature(stretch)))
        if len(batch) >= _BATCH:
            yield Page(batch)
            batch = []
    yield Page(batch)


def _definitions(text: str) -> Iterator[str]:
    start = 0
    for blank in _BLANK_LINES.finditer(text):
        following = text[blank.end() : blank.end() + 1]
        if not following or following.isspace() or _CLOSING.match(text, blank.end()):
            continue
        yield text[start : blank.start()]
        start = blank.end()
    yield text[start:]


def _signature(stretch: str) -> str | None:
    """Return a definition's first line, said again wherever the definition has to be cut."""
    lines = stretch.split("\n", 50)[:50]
    line = next((line for line in lines if not _PREFACE.match(line)), "")
    long = len(line) > _LONGEST_SIGNATURE or len(lines) == 1
    return None if long or not line else line
