"""Which documents may answer, as SQL has it."""

from typing import Any, Final

import msgspec

from functions.runtime.passages import Filters

NO_FILTERS: Final = Filters()
# Null lets every document.
FILTERED: Final = (
    "AND (CAST(:documents AS uuid[]) IS NULL"
    " OR documents.id = ANY(CAST(:documents AS uuid[])))"
    " AND (CAST(:tags AS text[]) IS NULL OR documents.tags && CAST(:tags AS text[]))"
    " AND (CAST(:origins AS text[]) IS NULL"
    " OR documents.origin = ANY(CAST(:origins AS text[])))"
    " AND (CAST(:sources AS text[]) IS NULL OR EXISTS ("
    "SELECT FROM unnest(CAST(:sources AS text[])) AS named (beginning)"
    " WHERE starts_with(documents.source_name, named.beginning)))"
    " AND (CAST(:updated_from AS timestamptz) IS NULL"
    " OR documents.updated_at >= CAST(:updated_from AS timestamptz))"
    " AND (CAST(:updated_before AS timestamptz) IS NULL"
    " OR documents.updated_at < CAST(:updated_before AS timestamptz))"
)


def filter_values(filters: Filters) -> dict[str, Any]:
    """Return what `FILTERED` wants; nothing where every document may answer."""
    if filters == NO_FILTERS:
        return {}
    return {name: value or None for name, value in msgspec.structs.asdict(filters).items()}
