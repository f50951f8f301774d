"""Where the sentences of a passage begin and end, in any script."""

import itertools
import re
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

# Longer than this is a table or a listing, not a sentence; it is cut where a line or word ends.
LONGEST_SENTENCE = 600
# Thai, Lao, Khmer and Burmese set a space where others set a full stop, but also within sentences.
SHORTEST_SPACED = 40

CLOSING = "\"'”’»›)\\]}」』】）》*_`"
END = re.compile(
    # Full stops of scripts without spaces need none after them.
    rf"[。！？｡]+[{CLOSING}]*"
    # German closes with what English opens with.
    rf"|[.!?…։؟۔।॥።]+(?: \.)*[“‘{CLOSING}]*(?=\s|$)"
)
# A line of its own: a heading, a list item, a quote, or what follows an empty line.
BLOCK = re.compile(r"\n\s*\n\s*|\n(?=[ \t]*(?:[-*+•>#]|\d{1,3}[.)])[ \t]?\S)")
HEADING = re.compile(r"(?m)^[ \t]*#{1,6}[ \t].*$")
# Two cells or more; a pipe alone stands in prose and in commands too, so a row needs a neighbour.
ROW = re.compile(r"(?m)^[ \t]*(?:\|[^\n]*|[^\n|]*[ \t]\|[ \t][^\n]*)$")
FENCE = re.compile(r"(?ms)^[ \t]*```.*?(?:^[ \t]*```[ \t]*$|\Z)")
SOUTH_EAST_ASIAN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
NOT_THE_END = re.compile(
    r"(?:^|[\s(\[“\"'])(?:"
    r"[^\W\d_]"  # an initial, or half of z. B.
    r"|\d{1,2}"  # an ordinal: 3. Oktober
    r"|(?:[^\W\d_]\.)+[^\W\d_]"  # U.S, e.g
    r"|mrs?|ms|dra?|prof|st|mt|jr|sr|vs|etc|cf|approx|ca|gen|col|sgt|capt|rev|hon|messrs"
    r"|inc|ltd|co|corp|dept|est|al|ed|eds|resp|incl|excl|esp|ave|blvd"
    r"|bzw|usw|evtl|ggf|inkl|vgl|sog|bspw|hl|jh|jhd|mio|mrd|geb|gest|allg|bes|insb|kath|evang|med"
    r"|sra|srta|lic|arq|ing|avv|dott|sig|geom|mme|mlle|env|núm|pág|bijv|dhr|mevr|tzn|inż|mgr|św"
    r"|проф|акад|ул|просп|пер|обл|пгт|им|гг|тыс|млн|млрд|руб|напр"
    r")$",
    re.IGNORECASE,
)
# "No. 5", but not "I said no."
BEFORE_A_FIGURE = re.compile(
    r"(?:^|[\s(\[“\"'])(?:"
    r"nos?|nr|num|pp?|vol|fig|tab|eq|sec|ch|chap|cap|abb|abs|kap|bd|art|párr|pag|tel|ext|str|av|al"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|ago|dic|кв|стр|рис|табл|гл|ст|тел|см|n°"
    r")$",
    re.IGNORECASE,
)
LOOK_BACK = 16


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a text."""

    start: int
    end: int


def table_rows(text: str) -> list[Span]:
    """Return the lines that are rows of tables, in order; rows of one table follow each other."""
    lines = [Span(*match.span()) for match in ROW.finditer(text)]
    above = {line.end + 1 for line in lines}
    below = {line.start - 1 for line in lines}
    return [
        line
        for line in lines
        if line.start in above or line.end in below or text[line.start : line.end].endswith("|")
    ]


def _blocks(text: str, rows: Iterable[Span]) -> Iterator[Span]:
    """Yield what no sentence crosses: paragraphs, list items, table rows, headings, fenced code."""
    edges = {0, len(text)}
    edges.update(itertools.chain.from_iterable(rows))
    fences = [match.span() for match in FENCE.finditer(text)]
    for pattern in (BLOCK, HEADING):
        for match in pattern.finditer(text):
            if not any(first < match.start() < last for first, last in fences):
                edges |= {match.start(), match.end()}
    edges |= {edge for fence in fences for edge in fence}
    inside = sorted(
        edge for edge in edges if not any(first < edge < last for first, last in fences)
    )
    for start, end in itertools.pairwise(inside):
        yield Span(start, end)


def _ends_here(text: str, match: re.Match[str], block: Span) -> bool:
    following = text[match.end() : block.end].lstrip()[:1]
    # A lower-case letter goes on: an unknown abbreviation, a file name's end, “Why?” she said.
    if following.islower() and match[0] not in {"?", "!"}:
        return False
    if not match[0].startswith("."):
        return True
    before = text[max(block.start, match.start() - LOOK_BACK) : match.start()]
    if following.isdecimal() and BEFORE_A_FIGURE.search(before):
        return False
    return not NOT_THE_END.search(before)


def _at_spaces(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    for match in re.finditer(r"\s+", text[span.start : span.end]):
        end = span.start + match.start()
        if end - start >= SHORTEST_SPACED:
            yield Span(start, end)
            start = end
    yield Span(start, span.end)


def _sentences(text: str, block: Span, rows: Container[Span]) -> Iterator[Span]:
    if block in rows or text.startswith("```", block.start):
        yield block
        return
    start = block.start
    for match in END.finditer(text, block.start, block.end):
        if _ends_here(text, match, block):
            yield Span(start, match.end())
            start = match.end()
    if SOUTH_EAST_ASIAN.search(text, start, block.end):
        yield from _at_spaces(text, Span(start, block.end))
    else:
        yield Span(start, block.end)


def _trimmed(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()))


def _bounded(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > LONGEST_SENTENCE:
        window = text[start : start + LONGEST_SENTENCE]
        cut = max(window.rfind("\n"), window.rfind(" ", LONGEST_SENTENCE // 2))
        end = start + (cut if cut > 0 else LONGEST_SENTENCE)
        yield _trimmed(text, Span(start, end))
        start = end
    yield _trimmed(text, Span(start, span.end))


def split_sentences(text: str) -> list[Span]:
    """Return the spans of a text's sentences in order, without the white space around them."""
    rows = frozenset(table_rows(text))
    found = (
        bounded
        for block in _blocks(text, rows)
        for sentence in _sentences(text, block, rows)
        for bounded in _bounded(text, _trimmed(text, sentence))
    )
    return [span for span in found if any(map(str.isalnum, text[span.start : span.end]))]
