import msgspec


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What one sweep did, counted in rows."""

    refreshed: int
    overdue: int
    called: int
    sent: int
    given_up: int
    expired: int

    def as_fields(self) -> dict[str, int]:
        """Return the counts by name, for the log."""
        return {name: getattr(self, name) for name in self.__struct_fields__}
