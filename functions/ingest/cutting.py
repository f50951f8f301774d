import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

CountTokens = Callable[[str], int]

# Tokenizers merge runs of signs they do not know into one token; a piece stays readable anyhow.
CHARACTERS_PER_TOKEN: Final = 16
_FIRST_GUESS: Final = 3.0
_FULL_ENOUGH: Final = 0.7
_MARGIN: Final = 0.95
_GROWTHS: Final = 3
_CLUSTER: Final = 16
_INDENTATION: Final = 200

# A line that begins with "12." goes on, and so does "am 3. Oktober".
_SENTENCE = re.compile(
    r"(?<=[.!?…։؟۔।॥።])(?<!\n\d\.)(?<!\n\d\d\.)[\"'”’»)\]]*\s+"
    r"(?!(?:Jan|Feb|Mär|Apr|Mai|Ju[nl]|Aug|Sep|Okt|Nov|Dez)[a-zä]*\b)"
    r"|[。！？]+[”’」』）]*\s*|\n\s*\n"
)
_LINE = re.compile(r"\n")
# An item of a list with all that is set in under it.
_MARGIN_LINE = re.compile(r"\n(?=\S)")
_WORD = re.compile(r"\s+|[，、；：]")
_PROSE: Final = (_SENTENCE, _LINE, _WORD)
_LINES: Final = (_MARGIN_LINE, _LINE, _SENTENCE, _WORD)
_VISIBLE = re.compile(r"\S")


class Piece(NamedTuple):
    """A stretch of text that fits its budget; `tokens` counts exactly this stretch."""

    start: int
    end: int
    tokens: int


class Cutter:
    """Cuts one stretch of text into pieces of at most `size` tokens, in order.

    Each piece is counted about once: the length is guessed from the characters per token seen
    so far, so that even a single line of many megabytes takes linear time.
    """

    def __init__(
        self, text: str, *, count_tokens: CountTokens, size: int, overlap: int, by_lines: bool
    ) -> None:
        self._text = text
        self._count = count_tokens
        self._size = max(1, size)
        self._overlap = 0 if by_lines else overlap
        self._patterns = _LINES if by_lines else _PROSE
        self._by_lines = by_lines
        self._ratio = _FIRST_GUESS

    def cut(self, start: int, end: int, *, last: int) -> Iterator[Piece]:
        """Yield the pieces of `text[start:end]`; the last may have up to `last` tokens."""
        covered = start
        position = self._visible(start, end)
        while position < end:
            piece = self._rest(position, end, last) or self._piece(position, end)
            if piece.end <= max(covered, piece.start):
                # Overlap or indentation alone filled the piece: go on without them.
                position = self._next_sign(covered, end)
                continue
            yield piece
            covered = piece.end
            if self._visible(covered, end) >= end:
                return
            position = self._visible(self._overlapping(piece, end), end)

    def _next_sign(self, position: int, end: int) -> int:
        match = _VISIBLE.search(self._text, position, end)
        return end if match is None else match.start()

    def _visible(self, position: int, end: int) -> int:
        """Return where the next piece begins: at a sign, or at its line's indentation."""
        sign = self._next_sign(position, end)
        if not self._by_lines or sign == end:
            return sign
        indented = max(self._text.rfind("\n", position, sign) + 1, position)
        return indented if sign - indented <= _INDENTATION else sign

    def _measure(self, start: int, end: int) -> Piece:
        stripped = self._text[start:end].rstrip()
        return Piece(start, start + len(stripped), self._count(stripped))

    def _rest(self, position: int, end: int, last: int) -> Piece | None:
        if end - position > last * self._ratio * 1.5:
            return None
        piece = self._measure(position, end)
        return piece if piece.tokens <= last else None

    def _piece(self, position: int, end: int) -> Piece:
        longest = self._size * CHARACTERS_PER_TOKEN
        length = max(1, min(int(self._size * self._ratio), longest))
        best: Piece | None = None
        growths = 0
        while True:
            piece = self._measure(position, self._boundary(position, min(position + length, end)))
            taken = piece.end - position
            scaled = int(taken * self._size / max(piece.tokens, 1) * _MARGIN)
            if piece.tokens > self._size and taken > 1:
                if best is not None:
                    break
                length = max(1, min(scaled, length - 1, taken - 1))
                continue
            best = piece
            growths += 1
            length = min(scaled, longest)
            full = piece.tokens >= _FULL_ENOUGH * self._size or position + taken >= end
            if full or growths > _GROWTHS or length <= taken:
                break
        self._ratio = max(0.1, (best.end - best.start) / max(best.tokens, 1))
        return best

    def _boundary(self, position: int, limit: int) -> int:
        if limit >= len(self._text) or limit <= position + 1:
            return limit
        half = position + (limit - position) // 2
        for pattern in self._patterns:
            ends = [match.end() for match in pattern.finditer(self._text, half, limit)]
            if ends:
                return ends[-1]
        return self._between_characters(position, limit)

    def _between_characters(self, position: int, limit: int) -> int:
        for candidate in range(limit, max(position, limit - _CLUSTER), -1):
            if not _continues(self._text[candidate]) and self._text[candidate - 1] != "\u200d":
                return candidate
        return limit

    def _overlapping(self, piece: Piece, end: int) -> int:
        length = min(int(self._overlap * self._ratio), (piece.end - piece.start) // 2)
        if length <= 0 or piece.end >= end:
            return piece.end
        low = piece.end - length
        for pattern in self._patterns:
            match = pattern.search(self._text, low, piece.end)
            if match is not None and match.end() < piece.end:
                return match.end()
        return self._between_characters(piece.start + 1, low)


def _continues(character: str) -> bool:
    return character in "\u200d\ufe0f" or unicodedata.category(character).startswith("M")
