from typing import Literal

from functions.runtime.errors import LorekeeperError

Reason = Literal[
    "damaged", "empty", "encrypted", "no_text", "too_large", "too_slow", "unknown_encoding",
    "unsupported",
]  # fmt: skip

SENTENCES: dict[Reason, str] = {
    "damaged": (
        "This PDF is damaged and could not be read. "
        "Open it, export it as PDF again and upload the new file."
    ),
    "empty": "This file holds no text. Upload one that does.",
    "encrypted": "This PDF is encrypted. Remove the password and upload it again.",
    "no_text": (
        "No text could be found in this PDF; it seems to be scanned images. "
        "Run text recognition (OCR) on it and upload it again."
    ),
    "too_large": (
        "Reading this file needs more memory than is allowed. "
        "Split it into smaller files and upload those."
    ),
    "too_slow": "Reading this file took too long. Split it into smaller files and upload those.",
    "unknown_encoding": (
        "The encoding of this text is not known. Save it as UTF-8 and upload it again."
    ),
    "unsupported": "This file is not text. Upload text, Markdown or PDF.",
}


class UnreadableDocumentError(LorekeeperError):
    """This document cannot be read. Upload text, Markdown or PDF."""

    status = 422
    code = "unreadable"

    def __init__(self, reason: Reason, message: str | None = None) -> None:
        super().__init__(message or SENTENCES[reason])
        self.reason: Reason = reason
