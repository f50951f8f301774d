"""The parser child: document bytes on stdin, JSON lines on stdout.

Started by path with `-I`, arguments: format, limits as JSON. Lines: `{"ready": true}`, then
pages with their elements, then `{"finished": true}` or `{"failed": reason, "error": class}`.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

# Isolated mode leaves the checkout off the path; the readers live three folders up.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from functions.ingest.parsers.elements import OUT_OF_MEMORY, Page, RefusedError
from functions.ingest.parsers.sandbox import confine

# Each is a module beside this one; none is named like a module of the standard library.
FORMATS = (
    "book", "delimited", "markdown", "pdf", "records", "sheet", "slides", "source", "web_page",
    "word",
)  # fmt: skip
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
    batch: list[Page] = []
    waiting, sent = 0, time.monotonic()
    for page in pages:
        batch.append(page)
        waiting += len(page.elements)
        if waiting > _FLUSH_ELEMENTS or time.monotonic() - sent > _FLUSH_SECONDS:
            _send(_frame(batch))
            batch, waiting, sent = [], 0, time.monotonic()
    if batch:
        _send(_frame(batch))


def _frame(batch: Sequence[Page]) -> dict[str, Any]:
    return {
        "done": batch[-1].number,
        "total": batch[-1].total,
        "elements": [element for page in batch for element in page.elements],
        "unreadable": [page.number for page in batch if not page.readable],
        "notices": [notice for page in batch for notice in page.notices],
    }


def _send(frame: dict[str, Any]) -> None:
    line = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot travel as UTF-8, and would be cleaned away anyway.
    sys.stdout.buffer.write(line.encode("utf-8", "ignore") + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
