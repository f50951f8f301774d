"""The part of CloudEvents SQL that works on text: what Triggers are written with.

Operators: NOT, AND, OR, XOR, EXISTS, =, !=, <>, LIKE, IN, parentheses, TRUE, FALSE. Arithmetic,
ordering and functions are refused when the manifest is read, not when an event comes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_Attributes = Mapping[str, str]
_Test = Callable[[_Attributes], bool]
_Text = Callable[[_Attributes], str]

_TOKENS = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>[A-Za-z][A-Za-z0-9]*)|(?P<sign><>|!=|=|[(),]))"
)
_KEYWORDS = frozenset({"NOT", "AND", "OR", "XOR", "EXISTS", "LIKE", "IN", "TRUE", "FALSE"})
_JOINS: dict[str, Callable[[_Test, _Test], _Test]] = {
    "OR": lambda left, right: lambda attributes: left(attributes) or right(attributes),
    "XOR": lambda left, right: lambda attributes: left(attributes) != right(attributes),
    "AND": lambda left, right: lambda attributes: left(attributes) and right(attributes),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression."""

    source: str
    test: _Test

    def holds(self, attributes: _Attributes) -> bool:
        """Tell whether the expression is true; an absent attribute makes it false, as in Knative.

        AND and OR leave their right side alone where the left one decides, so that EXISTS guards.
        """
        try:
            return self.test(attributes)
        except KeyError:
            return False


def parse_cesql(source: str) -> Expression:
    """Parse an expression; raise ValueError where it needs more than text comparison."""
    parser = _Parser(source)
    test = parser.joined()
    if parser.peek():
        raise parser.refusal(parser.peek())
    return Expression(source, test)


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = self._split()

    def _split(self) -> list[str]:
        tokens: list[str] = []
        position = 0
        text = self._source.rstrip()
        while position < len(text):
            found = _TOKENS.match(text, position)
            if found is None:
                raise self.refusal(text[position:].strip())
            tokens.append(found.group().strip())
            position = found.end()
        return tokens

    def refusal(self, rest: str) -> ValueError:
        where = f"near {rest!r}" if rest else "at its end"
        return ValueError(
            f"the CESQL expression {self._source!r} cannot be read {where}; the local broker knows "
            "EXISTS, =, !=, <>, LIKE, IN, AND, OR, XOR, NOT over text"
        )

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _takes(self, keyword: str) -> bool:
        if self.peek().upper() != keyword:
            return False
        self._tokens.pop(0)
        return True

    def _expect(self, keyword: str) -> None:
        if not self._takes(keyword):
            raise self.refusal(self.peek())

    def joined(self) -> _Test:
        # CESQL gives AND, OR and XOR one rank, from right to left.
        left = self._operand()
        operator = self.peek().upper()
        if operator not in _JOINS:
            return left
        self._tokens.pop(0)
        return _JOINS[operator](left, self.joined())

    def _operand(self) -> _Test:
        if self._takes("NOT"):
            # NOT binds closer than any comparison: over text it could only fail.
            test = self._operand() if self.peek().upper() == "NOT" else self._truth()
            if test is None:
                raise self.refusal(self.peek())
            return lambda attributes: not test(attributes)
        return self._truth() or self._comparison()

    def _truth(self) -> _Test | None:
        if self._takes("("):
            test = self.joined()
            self._expect(")")
            return test
        if self._takes("EXISTS"):
            name = self._name()
            return lambda attributes: name in attributes
        if self._takes("TRUE"):
            return lambda _: True
        if self._takes("FALSE"):
            return lambda _: False
        return None

    def _name(self) -> str:
        token = self.peek()
        if not token.isalnum() or token.upper() in _KEYWORDS:
            raise self.refusal(token)
        self._tokens.pop(0)
        return token

    def _literal(self) -> str:
        token = self.peek()
        if token[:1] not in {"'", '"'}:
            raise self.refusal(token)
        self._tokens.pop(0)
        return re.sub(r"\\(['\"])", r"\1", token[1:-1])

    def _text(self) -> _Text:
        if self.peek()[:1] in {"'", '"'}:
            literal = self._literal()
            return lambda _: literal
        name = self._name()
        return lambda attributes: attributes[name]

    def _comparison(self) -> _Test:
        left = self._text()
        operator = self.peek().upper()
        if operator in {"=", "!=", "<>"}:
            self._tokens.pop(0)
            right = self._text()
            equal = operator == "="
            return lambda attributes: (left(attributes) == right(attributes)) is equal
        negated = self._takes("NOT")
        test = self._pattern(left) if self._takes("LIKE") else self._membership(left)
        return (lambda attributes: not test(attributes)) if negated else test

    def _pattern(self, left: _Text) -> _Test:
        signs = {"%": ".*", "_": ".", r"\%": "%", r"\_": "_"}
        parts = re.findall(r"\\[%_]|.", self._literal(), flags=re.DOTALL)
        pattern = re.compile("".join(signs.get(part, re.escape(part)) for part in parts), re.DOTALL)
        return lambda attributes: pattern.fullmatch(left(attributes)) is not None

    def _membership(self, left: _Text) -> _Test:
        self._expect("IN")
        self._expect("(")
        members = [self._text()]
        while self._takes(","):
            members.append(self._text())
        self._expect(")")
        return lambda attributes: any(left(attributes) == member(attributes) for member in members)
