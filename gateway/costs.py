"""What a GraphQL operation would cost, judged before anything of it runs."""

from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from functions.runtime.errors import InvalidRequestError

MAXIMUM_TOKENS = 1000
MAXIMUM_DEPTH = 10
MAXIMUM_ALIASES = 15
# Validation compares fields pairwise: 480 of them took 190 ms, 250 take a quarter of that.
MAXIMUM_FIELDS = 250
MAXIMUM_PAGE = 100
ROWS_PER_UNIT = 100
# Rows these fields return where the query names no number.
PAGED: Mapping[str, int] = {"documents": 50, "questions": 50, "passages": 100, "conversation": 50}


# What makes documents be read costs as much as sending them would.
UPLOADS: Mapping[str, int] = {"addAddress": 1, "retryDocument": 1, "retryFailedDocuments": 20}


class Cost(msgspec.Struct, frozen=True):
    """What a selection amounts to, with fragments written out wherever they are used."""

    depth: int = 0
    aliases: int = 0
    rows: int = 0
    asks: int = 0
    uploads: int = 0


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation spends of the budgets."""

    reads: int
    asks: int
    uploads: int


class Meter:
    """Measures selections; a fragment is measured once, however often it is spread.

    Walking each spread anew would take exponential time: a fragment may spread the next one
    twice, and so on.
    """

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Cost] = {}
        self.fields = 0

    def selections(self, selection_set: SelectionSetNode | None) -> Cost:
        """Return the deepest branch, and the sums of aliases and rows."""
        costs = [self.selection(one) for one in selection_set.selections] if selection_set else []
        return Cost(
            depth=max((cost.depth for cost in costs), default=0),
            aliases=sum(cost.aliases for cost in costs),
            rows=sum(cost.rows for cost in costs),
            asks=sum(cost.asks for cost in costs),
            uploads=sum(cost.uploads for cost in costs),
        )

    def selection(self, selection: SelectionNode) -> Cost:
        """Return what one field or fragment amounts to."""
        if isinstance(selection, FieldNode):
            return self._field(selection)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            return self.selections(selection.selection_set)
        return Cost()

    def _field(self, node: FieldNode) -> Cost:
        self.fields += 1
        # The schema's description of itself is deep by nature; production refuses it as a whole.
        if node.name.value.startswith("__"):
            return Cost(depth=1)
        below = self.selections(node.selection_set)
        rows = self._page(node) * (1 + below.rows) if node.selection_set else 0
        aliases = below.aliases + (node.alias is not None)
        return Cost(
            depth=below.depth + 1,
            aliases=aliases,
            rows=rows,
            asks=below.asks + (node.name.value == "ask"),
            uploads=below.uploads + UPLOADS.get(node.name.value, 0),
        )

    def _page(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value != "first":
                continue
            if isinstance(argument.value, IntValueNode):
                return min(MAXIMUM_PAGE, max(1, int(argument.value.value)))
            if isinstance(argument.value, VariableNode):
                given = self._variables.get(argument.value.name.value)
                number = given if isinstance(given, int) else MAXIMUM_PAGE
                return min(MAXIMUM_PAGE, max(1, number))
        return PAGED.get(node.name.value, 1)

    def _fragment(self, name: str) -> Cost:
        if name not in self._measured:
            # Stands while the fragment is being measured: validation refuses one within itself.
            self._measured[name] = Cost()
            definition = self._fragments.get(name)
            self._measured[name] = self.selections(definition.selection_set if definition else None)
        return self._measured[name]


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]


def refuse_excess(document: DocumentNode) -> None:
    """Raise InvalidRequestError where a document is too deep, too wide or too often aliased."""
    meter = Meter(document, {})
    cost = Cost()
    for operation in _operations(document):
        one = meter.selections(operation.selection_set)
        cost = Cost(max(cost.depth, one.depth), cost.aliases + one.aliases)
    for count, limit, what in (
        (cost.depth, MAXIMUM_DEPTH, "levels"),
        (cost.aliases, MAXIMUM_ALIASES, "aliases"),
        (meter.fields, MAXIMUM_FIELDS, "fields"),
    ):
        if count > limit:
            raise InvalidRequestError(f"At most {limit} {what} are allowed in one request.")


def price(document: DocumentNode, *, name: str | None, variables: Mapping[str, Any]) -> Price:
    """Return what the named operation costs: a read, one more per alias and per 100 rows."""
    meter = Meter(document, variables)
    reads = asks = uploads = 0
    for operation in _operations(document):
        if name is None or (operation.name and operation.name.value == name):
            cost = meter.selections(operation.selection_set)
            reads += 1 + cost.aliases + cost.rows // ROWS_PER_UNIT
            asks += cost.asks
            uploads += cost.uploads
    return Price(reads=reads, asks=asks, uploads=uploads)
