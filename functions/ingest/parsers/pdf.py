import io
import itertools
import logging
import re
from collections.abc import Iterator

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError
from pypdf.generic import DictionaryObject, PdfObject, TextStringObject

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
_MOST_FIELDS = 2_000
_DEEPEST_FIELD = 8


def read(document: bytes) -> Iterator[Page]:
    """Yield the pages of a PDF, in order.

    Raises RefusedError (`encrypted`, `damaged`); other errors mean a damaged file.
    """
    reader = PdfReader(io.BytesIO(document))
    _unlock(reader)
    total = len(reader.pages)
    if not total:
        raise RefusedError("damaged")
    # Where there is no form, a page's links need not be looked at.
    has_form = "/AcroForm" in reader.root_object
    readable = False
    for number, page in enumerate(reader.pages, start=1):
        result = _read_page(page, number, total, has_form=has_form)
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


def _read_page(page: PageObject, number: int, total: int, *, has_form: bool) -> Page:
    try:
        text = page.extract_text()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - one broken page must not cost the others; it is reported
        return Page([], number, total, readable=False)
    elements = [Element("paragraph", paragraph, page=number) for paragraph in _paragraphs(text)]
    if has_form and (lines := _filled(page)):
        elements.append(Element("table", "\n".join(lines), page=number))
    return Page(elements, number, total)


def _filled(page: PageObject) -> list[str]:
    """Return what was filled into a page's form: it is drawn beside the page's own text."""
    try:
        # A field of several boxes is told once.
        return list(dict.fromkeys(_fields(page)))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a broken form must not cost the page's text
        return []


def _fields(page: PageObject) -> Iterator[str]:
    annotations = page.get("/Annots")
    annotations = annotations.get_object() if annotations is not None else None
    for reference in itertools.islice(annotations or (), _MOST_FIELDS):
        field = reference.get_object()
        if not isinstance(field, DictionaryObject) or field.get("/Subtype") != "/Widget":
            continue
        value = _inherited(field, "/V")
        if isinstance(value, TextStringObject) and value.strip():
            names = (_inherited(field, key) for key in ("/TU", "/T"))
            name = next((one for one in names if isinstance(one, TextStringObject) and one), "")
            yield f"{name}: {value}".removeprefix(": ")


def _inherited(field: DictionaryObject, key: str) -> PdfObject | None:
    # A field of several boxes says once what is true of all; a loop ends.
    for _ in range(_DEEPEST_FIELD):
        if key in field:
            return field[key].get_object()
        parent = field.get("/Parent")
        if parent is None or not isinstance(above := parent.get_object(), DictionaryObject):
            return None
        field = above
    return None


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
