"""Search behind a private API Gateway: the same app, built by the first event.

It believes the guild it is told, so only our own functions may be allowed to call it.
"""

import os
from functools import cache
from typing import Any


@cache
def _adapter() -> Any:
    from mangum import Mangum  # noqa: PLC0415 - importing opens nothing

    from functions.runtime.clients import Clients  # noqa: PLC0415
    from functions.runtime.settings import load_settings  # noqa: PLC0415
    from functions.search.main import build  # noqa: PLC0415

    settings = load_settings(os.environ, required=("database_url",))
    return Mangum(build(Clients(settings, name="search")), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one API Gateway v2 event."""
    return _adapter()(event, context)
