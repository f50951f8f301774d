"""Print the GraphQL schema: ``python -m gateway.export_schema > frontend/schema.graphql``."""

import sys

from gateway.operations import make_schema


def exported() -> str:
    """Return the schema in its one canonical form, with a line break at its end."""
    return make_schema(in_development=True).as_str().strip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(exported())
