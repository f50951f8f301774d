"""A long text as several messages, each of which is whole Markdown by itself."""

import re
from collections.abc import Iterator

import msgspec

from functions.runtime.discord.text import FENCE, SENTENCE, head_of, length

# Discord takes 2,000 and does not say of what.
MAXIMUM_CONTENT = 1900
# A boundary is taken where at least this share of the room before it is used.
LEAST_USED = 0.4

# Nothing is cut within these: half a link leads nowhere, half a bold word shows its stars.
WHOLE = re.compile(
    r"`{3,}[^\s`]{0,20}"
    r"|(?<!`)`[^`\n]{1,400}`(?!`)"
    r"|!?\[[^\[\]\n]{0,400}\](?:\([^()\n]{0,800}\))?"
    r"|<[^<>\s]{1,800}>"
    r"|https?://[^\s<>]{1,800}"
    r"|\*\*[^*\n]{1,400}\*\*|__[^_\n]{1,400}__|~~[^~\n]{1,400}~~|\|\|[^|\n]{1,400}\|\|"
)
# Best first: a paragraph, a line (so a list keeps its items), a sentence, a word.
BOUNDARIES = (re.compile(r"\n\s*\n"), re.compile(r"\n"), SENTENCE, re.compile(r"\s+"))
LANGUAGE = re.compile(r"[\w+#.-]{0,20}")
QUOTE = re.compile(r"(?:> ?)+")


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a message has to begin with, as the one before ended within it."""

    text: str = ""
    in_code: bool = False


def split_message(text: str, *, maximum: int = MAXIMUM_CONTENT) -> list[str]:
    """Return a text in parts of at most ``maximum`` UTF-16 units, cut where it hurts least.

    Code that goes on in the next part is closed in the one and opened again in the other.
    """
    return [part for part in _parts(text.strip(), maximum) if part.strip()] or [""]


def _parts(text: str, maximum: int) -> Iterator[str]:
    opening = Opening()
    while length(opening.text + text) > maximum:
        room = maximum - length(opening.text) - length(f"\n{FENCE}")
        head = head_of(text, room)
        end = _end(text, head, opening) or len(head)
        part, text = text[:end], text[end:]
        following = _following(opening, part, text)
        close = f"\n{FENCE}" if following.in_code else ""
        yield opening.text + part.rstrip() + close
        # Within code the next line keeps its indentation.
        text = text.removeprefix("\n") if following.in_code else text.lstrip()
        opening = following
    yield opening.text + text


def _end(text: str, head: str, opening: Opening) -> int:
    """Return where the best boundary in the head is, 0 where there is none."""
    whole = [span for match in WHOLE.finditer(text) if _crosses(span := match.span(), head)]
    free = min((first for first, _ in whole), default=len(head))
    used = LEAST_USED * len(head)
    for boundary in BOUNDARIES:
        ends = [_boundary(match) for match in boundary.finditer(text, 0, len(head))]
        good = [end for end in ends if used <= end <= free]
        outside = [end for end in good if not _in_code(opening, text[:end])]
        if outside or good:
            return max(outside or good)
    return free if free >= used else 0


def _boundary(match: re.Match[str]) -> int:
    # A sentence ends behind its mark, everything else before the space.
    return match.start() if match[0].isspace() else match.end()


def _crosses(span: tuple[int, int], head: str) -> bool:
    return span[0] < len(head) < span[1]


def _in_code(opening: Opening, part: str) -> bool:
    return (part.count(FENCE) + opening.in_code) % 2 == 1


def _following(opening: Opening, part: str, rest: str) -> Opening:
    if _in_code(opening, part):
        if FENCE not in part:
            return opening
        info, line_end, _ = part.rpartition(FENCE)[2].partition("\n")
        language = info.strip() if line_end and LANGUAGE.fullmatch(info.strip()) else ""
        return Opening(text=f"{FENCE}{language}\n", in_code=True)
    quote = QUOTE.match(part.rpartition("\n")[2])
    return Opening(text=quote[0] if quote and not rest.startswith("\n") else "")
