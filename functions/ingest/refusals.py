from typing import Final, Literal

from functions.runtime.errors import LorekeeperError

ParserFormat = Literal[
    "book", "delimited", "markdown", "pdf", "records", "sheet", "slides", "source", "web_page",
    "word",
]  # fmt: skip

Reason = Literal[
    "damaged", "empty", "encrypted", "no_text", "too_large", "too_slow", "unknown_encoding",
    "unsupported",
]  # fmt: skip

SENTENCES: Final[dict[Reason, str]] = {
    "damaged": (
        "This file is damaged and could not be read. "
        "Open it, save it again and upload the new file."
    ),
    "empty": "This file holds no text. Upload one that does.",
    "encrypted": "This file is encrypted. Remove the password and upload it again.",
    "no_text": "No text could be found in this file. Upload one that holds text.",
    "too_large": (
        "Reading this file needs more memory than is allowed. "
        "Split it into smaller files and upload those."
    ),
    "too_slow": "Reading this file took too long. Split it into smaller files and upload those.",
    "unknown_encoding": (
        "The encoding of this text is not known. Save it as UTF-8 and upload it again."
    ),
    "unsupported": (
        "This file is not text. "
        "Upload text, Markdown, PDF, a web page, an Office file, an EPUB book or a table."
    ),
}

_OWN_SENTENCES: Final[dict[tuple[ParserFormat, Reason], str]] = {
    ("book", "damaged"): (
        "This EPUB book is damaged and could not be read. "
        "Convert it to EPUB or PDF again and upload the new file."
    ),
    ("book", "encrypted"): (
        "This EPUB book is protected against copying (DRM). Upload a copy without protection."
    ),
    ("book", "no_text"): (
        "No text could be found in this EPUB book; its pages seem to be images. "
        "Run text recognition (OCR) on it and upload the result."
    ),
    ("pdf", "damaged"): (
        "This PDF is damaged and could not be read. "
        "Open it, export it as PDF again and upload the new file."
    ),
    ("pdf", "encrypted"): "This PDF is encrypted. Remove the password and upload it again.",
    ("pdf", "no_text"): (
        "No text could be found in this PDF; it seems to be scanned images. "
        "Run text recognition (OCR) on it and upload it again."
    ),
    ("sheet", "damaged"): (
        "This spreadsheet is damaged and could not be read. "
        "Open it, save it as .xlsx and upload the new file."
    ),
    ("sheet", "encrypted"): "This spreadsheet is encrypted. Save it without a password.",
    ("sheet", "no_text"): "No text could be found in this spreadsheet; its sheets are empty.",
    ("slides", "damaged"): (
        "This presentation is damaged and could not be read. "
        "Open it, save it as .pptx and upload the new file."
    ),
    ("slides", "encrypted"): "This presentation is encrypted. Save it without a password.",
    ("slides", "no_text"): (
        "No text could be found in this presentation; its slides seem to be images. "
        "Export it as PDF, run text recognition (OCR) on it and upload the result."
    ),
    ("web_page", "no_text"): (
        "No text could be found in this web page; it may be drawn by scripts. "
        "Open it in a browser, save it as PDF and upload that."
    ),
    ("web_page", "too_large"): (
        "This web page is too large or nested too deep to be read. "
        "Open it in a browser, save it as PDF and upload that."
    ),
    ("word", "damaged"): (
        "This Word document is damaged and could not be read. "
        "Open it, save it as .docx and upload the new file."
    ),
    ("word", "encrypted"): "This Word document is encrypted. Save it without a password.",
    ("word", "no_text"): (
        "No text could be found in this Word document; it seems to hold images only. "
        "Export it as PDF, run text recognition (OCR) on it and upload the result."
    ),
}


class UnreadableDocumentError(LorekeeperError):
    """This document cannot be read. Save it as text, Markdown or PDF and upload that."""

    status = 422
    code = "unreadable"

    def __init__(
        self, reason: Reason, message: str | None = None, *, parser: ParserFormat | None = None
    ) -> None:
        own = _OWN_SENTENCES.get((parser, reason)) if parser else None
        super().__init__(message or own or SENTENCES[reason])
        self.reason: Reason = reason
