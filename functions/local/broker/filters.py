from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from functions.local.broker.cesql import Expression


class Filter(Protocol):
    """Says which events a Trigger wants."""

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether an event with these attributes passes."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """The older `filter`: every attribute equals its value; an empty value takes any but none."""

    values: Mapping[str, str]

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether every named attribute is there, with the value asked for."""
        return all(
            attributes.get(name) == value if value else bool(attributes.get(name))
            for name, value in self.values.items()
        )


@dataclass(frozen=True, slots=True)
class Exact:
    """Every attribute equals its value."""

    values: Mapping[str, str]

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether every named attribute has exactly the value asked for."""
        return all(attributes.get(name) == value for name, value in self.values.items())


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every attribute begins with its value."""

    values: Mapping[str, str]

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether every named attribute begins with the text asked for."""
        return all(
            attributes.get(name, "").startswith(value) for name, value in self.values.items()
        )


@dataclass(frozen=True, slots=True)
class Suffix:
    """Every attribute ends with its value."""

    values: Mapping[str, str]

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether every named attribute ends with the text asked for."""
        return all(attributes.get(name, "").endswith(value) for name, value in self.values.items())


@dataclass(frozen=True, slots=True)
class All:
    """Every part passes; with no parts, everything does."""

    parts: tuple[Filter, ...] = ()

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether every part passes."""
        return all(part.matches(attributes) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part passes."""

    parts: tuple[Filter, ...]

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether one part passes."""
        return any(part.matches(attributes) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not pass."""

    part: Filter

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether the part fails."""
        return not self.part.matches(attributes)


@dataclass(frozen=True, slots=True)
class Cesql:
    """A CloudEvents SQL expression holds."""

    expression: Expression

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether the expression is true; one that asks for an absent attribute is not."""
        return self.expression.holds(attributes)
