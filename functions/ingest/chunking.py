from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from functions.ingest.cutting import CHARACTERS_PER_TOKEN, CountTokens, Cutter
from functions.ingest.schemas import Block, BlockKind, Chunk, ChunkBudget, ParsedDocument

DEFAULT_BUDGET: Final = ChunkBudget()
# The blank line between two blocks may count too.
_JOINT: Final = 1


class _Part(NamedTuple):
    """A block, or a piece of one that had to be cut."""

    block: Block
    start: int
    end: int
    tokens: int
    continued: bool = False

    @property
    def is_heading(self) -> bool:
        return self.block.kind == "heading"

    @property
    def section(self) -> tuple[tuple[str, ...], int | None]:
        return self.block.heading_path, self.block.page


_Group = list[_Part]


def chunk(
    parsed: ParsedDocument, *, count_tokens: CountTokens, budget: ChunkBudget = DEFAULT_BUDGET
) -> list[Chunk]:
    """Return a document's passages in order, none above `budget.maximum` tokens.

    Blocks of one section are packed up to the target; a section or page starts a new chunk
    unless the one before is tiny. Only what exceeds the maximum is cut. Takes processor time in
    proportion to the text: call it in a thread.
    """
    chunker = _Chunker(parsed, count_tokens, budget)
    drafts = [draft for group in chunker.groups() for draft in chunker.drafts(group)]
    return [
        Chunk(
            ordinal=ordinal,
            text=draft.text,
            heading_path=_common_path(draft.group),
            page=_longest(draft.group).block.page,
            start=draft.start,
            end=draft.end,
            token_count=draft.tokens,
            kind=_kind(draft.group),
        )
        for ordinal, draft in enumerate(drafts)
    ]


class _Draft(NamedTuple):
    group: _Group
    text: str
    start: int
    end: int
    tokens: int


