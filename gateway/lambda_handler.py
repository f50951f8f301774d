"""The gateway on AWS Lambda, behind an HTTP API (payload format 2.0)."""

import os
from functools import cache
from typing import Any

from functions.runtime.clients import Clients
from functions.runtime.logs import configure_logs
from functions.runtime.settings import load_settings


@cache
def _adapter() -> Any:
    """Build the app when the first event comes: importing this module opens nothing."""
    from mangum import Mangum  # noqa: PLC0415 - only Lambda needs it

    from gateway.main import REQUIRED, build  # noqa: PLC0415 - likewise

    settings = load_settings(os.environ, required=REQUIRED)
    configure_logs(settings.log_level)
    return Mangum(build(Clients(settings, name="gateway")), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event."""
    answer: dict[str, Any] = _adapter()(event, context)
    return answer
