"""The parser child: document bytes on stdin, JSON lines on stdout.

Started by path with `-I`, arguments: format, limits as JSON. Lines: `{"ready": true}`, then
pages with their elements, then `{"finished": true}` or `{"failed": reason, "error": class}`.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# Isolated mode leaves the checkout off the path; the readers live three folders up.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from functions.ingest.parsers.elements import OUT_OF_MEMORY, Element, Page, RefusedError
from functions.ingest.parsers.sandbox import confine

FORMATS = ("markdown", "pdf")
_FLUSH_SECONDS = 0.1
_FLUSH_ELEMENTS = 500


def main() -> None:
    """Read one document and answer."""
    name, limits = sys.argv[1], json.loads(sys.argv[2])
    if name not in FORMATS:
        raise SystemExit(2)
    read = importlib.import_module(f"functions.ingest.parsers.{name}").read
    confine(limits)
    try:
        _send({"ready": True})
        _answer(read, sys.stdin.buffer.read())
    except MemoryError:
        # There may be no memory left to say so in words.
        os._exit(OUT_OF_MEMORY)


def _answer(read: Callable[[bytes], Iterable[Page]], document: bytes) -> None:
    try:
        _send_pages(read(document))
        _send({"finished": True})
    except RefusedError as refused:
        _send({"failed": refused.reason})
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser raises, the file is to blame
        _send({"failed": "damaged", "error": type(error).__name__})


def _send_pages(pages: Iterable[Page]) -> None:
    elements: list[Element] = []
    unreadable: list[int] = []
    sent = time.monotonic()
    for page in pages:
        elements += page.elements
        if not page.readable:
            unreadable.append(page.number)
        last = page.number == page.total
        due = len(elements) > _FLUSH_ELEMENTS or time.monotonic() - sent > _FLUSH_SECONDS
        if due or last:
            _send(_frame(page, elements, unreadable))
            elements, unreadable, sent = [], [], time.monotonic()


def _frame(page: Page, elements: list[Element], unreadable: list[int]) -> dict[str, Any]:
    return {
        "done": page.number,
        "total": page.total,
        "elements": elements,
        "unreadable": unreadable,
    }


def _send(frame: dict[str, Any]) -> None:
    line = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot travel as UTF-8, and would be cleaned away anyway.
    sys.stdout.buffer.write(line.encode("utf-8", "ignore") + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
