import io
import logging
import re
from collections.abc import Iterator

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError

from functions.ingest.parsers.elements import Element, Page, RefusedError

# Repairs are pypdf's business; a line per oddity would flood the logs.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_LIGATURES = str.maketrans({
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
    "\ufb05": "st", "\ufb06": "st",
})  # fmt: skip
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[^\W\d_])")
# A table of contents draws its lines in dots; they would fill whole passages.
_LEADERS = re.compile(r"\.(?:[ \t]*\.){4,}")
_SENTENCE_END = re.compile(r"[.!?:…。！？][\"'”’)\]]*$")
_ITEM = re.compile(r"\s*(?:[•◦▪‣·*–-]|\d{1,3}[.)])\s")
# A line this much shorter than the page's longest, at a sentence's end, ends its paragraph.
_SHORT_LINE = 0.8


def read(document: bytes) -> Iterator[Page]:
    """Yield the pages of a PDF, in order.

    Raises RefusedError (`encrypted`, `damaged`); other errors mean a damaged file.
    """
    reader = PdfReader(io.BytesIO(document))
    _unlock(reader)
    total = len(reader.pages)
    if not total:
        raise RefusedError("damaged")
    readable = False
    for number, page in enumerate(reader.pages, start=1):
        result = _read_page(page, number, total)
        readable = readable or result.readable
        yield result
    if not readable:
        raise RefusedError("damaged")


def _unlock(reader: PdfReader) -> None:
    if not reader.is_encrypted:
        return
    try:
        # Many files forbid printing only and open with an empty password.
        opened = bool(reader.decrypt(""))
    except (DependencyError, NotImplementedError):
        opened = False
    if not opened:
        raise RefusedError("encrypted")


def _read_page(page: PageObject, number: int, total: int) -> Page:
    try:
        text = page.extract_text()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - one broken page must not cost the others; it is reported
        return Page([], number, total, readable=False)
    elements = [Element("paragraph", paragraph, page=number) for paragraph in _paragraphs(text)]
    return Page(elements, number, total)


def _paragraphs(text: str) -> Iterator[str]:
    text = _LEADERS.sub("…", text.translate(_LIGATURES))
    lines = [line.rstrip() for line in _BROKEN_WORD.sub(_mend, text).splitlines()]
    width = max((len(line) for line in lines), default=0)
    current: list[str] = []
    for line in lines:
        if current and (not line.strip() or _ITEM.match(line) or _ends(current[-1], width)):
            yield "\n".join(current)
            current = []
        if line.strip():
            current.append(line)
    if current:
        yield "\n".join(current)


def _mend(match: re.Match[str]) -> str:
    # "exam-\nple" is one word; "Anglo-\nSaxon" keeps its hyphen.
    following = match.string[match.end()]
    return "" if following.islower() else "-"


def _ends(line: str, width: int) -> bool:
    return len(line) < _SHORT_LINE * width and bool(_SENTENCE_END.search(line))