class _Chunker:
    def __init__(
        self, parsed: ParsedDocument, count_tokens: CountTokens, budget: ChunkBudget
    ) -> None:
        self._parsed = parsed
        self._count = count_tokens
        self._budget = budget
        # What the model adds to every text is counted in each part, but comes once in a chunk.
        self._marks = count_tokens("")

    def groups(self) -> list[_Group]:
        """Return the parts that make one chunk each."""
        groups: list[_Group] = []
        current: _Group = []
        for part in self._parts():
            if current and not self._joins(current, part):
                carried = _trailing_headings(current)
                self._close(groups, current)
                current = carried
            current.append(part)
        if current:
            self._close(groups, current, at_end=True)
        return groups

    def drafts(self, group: _Group) -> Iterator[_Draft]:
        """Yield the group's chunk, or several where the parts together count more than alone."""
        draft = self._draft(group)
        if draft.tokens <= self._budget.maximum or len(group) == 1:
            yield draft
            return
        middle = len(group) // 2
        yield from self.drafts(group[:middle])
        yield from self.drafts(group[middle:])

    def _draft(self, group: _Group) -> _Draft:
        first, start, end = group[0], group[0].start, group[-1].end
        text = self._parsed.text[start:end]
        if first.continued and first.block.header:
            headed = f"{first.block.header}\n{text}"
            tokens = self._count(headed)
            if tokens <= self._budget.maximum:
                return _Draft(group, headed, start, end, tokens)
        tokens = first.tokens if len(group) == 1 else self._count(text)
        return _Draft(group, text, start, end, tokens)

    def _parts(self) -> Iterator[_Part]:
        lead = 0
        for block in self._parsed.blocks:
            parts = self._parts_of(block, lead)
            yield from parts
            lead = lead + parts[-1].tokens - self._marks + _JOINT if block.kind == "heading" else 0

    def _parts_of(self, block: Block, lead: int) -> list[_Part]:
        maximum = self._budget.maximum
        # A heading must not stand alone, so what follows it leaves it room.
        room = maximum - lead if lead <= maximum // 2 else maximum
        if len(block.text) <= maximum * CHARACTERS_PER_TOKEN:
            tokens = self._count(block.text)
            if tokens <= room:
                return [_Part(block, block.start, block.end, tokens)]
        return self._cut(block, room)

    def _cut(self, block: Block, room: int) -> list[_Part]:
        header = self._count(block.header) + _JOINT if block.header else 0
        if header > self._budget.target // 2:
            header = 0
        size = min(self._budget.target, room) - header
        cutter = Cutter(
            self._parsed.text,
            count_tokens=self._count,
            size=size,
            overlap=min(self._budget.overlap, size // 4),
            by_lines=block.kind in {"code", "list", "table"},
        )
        last = min(size + self._budget.tiny, room - header)
        pieces = cutter.cut(block.start, block.end, last=last)
        return [
            _Part(block, piece.start, piece.end, piece.tokens, continued=number > 0)
            for number, piece in enumerate(pieces)
        ]

    def _joins(self, current: _Group, part: _Part) -> bool:
        own = self._tokens(current)
        total = own + part.tokens - self._marks + _JOINT
        if _only_headings(current) or (own < self._budget.tiny and _is_within(current, part)):
            return total <= self._budget.maximum
        # Pieces of one block stay apart: joined, their overlap would be said twice.
        if part.is_heading or part.continued or current[-1].section != part.section:
            return False
        return total <= self._budget.target

    def _is_tiny(self, group: _Group) -> bool:
        return self._tokens(group) < self._budget.tiny or _only_headings(group)

    def _tokens(self, group: _Group) -> int:
        own = sum(part.tokens - self._marks + _JOINT for part in group)
        return own - _JOINT + self._marks

    def _close(self, groups: list[_Group], group: _Group, *, at_end: bool = False) -> None:
        """Keep the group, or give a tiny one to the chunk before it."""
        if groups and self._is_tiny(group):
            before = groups[-1]
            is_rest = at_end and not group[0].is_heading
            near = is_rest or before[-1].section == group[0].section or _is_beside(before, group)
            if near and self._tokens([*groups[-1], *group]) <= self._budget.maximum:
                groups[-1] += group
                return
        groups.append(group)


def _is_within(group: _Group, part: _Part) -> bool:
    """Tell whether a tiny group may take what follows: under the heading above its own.

    Beyond that its own would be lost: what was fixed in 1.0 would stand before the head of 1.1. A
    slide is cited by its own number.
    """
    above = _above(group)
    is_next_slide = part.is_heading and part.block.page != group[0].block.page
    return part.block.heading_path[: len(above)] == above and not is_next_slide


def _is_beside(before: _Group, group: _Group) -> bool:
    """Tell whether a tiny group may go to what stands before it: under one heading, on one page."""
    above = group[0].block.heading_path[:-1]
    is_one_page = before[-1].block.page == group[0].block.page
    return bool(above) and is_one_page and _common_path(before)[: len(above)] == above


def _above(group: _Group) -> tuple[str, ...]:
    path = group[0].block.heading_path
    return path[:-1] if group[0].is_heading else path


def _trailing_headings(group: _Group) -> _Group:
    """Take the headings off the group's end: they belong to what follows."""
    keep = len(group)
    while keep > 1 and group[keep - 1].is_heading:
        keep -= 1
    if keep <= 1 and group[0].is_heading:
        return []
    carried = group[keep:]
    del group[keep:]
    return carried


def _only_headings(group: _Group) -> bool:
    return all(part.is_heading for part in group)


def _body(group: _Group) -> Sequence[_Part]:
    return [part for part in group if not part.is_heading] or group[-1:]


def _common_path(group: _Group) -> tuple[str, ...]:
    body = _body(group)
    path = body[0].block.heading_path
    for part in body[1:]:
        other = part.block.heading_path
        shared = 0
        while shared < min(len(path), len(other)) and path[shared] == other[shared]:
            shared += 1
        path = path[:shared]
    return path


def _longest(group: _Group) -> _Part:
    return max(_body(group), key=lambda part: part.end - part.start)


def _kind(group: _Group) -> BlockKind:
    return _longest(group).block.kind
