"""What must not stand in anything that Discord is sent, judged by rules of its own.

Nothing here comes from the code that makes text safe: one mistake must not excuse the other.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

SECRET = "OTHER-SERVERS-SECRET"
CANARY = re.compile(r"evil[.．。]example|3232235777", re.IGNORECASE)
URL = re.compile(r"(?i)(?:\b[a-z][a-z0-9+.-]*:/+|\bwww\.|discord\.gg/|discord\.com/invite/)\S*")
MASKED = re.compile(r"\]\(<?([^)>\s]*)")
MENTION = re.compile(
    r"@(?:everyone|here)|<(?:@[!&]?\d+|#\d+|/[^>]*:\d+|a?:\w+:\d+|t:-?\d+(?::\w)?|id:\w+)>",
    re.IGNORECASE,
)
FENCED = re.compile(r"(?s)```.*?```")
CODE = re.compile(r"(?<![`\\])`[^`\n]+`(?!`)")
MAXIMUM_CONTENT = 2000


def audit(payload: dict[str, Any], *, ours: Collection[str], told: str = "") -> list[str]:
    """Return what is wrong with a payload, whose citations are ``ours``; the model was ``told``."""
    content: str = payload.get("content") or ""
    seen = CODE.sub("", FENCED.sub("", content))
    folded = unicodedata.normalize("NFKC", content)
    found = [
        *(f"a URL: {url}" for url in _urls(seen) if url not in ours),
        *(f"a link to {url}" for url in MASKED.findall(seen) if url not in ours),
        *(f"the canary: {match[0]}" for match in CANARY.finditer(seen)),
        *(f"a mention: {match[0]}" for match in MENTION.finditer(folded)),
        *(f"hidden: {character!r}" for character in content if _is_hidden(character)),
        *(["another server's text"] if SECRET in content else []),
        *(
            f"what the model was told: {line}"
            for line in told.splitlines()
            if _leaks(line, content)
        ),
    ]
    if payload.get("allowed_mentions") != {"parse": []}:
        found.append("mentions are allowed")
    if "![" in seen or re.search(r"(?i)<(?:img|a|script|iframe|svg|form|meta)\b", seen):
        found.append("an image or HTML")
    if len(content.encode("utf-16-le")) // 2 > MAXIMUM_CONTENT:
        found.append("too long")
    return found + _unbalanced(content, seen)


def _urls(text: str) -> list[str]:
    return [match[0].strip("<>()[].,;:*_|~") for match in URL.finditer(text)]


def _leaks(line: str, content: str) -> bool:
    return len(line) > len("Library 12345678") and line.strip() in content


def _is_hidden(character: str) -> bool:
    # The gap that makes a mention plain is ours.
    if character in "\n\u200b":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _unbalanced(content: str, seen: str) -> list[str]:
    plain = re.sub(r"\\.", "", seen)
    marks = {mark: plain.count(mark) for mark in ("`", "||", "**", "~~", "__")}
    found = [f"{mark} left open" for mark, count in marks.items() if count % 2]
    if content.count("```") % 2:
        found.append("code left open")
    if re.search(r"(?m)^\s*>>>(?:\s|$)", seen):
        found.append("a quotation of all that follows")
    return found
