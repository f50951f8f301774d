"""Documents to be read under fire: mixed kinds and sizes, every revision with words of its own."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Final

# Words that make the embedding misbehave; see `tests.faults.child.Moody`.
DEADLY: Final = "kurzschluss"
HOPELESS: Final = "fassungslos"
FLAKY: Final = "wackelkontakt"

_WORDS: Final = """
lantern brass key harbour signal rope anchor keeper tide chart compass glass wick oil storm bell
tower stair ledger watch night morning fog reef sail captain crew cargo island
"""
WORDS: Final = tuple(_WORDS.split())
LONG_EVERY: Final = 20
FLAKY_EVERY: Final = 10


class Corpus:
    """Makes the content of document ``number`` at revision ``revision``, the same for one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def name(self, number: int) -> str:
        """Return a file name; the ending tells the kind."""
        return f"document-{number:04}.{list(WRITERS)[number % len(WRITERS)]}"

    def content(self, number: int, revision: int) -> bytes:
        """Return the bytes; one document in twenty is long."""
        choice = random.Random(f"{self._seed} {number} {revision}")  # noqa: S311 -- repeatable
        sections = 60 if number % LONG_EVERY == 0 else choice.randint(1, 5)
        paragraphs = [_paragraph(choice) for _ in range(sections)]
        paragraphs[0] += f" {token(number, revision)}"
        if number % FLAKY_EVERY == FLAKY_EVERY - 1:
            paragraphs[0] += f" {FLAKY}"
        suffix = self.name(number).rpartition(".")[2]
        return WRITERS[suffix](f"Document {number}", paragraphs)


def token(number: int, revision: int) -> str:
    """Return a word that stands in one revision of one document alone."""
    return f"zeichen{number}x{revision}"


def plain(number: int, *, extra: str = "") -> bytes:
    """Return a small text, read without a parser process."""
    return f"Note {number}. The keeper trims the wick at dusk. {token(number, 0)} {extra}".encode()


def _paragraph(choice: random.Random) -> str:
    return " ".join(choice.choice(WORDS) for _ in range(choice.randint(20, 160))) + "."


def _markdown(title: str, paragraphs: Sequence[str]) -> bytes:
    parts = [f"## Part {index}\n\n{words}" for index, words in enumerate(paragraphs)]
    return "\n\n".join([f"# {title}", *parts]).encode()


def _text(title: str, paragraphs: Sequence[str]) -> bytes:
    return "\n\n".join([title, *paragraphs]).encode()


def _html(title: str, paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<h2>Part</h2><p>{words}</p>" for words in paragraphs)
    return (
        f"<!doctype html><html><head><title>{title}</title></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    ).encode()


def _csv(title: str, paragraphs: Sequence[str]) -> bytes:
    rows = [f"{index},{words}" for index, words in enumerate(paragraphs)]
    return "\n".join([f"number,{title}", *rows]).encode()


def _json(title: str, paragraphs: Sequence[str]) -> bytes:
    return json.dumps({"title": title, "parts": list(paragraphs)}).encode()


def _pdf(title: str, paragraphs: Sequence[str]) -> bytes:
    return pdf([[title, *_lines(words)] for words in paragraphs])


def _lines(words: str) -> list[str]:
    split = words.split()
    return [" ".join(split[first : first + 12]) for first in range(0, len(split), 12)]


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """Return a PDF of pages of lines; the letters must be ASCII without parentheses."""
    first_page = 4
    kids = " ".join(f"{first_page + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
    ]
    for index, lines in enumerate(pages):
        drawn = "".join(f"({line})Tj T*\n" for line in lines)
        stream = f"BT /F 10 Tf 12 TL 40 760 Td\n{drawn}ET".encode()
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>"
            b"/Contents %d 0 R>>" % (first_page + 2 * index + 1),
            b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        ]
    return file_of(objects)


def file_of(objects: Sequence[bytes]) -> bytes:
    """Return a PDF file of numbered objects, the first of which is its catalogue."""
    written, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
    return bytes(written) + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


def _blank(title: str, paragraphs: Sequence[str]) -> bytes:
    """Return what nobody can read, so that refusals are killed too; distinct in its bytes."""
    return b"PK\x03\x04" + f"{title} {len(paragraphs)} {paragraphs[0]}".encode()


WRITERS: Final[dict[str, Callable[[str, Sequence[str]], bytes]]] = {
    "md": _markdown,
    "txt": _text,
    "pdf": _pdf,
    "html": _html,
    "csv": _csv,
    "json": _json,
    "zip": _blank,
}
