import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from functions.ingest.parsers.elements import Element, ElementKind, Page

# What is nested deeper than the parser's limit is lost; its default is 20.
_NESTING: Final = 100
_FRONT_MATTER = re.compile(
    r"\A(?:---[ \t]*\n(.*?)\n---|\+\+\+[ \t]*\n(.*?)\n\+\+\+)[ \t]*(?:\n|\Z)", re.DOTALL
)
_FRONT_MATTER_LINE = re.compile(r"\s*(?:$|#|- |[\w.\"'-]+\s*[:=]|\s|[\]})])")
_FRONT_MATTER_TITLE = re.compile(r"^title\s*[:=]\s*[\"']?(.*?)[\"']?\s*$", re.MULTILINE)
_HTML_HEADING = re.compile(r"\s*<h([1-6])[\s>]", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_KINDS: Final[dict[str, ElementKind]] = {
    "fence": "code",
    "code_block": "code",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "quote",
}
_LINK_TARGETS: Final = ("http://", "https://", "mailto:")


def read(document: bytes) -> Iterator[Page]:
    """Yield the whole of a Markdown document, given as clean UTF-8, as one page."""
    yield Page(list(elements(document.decode("utf-8"))))


def elements(source: str) -> Iterator[Element]:
    """Yield a Markdown text's elements, markup resolved.

    Front matter yields its title only; comments and tags yield nothing.
    """
    title, body = _split_front_matter(source)
    if title:
        yield Element("title", title)
    markdown = MarkdownIt("commonmark", {"maxNesting": _NESTING})
    tokens = markdown.enable(["table", "strikethrough"]).parse(body)
    for start, end in _siblings(tokens):
        element = _element(tokens[start:end])
        if element is not None and element.text.strip():
            yield element


def _split_front_matter(source: str) -> tuple[str, str]:
    match = _FRONT_MATTER.match(source)
    if match is None:
        return "", source
    content = match[1] if match[1] is not None else match[2]
    # Two thematic breaks around prose look the same; prose is kept.
    if not all(_FRONT_MATTER_LINE.match(line) for line in content.split("\n")):
        return "", source
    title = _FRONT_MATTER_TITLE.search(content)
    return (title[1] if title else ""), source[match.end() :]


def _siblings(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the half-open ranges of the tokens that belong together at the outermost depth."""
    start = depth = 0
    for position, token in enumerate(tokens):
        if depth == 0:
            start = position
        depth += token.nesting
        if depth == 0:
            yield start, position + 1


def _element(tokens: Sequence[Token]) -> Element | None:
    first = tokens[0]
    if first.type == "hr":
        return None
    if first.type == "html_block":
        return _html_element(first.content)
    if first.type == "heading_open":
        text = _SPACES.sub(" ", _inline(tokens[1])).strip()
        return Element("heading", text, level=int(first.tag[1:]))
    if first.type == "table_open":
        rows = _rows(tokens)
        return Element("table", "\n".join(rows), header=rows[0])
    return Element(_KINDS.get(first.type, "paragraph"), _render(tokens))


def _container(tokens: Sequence[Token]) -> str:
    texts = (_render(tokens[start:end]) for start, end in _siblings(tokens))
    return "\n".join(text for text in texts if text.strip())


def _render(tokens: Sequence[Token]) -> str:
    first = tokens[0]
    if first.type == "inline":
        return _inline(first)
    if first.type in {"fence", "code_block"}:
        return _code(first)
    if first.type in {"bullet_list_open", "ordered_list_open"}:
        return _list(tokens)
    if first.type in {"table_open", "html_block"}:
        element = _element(tokens)
        return element.text if element else ""
    return _container(tokens[1:-1])


def _code(token: Token) -> str:
    return token.content.strip("\n").rstrip()


def _list(tokens: Sequence[Token]) -> str:
    number = int(tokens[0].attrGet("start") or 1) if tokens[0].type == "ordered_list_open" else None
    items = []
    inner = tokens[1:-1]
    for offset, (start, end) in enumerate(_siblings(inner)):
        marker = "- " if number is None else f"{number + offset}. "
        text = _container(inner[start + 1 : end - 1])
        items.append(marker + text.replace("\n", "\n" + " " * len(marker)))
    return "\n".join(items)


def _rows(tokens: Sequence[Token]) -> list[str]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_SPACES.sub(" ", _inline(token)).strip())
    return [" | ".join(row) for row in rows]


def _inline(token: Token) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for child in token.children or ():
        match child.type:
            case "link_open":
                links.append((str(child.attrGet("href") or ""), len(parts)))
            case "link_close":
                target, opened = links.pop()
                parts.append(_link_target(target, "".join(parts[opened:])))
            case "s_open" | "s_close":
                # A price that was struck out is not the price.
                parts.append("~~")
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "image":
                # Never followed by its link's target: those are badges.
                parts.append(child.content and f"{child.content}\u200b")
            case "html_inline":
                parts.append("\n" if child.content.lower().startswith("<br") else "")
            case _:
                parts.append(child.content)
    return "".join(parts).replace("\u200b", "")


def _link_target(target: str, label: str) -> str:
    """Return what follows a link's label so that the address is not lost."""
    address = target.removeprefix("mailto:")
    if not target.startswith(_LINK_TARGETS) or not label or label.endswith("\u200b"):
        return ""
    return "" if address in label else f" ({address})"


_HTML_BREAKS: Final = frozenset({
    "br", "p", "div", "li", "tr", "dt", "dd", "summary", "h1", "h2", "h3", "h4", "h5", "h6",
})  # fmt: skip


class _TextOfHtml(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._tables = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in {"script", "style"}
        self._tables += tag == "table"
        if tag in _HTML_BREAKS:
            self.parts.append("\n")
            self._cells = 0
        if tag in {"td", "th"}:
            self.parts.append(" | " if self._cells else "")
            self._cells += 1

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style"}
        self._tables -= tag == "table"

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            # Within a table a line of the source is none of the page's.
            self.parts.append(_SPACES.sub(" ", data) if self._tables > 0 else data)


def _html_element(content: str) -> Element | None:
    parser = _TextOfHtml()
    parser.feed(content)
    parser.close()
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(parser.parts).split("\n"))
    text = "\n".join(line for line in lines if line)
    heading = _HTML_HEADING.match(content)
    if heading and "\n" not in text:
        return Element("heading", text, level=int(heading[1]))
    return Element("paragraph", text) if text else None
