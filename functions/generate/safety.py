"""What may be shown of an answer, whoever wrote it: a model, a document or somebody hostile."""

import re
import unicodedata
from collections.abc import Collection

from functions.runtime.discord.text import cut, defuse

MOST_CHARACTERS = 4000
REMOVED = "(link removed)"

# Directions and joints that hide or reorder text; emoji and Persian need the joiners 200C and 200D.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]"
)
HTML = re.compile(
    r"</?(?:a|img|image|picture|source|video|audio|iframe|frame|object|embed|svg|script|style|link"
    r"|meta|base|form|input|button)\b[^>]*(?:>|$)",
    re.IGNORECASE,
)
# Possessive and bounded: a wall of open links would otherwise take minutes to look through.
IMAGE = re.compile(r"!\[([^\[\]]*+)\](?:\([^)]{0,2000}+\)|\[[^\]]{0,200}+\])")
LINK = re.compile(r"\[([^\[\]]*+)\]\(\s*+<?+([^)\s>]{0,2000}+)[^)]{0,200}+\)")
# What is left of links with brackets within brackets, too long, or cut off in the middle.
TARGET = re.compile(r"\]\(\s*+<?+([^)\s>]*+)[^)]*+(?:\)|$)")
DEFINITION = re.compile(r"(?m)^[ \t>]*\[[^\]\n]+\]:[ \t]*\S.*$")
BARE = re.compile(
    r"<?(?:[a-z][a-z0-9+.-]{1,20}:(?:/|\\)+|www\.|(?:discord(?:app)?\.(?:gg|com/invite)/))"
    r"[^\s<>\"'`|）】」]*>?",
    re.IGNORECASE,
)
TRAILING = ".,;:!?)]}*_"
FENCE = "```"
# What a document may say as text: shown as code, no client makes a link or a preview of it.
PLAIN = re.compile(r"https?://[!-;=?-_a-~]{1,200}", re.IGNORECASE)
CLOSED_FENCE = re.compile(r"(?ms)(^ {0,3}```[^`\n]*\n[^`]*?^ {0,3}```[ \t]*$)")
# Nothing further on may cut through the code.
MOST_INERT = 1500
# Removing can join what stood around it into something new; nothing honest needs a third round.
ROUNDS = 10


def without_controls(text: str) -> str:
    """Return the text without control characters, tags and tricks of direction."""
    plain = INVISIBLE.sub("", text.replace("\r\n", "\n"))
    return "".join(
        character
        for character in plain
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}
    )


def _without_links(text: str, allowed: Collection[str], *, as_code: bool) -> str:
    def link(match: re.Match[str]) -> str:
        return match[0] if match[2] in allowed else match[1]

    def target(match: re.Match[str]) -> str:
        return match[0] if match[1] in allowed else "]"

    def bare(match: re.Match[str]) -> str:
        url = match[0].strip("<>")
        kept = url.rstrip(TRAILING)
        if url in allowed or kept in allowed:
            return match[0]
        if as_code and PLAIN.fullmatch(kept):
            # A second round finds what the first one made.
            is_code = match.string.startswith("`", match.end()) and match.string[
                : match.start()
            ].endswith("`")
            return match[0] if is_code else f"`{kept}`{url[len(kept) :]}"
        return REMOVED + url[len(kept) :]

    text = HTML.sub("", IMAGE.sub(r"\1", text))
    text = DEFINITION.sub("", TARGET.sub(target, LINK.sub(link, text)))
    return BARE.sub(bare, text)


def _settled(text: str, allowed: Collection[str], *, as_code: bool = False) -> str:
    for _ in range(ROUNDS):
        cleaned = _without_links(text, allowed, as_code=as_code)
        if cleaned == text:
            break
        text = cleaned
    return text


def _inert(text: str, allowed: Collection[str]) -> str | None:
    """Return the text with its URLs as code; None where its own backticks could end the code."""
    parts = CLOSED_FENCE.split(text)
    if len(text) > MOST_INERT or any("`" in prose for prose in parts[::2]):
        return None
    parts[::2] = [_settled(prose, allowed, as_code=True) for prose in parts[::2]]
    return None if any("``" in prose for prose in parts[::2]) else "".join(parts)


def _balanced(text: str) -> str:
    return f"{text}\n{FENCE}" if text.count(FENCE) % 2 else text


def make_safe(text: str, *, urls: Collection[str] = (), inert: bool = False) -> str:
    """Return Markdown that pings nobody, shows no image and links nowhere but to ``urls``.

    ``inert`` is for a document's own words: their http(s) URLs stay readable, as code.
    """
    plain = without_controls(text)
    safe = _inert(plain, urls) if inert else None
    if safe is None:
        safe = _settled(plain, urls)
    return _balanced(cut(defuse(safe.strip()), maximum=MOST_CHARACTERS))
