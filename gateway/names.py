"""Names that people gave: made fit to be shown, stored and saved under."""

import re
from collections.abc import Iterable
from urllib.parse import quote

from functions.runtime.errors import InvalidRequestError
from functions.runtime.visible import visible

LONGEST_NAME = 255
LONGEST_TITLE = 200
LONGEST_TAG = 40
MOST_TAGS = 20
BLANKS = re.compile(r"\s+")
# What Windows allows in no file name; the other systems allow less of it than one would think.
UNSAVABLE = re.compile(r'[<>:"|?*\\]')
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
# Most file systems take 255 bytes; the rest is for a number that tells two alike apart.
LONGEST_PART_BYTES = 200


def display_name(name: str) -> str:
    """Return a file's name as people see it, with the folders it came from; never a path of ours.

    Raises InvalidRequestError for a name that is empty or longer than 255 characters.
    """
    parts = [part.strip() for part in visible(name.replace("\\", "/")).split("/")]
    shown = "/".join(part for part in parts if part not in {"", ".", ".."})
    if not shown:
        raise InvalidRequestError("The file has no name. Send it as ?name=notes.md.")
    if len(shown) > LONGEST_NAME:
        raise InvalidRequestError(
            f"The file's name is longer than {LONGEST_NAME} characters. Shorten it."
        )
    return shown


def given_title(words: str | None) -> str | None:
    """Return the title somebody gave a document; None where there is nothing to see in it."""
    spaced = BLANKS.sub(" ", words or "")
    title = visible(spaced).strip()
    if len(title) > LONGEST_TITLE:
        raise InvalidRequestError(
            f"The title is longer than {LONGEST_TITLE} characters. Shorten it."
        )
    return title or None


def given_tags(words: Iterable[str]) -> list[str]:
    """Return the tags somebody gave a document: in small letters, each once, in their order."""
    spaced = (BLANKS.sub(" ", visible(word)).strip().lower() for word in words)
    tags = list(dict.fromkeys(tag for tag in spaced if tag))
    if len(tags) > MOST_TAGS:
        raise InvalidRequestError(f"A document has {MOST_TAGS} tags at most. Leave some out.")
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise InvalidRequestError(f"A tag is longer than {LONGEST_TAG} characters. Shorten it.")
    return tags


def savable(part: str) -> str:
    """Return a file or folder name that every file system takes."""
    kept = UNSAVABLE.sub("_", visible(part)).strip(" .") or "_"
    kept = f"_{kept}" if RESERVED.match(kept) else kept
    stem, dot, suffix = kept.rpartition(".")
    if not stem or len(suffix.encode()) > LONGEST_PART_BYTES // 4:
        stem, dot, suffix = kept, "", ""
    room = LONGEST_PART_BYTES - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def attachment(name: str) -> str:
    """Return a Content-Disposition that saves under ``name``.

    The plain form is for clients without RFC 5987; quotes, controls and what is not ASCII are
    replaced in it, so that no name ends the value or begins another header.
    """
    saved = savable(name.rpartition("/")[2])
    plain = re.sub(r'[^ -~]|["\\%;]', "_", saved)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(saved, safe='')}"
