"""Text made safe for a Discord message: nobody is pinged, nothing breaks out of its place."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

ELLIPSIS = " …"
FENCE = "```"
# Invisible, and enough that Discord no longer reads a mention.
GAP = "\u200b"
# Wide, small and ornate letters become real ones where text is normalised later on.
AT = re.compile(r"[@＠﹫](?=(\S{4,8}))")
EVERYBODY = ("everyone", "here")
TOKEN = re.compile(
    r"<(?=@[!&]?\d+>|#\d+>|/[^<>\n]{1,100}:\d+>|a?:\w{1,32}:\d+>|t:-?\d+(?::\w)?>|id:\w+>)"
)
MARKDOWN = re.compile(r"([\\*_~`|<>\[\]()#])")
IN_LINK = re.compile(r"[\\*~`|<>\[\]()]")
URL_CHARACTERS = "/:?#@!$&*+,;=%~-._"
SPACE = re.compile(r"[\s\0]+")
# A sentence ends at its mark, with the quotation marks, brackets and source numbers behind it.
SENTENCE = re.compile(r"(?:[.!?…][\"'”’»)\]*_]*(?:\s?\[\d+\])*(?=\s|$)|[。！？](?:\[\d+\])*|\n)")
MAXIMUM_URL = 400


def length(text: str) -> int:
    """Return the UTF-16 units of a text, the strictest way in which Discord might count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def defuse(text: str) -> str:
    """Return the text with every mention, command link and custom emoji made plain."""
    return TOKEN.sub(f"<{GAP}", AT.sub(_apart, text))


def _apart(match: re.Match[str]) -> str:
    called = unicodedata.normalize("NFKC", match[1]).casefold()
    return match[0] + GAP if called.startswith(EVERYBODY) else match[0]


def label(text: str, *, maximum: int) -> str:
    """Return one line of plain words from a title or a file's name, with no Markdown in effect."""
    return defuse(MARKDOWN.sub(r"\\\1", _line(text, maximum)))


def link(text: str, url: str | None, *, maximum: int) -> str:
    """Return a title as a link without a preview, or as plain words where the URL will not do."""
    if url is None or len(url) > MAXIMUM_URL or not _is_web(url):
        return label(text, maximum=maximum)
    # Within a link's text Discord shows escapes as they are: what would need one is left out.
    words = defuse(IN_LINK.sub("", _line(text, maximum))).strip() or "source"
    return f"[{words}](<{quote(url, safe=URL_CHARACTERS)}>)"


def _line(text: str, maximum: int) -> str:
    line = SPACE.sub(" ", text).strip()
    if len(line) > maximum:
        line = line[: maximum - 1].rstrip() + "…"
    # What looks like an address would be shown as a link of its own.
    return line.replace("://", f":{GAP}//")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def cut(text: str, *, maximum: int) -> str:
    """Return at most ``maximum`` units of a text, ended at a sentence and with its fence closed."""
    whole = _closed(text)
    if length(whole) <= maximum:
        return whole
    head = head_of(text, maximum - length(f"\n{FENCE}") - length(ELLIPSIS))
    sentence = max((match.end() for match in SENTENCE.finditer(head)), default=0)
    # A whole sentence, then a whole word, unless half the text would go for it.
    ends = (end for end in (sentence, head.rfind(" ")) if end > len(head) // 2)
    end = next(ends, len(head))
    kept = head[:end].rstrip()
    closed = _closed(kept)
    return closed + (ELLIPSIS if closed == kept else "\n…")


def head_of(text: str, room: int) -> str:
    """Return the longest beginning that fits, without half a character at its end."""
    head = text[:room]
    while length(head) > room:
        head = head[: len(head) - max(1, (length(head) - room) // 2)]
    rest = text[len(head) :]
    while rest and head and (unicodedata.combining(rest[0]) or rest[0] in "\u200d\ufe0f"):
        head, rest = head[:-1], head[-1] + rest
    return head


def _closed(text: str) -> str:
    return f"{text}\n{FENCE}" if text.count(FENCE) % 2 else text
