from typing import Final, Literal, NamedTuple

# This module and the readers beside it run in the parser child, where only the standard library
# and one format's parser are loaded.

# The child's exit status when it ran into its memory limit.
OUT_OF_MEMORY: Final = 77

ElementKind = Literal["title", "heading", "paragraph", "list", "table", "code", "quote"]


class Element(NamedTuple):
    """One part of a document as its reader found it, not yet cleaned.

    `level` is a heading's depth from 1; a `title` names the document and is no part of its text.
    """

    kind: ElementKind
    text: str
    level: int = 0
    page: int | None = None
    header: str | None = None


class Page(NamedTuple):
    """What one step of reading yielded; `total` is 0 where steps cannot be counted ahead.

    `notices` are sentences for the uploader about what was not read.
    """

    elements: list[Element]
    number: int = 0
    total: int = 0
    readable: bool = True
    notices: tuple[str, ...] = ()


class RefusedError(Exception):
    """A reader cannot read the document, for the reason it carries."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
