import re
from typing import Self

_DAY_S = 86_400.0
# The lengths Knative's own parser gives to a mean Gregorian year and month.
_YEAR_S = 365.2425 * _DAY_S
_MONTH_S = _YEAR_S / 12

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_ISO_8601 = re.compile(
    rf"P(?=.)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_UNITS_S = (_YEAR_S, _MONTH_S, 7 * _DAY_S, _DAY_S, 3600.0, 60.0, 1.0)


class Duration(float):
    """A length of time in seconds, written in manifests as ISO 8601."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read an ISO 8601 duration such as PT0.5S; raise ValueError on anything else."""
        found = _ISO_8601.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"{text!r} is not an ISO 8601 duration such as PT30S or PT0.5S")
        return cls(
            sum(
                float(number.replace(",", ".")) * unit
                for number, unit in zip(found.groups(), _UNITS_S, strict=True)
                if number
            )
        )
