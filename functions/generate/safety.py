"""What may be shown of an answer, whoever wrote it: a model, a document or somebody hostile."""

import html
import re
import unicodedata
from collections.abc import Collection
from typing import Literal

from functions.runtime.discord.text import cut, defuse

# What becomes of an address that no client makes a link of.
Hosts = Literal["remove", "code", "leave"]
MOST_CHARACTERS = 4000
REMOVED = "(link removed)"

# Directions and joints that hide or reorder text; emoji and Persian need the joiners 200C and 200D.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]"
)
# Between letters of Latin script these two join nothing, and only keep a word from being seen.
JOINERS = re.compile("(?<=[!-~])[\u200c\u200d]+|[\u200c\u200d]+(?=[!-~])")
# What a page would show as a letter, a colon, a slash, a point or an at sign.
ENTITY = re.compile(
    r"&(?:#0*\d{2,7}|#x0*[0-9a-f]{2,6}|colon|sol|bsol|period|commat|lpar|rpar|lsqb|rsqb|excl|nbsp"
    r"|Tab|NewLine);",
    re.IGNORECASE,
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
    r"<?(?:[a-zａ-ｚ][a-zａ-ｚ0-9+.-]{1,20}\\?[:：](?:[/\\／＼])+|www[.．。]"
    r"|(?:mailto|tel|javascript|data|file|vbscript):(?=\S)"
    r"|(?:discord(?:app)?\.(?:gg|com/invite)/))"
    r"[^\s<>\"'`|）】」]*>?",
    re.IGNORECASE,
)
# An address without its scheme: a host with what follows it, or with an ending that no file has.
FILE_ENDINGS = (
    "js|ts|jsx|tsx|md|py|rb|rs|go|txt|json|ya?ml|html?|css|sh|cc|cpp|java|xml|csv|pdf|docx?|png|jpe?g"
    "|gif|svg|exe|zip|conf|ini|toml|log|sql|net"
)
HOST = re.compile(
    r"(?<![\w@./\\-])(?:[a-z0-9][a-z0-9-]{0,62}[.．。]){1,8}(?:"
    rf"(?!(?:{FILE_ENDINGS})\b)(?:xn--[a-z0-9-]{{2,59}}|[a-z]{{2,24}})(?::\d{{2,5}})?[/?#](?=\w)"
    r"[^\s<>\"'`|）】」]*"
    r"|(?:com|org|edu|gov|info|biz|xyz|top|online|site|example|invalid|onion)(?![\w-]|\.\w))",
    re.IGNORECASE,
)
TRAILING = ".,;:!?)]}*_"
FENCE = "```"
# What a document may say as text: shown as code, no client makes a link or a preview of it.
PLAIN = re.compile(r"https?://[!-;=?-_a-~]{1,200}", re.IGNORECASE)
CLOSED_FENCE = re.compile(r"(?ms)(^ {0,3}```[^`\n]*\n[^`]*?^ {0,3}```[ \t]*$)")
# Below ">>>" all becomes a quotation, our list of sources too; "-#" looks like a line of that list.
LINE_START = re.compile(r"(?m)^([ \t]*)(?:>>>|-#)(?=\s|$)")
CODE_RUN = re.compile(r"(?<![\\`])`+")
INLINE_CODE = re.compile(r"(?<![\\`])(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
PAIRED = (re.compile(r"\*\*"), re.compile(r"__"), re.compile(r"~~"), re.compile(r"\|\|"))
# Nothing further on may cut through the code.
MOST_INERT = 1500
# Removing can join what stood around it into something new; nothing honest needs a third round.
ROUNDS = 10


def without_controls(text: str) -> str:
    """Return the text without control characters, tags and tricks of direction."""
    plain = JOINERS.sub("", INVISIBLE.sub("", text.replace("\r\n", "\n")))
    return "".join(
        character
        for character in plain
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}
    )


def _is_code(match: re.Match[str]) -> bool:
    # A second round finds what the first one made.
    before, after = match.start(), match.end()
    return match.string[:before].endswith("`") and match.string.startswith("`", after)


def _without_links(text: str, allowed: Collection[str], *, hosts: Hosts) -> str:
    def link(match: re.Match[str]) -> str:
        return match[0] if match[2] in allowed else match[1]

    def target(match: re.Match[str]) -> str:
        return match[0] if match[1] in allowed else "]"

    def bare(match: re.Match[str]) -> str:
        url = match[0].strip("<>")
        kept = url.rstrip(TRAILING)
        if url in allowed or kept in allowed:
            return match[0]
        if hosts == "code" and PLAIN.fullmatch(kept):
            return match[0] if _is_code(match) else f"`{kept}`{url[len(kept) :]}"
        return REMOVED + url[len(kept) :]

    def host(match: re.Match[str]) -> str:
        kept = match[0].rstrip(TRAILING)
        if hosts == "remove":
            return REMOVED + match[0][len(kept) :]
        return match[0] if _is_code(match) else f"`{kept}`{match[0][len(kept) :]}"

    text = HTML.sub("", IMAGE.sub(r"\1", ENTITY.sub(_decoded, text)))
    text = DEFINITION.sub("", TARGET.sub(target, LINK.sub(link, text)))
    text = BARE.sub(bare, text)
    return text if hosts == "leave" else HOST.sub(host, text)


def _decoded(match: re.Match[str]) -> str:
    return without_controls(html.unescape(match[0]))


def _settled(text: str, allowed: Collection[str], *, hosts: Hosts) -> str:
    for _ in range(ROUNDS):
        cleaned = _without_links(text, allowed, hosts=hosts)
        if cleaned == text:
            break
        text = cleaned
    return text


def _inert(text: str, allowed: Collection[str]) -> str | None:
    """Return the text with its URLs as code; None where its own backticks could end the code."""
    parts = CLOSED_FENCE.split(text)
    if len(text) > MOST_INERT or any("`" in prose for prose in parts[::2]):
        return None
    parts[::2] = [_settled(prose, allowed, hosts="code") for prose in parts[::2]]
    return None if any("``" in prose for prose in parts[::2]) else "".join(parts)


def _balanced(text: str) -> str:
    """Return Markdown that ends whatever it begins, so that it changes nothing below it."""
    closed = f"{text}\n{FENCE}" if text.count(FENCE) % 2 else text
    parts = CLOSED_FENCE.split(closed)
    parts[::2] = [_paired(LINE_START.sub(r"\1", prose)) for prose in parts[::2]]
    return "".join(parts)


def _paired(prose: str) -> str:
    """Return running text in which no mark is left open; the last one of an odd number is shown."""
    if FENCE in prose:
        return prose
    plain = INLINE_CODE.sub(lambda match: "x" * len(match[0]), prose)
    spans = [match.span() for match in CODE_RUN.finditer(plain)]
    for mark in PAIRED:
        found = [match.span() for match in mark.finditer(plain)]
        spans += found[-1:] if len(found) % 2 else []
    for start, end in sorted(spans, reverse=True):
        shown = "".join(f"\\{sign}" for sign in prose[start:end])
        prose = prose[:start] + shown + prose[end:]
    return prose


def make_safe(text: str, *, urls: Collection[str] = (), inert: bool = False) -> str:
    """Return Markdown that pings nobody, shows no image and links nowhere but to ``urls``.

    ``inert`` is for a document's own words: their http(s) URLs stay readable, as code.
    """
    plain = without_controls(text)
    safe = _inert(plain, urls) if inert else None
    if safe is None:
        safe = _settled(plain, urls, hosts="leave" if inert else "remove")
    return _balanced(cut(defuse(safe.strip()), maximum=MOST_CHARACTERS))
