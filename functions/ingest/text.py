import codecs
import re
import unicodedata
from typing import Final

from functions.ingest.refusals import UnreadableDocumentError

# Longest mark first: UTF-32's little-endian mark begins with UTF-16's.
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Western European text stays far below this; Cyrillic or Chinese in an old encoding far above.
_WESTERN_SHARE: Final = 0.25
_BROKEN_SHARE: Final = 0.25

_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls; tab and newline stay
    "\xad\u034f\u180e\u200b\u2060-\u2064\ufeff\u3164\uffa0"  # nothing is seen of these
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # these turn the reading direction
    "\ufff9-\ufffb\U0001d173-\U0001d17a"  # annotation and music formatting
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters at all
    "\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"  # unassigned and invisible
    "]"
)
_TAG_FLAGS = ("gbeng", "gbsct", "gbwls")
_TAG = re.compile(
    "(\U0001f3f4(?:"
    + "|".join("".join(chr(0xE0000 + ord(letter)) for letter in flag) for flag in _TAG_FLAGS)
    + ")\U000e007f)|[\U000e0000-\U000e007f]"
)
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
# One selector shapes the sign before it; runs of them can carry hidden text. The patterns begin
# with the rare character, so that the search skips all others quickly.
_STRAY_SELECTOR = re.compile(
    f"[{_SELECTORS}](?<![^\\sA-Za-z\u200c\u200d{_SELECTORS}][{_SELECTORS}])"
)
_JOINER_RUN = re.compile("([\u200c\u200d])[\u200c\u200d]+")
_JOINING_SCRIPTS = (
    "\u0600-\u0dff\u1000-\u109f\u1780-\u18af\ua840-\ua87f\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"
_PICTOGRAPHS = (
    "\u00a9\u00ae\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\U0001f000-\U0001faff"
)
_STRAY_JOINER = re.compile(
    "[\u200c\u200d](?!"
    f"(?<=[{_JOINING_SCRIPTS}][\u200c\u200d])(?=[{_JOINING_SCRIPTS}])"
    f"|(?<=[{_VIRAMAS}][\u200c\u200d])"
    f"|(?<=[{_PICTOGRAPHS}\ufe0f]\u200d)(?=[{_PICTOGRAPHS}]))"
)


def clean(text: str) -> str:
    """Return the text as it may be stored, searched and shown.

    Newlines become line feeds, the form NFC. Controls, invisible and reading-direction characters,
    lone surrogates and tag characters go; joiners stay where a script or an emoji needs them.
    Cleaning twice changes nothing.
    """
    text = _INVISIBLE.sub("", _NEWLINE.sub("\n", text))
    if text.isascii():
        return text
    # First composed so that the rules below see final letters, then once more
    # because what is removed may have kept two characters apart.
    text = unicodedata.normalize("NFC", text)
    text = _TAG.sub(r"\1", text)
    text = _JOINER_RUN.sub(r"\1", text)
    text = _STRAY_SELECTOR.sub("", text)
    text = _STRAY_JOINER.sub("", text)
    return unicodedata.normalize("NFC", text)


def decode(document_bytes: bytes) -> tuple[str, str]:
    """Return the text of a file and the name of the encoding it was read as.

    A byte order mark decides; then UTF-8, a few broken bytes allowed; then Windows-1252.
    Raises UnreadableDocumentError (`unknown_encoding`) where that would yield gibberish.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if document_bytes.startswith(mark):
            return document_bytes[len(mark) :].decode(encoding, "replace"), encoding
    try:
        return document_bytes.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_damaged(document_bytes)


def _decode_damaged(document_bytes: bytes) -> tuple[str, str]:
    text = document_bytes.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    # Every character beyond ASCII took two bytes at least, a broken byte only itself.
    sound = len(document_bytes) - len(text)
    if broken <= _BROKEN_SHARE * sound:
        return text, "utf-8"
    high = len(document_bytes.translate(None, bytes(range(0x80))))
    if high > _WESTERN_SHARE * len(document_bytes):
        raise UnreadableDocumentError("unknown_encoding")
    return document_bytes.decode("cp1252", "replace"), "windows-1252"
