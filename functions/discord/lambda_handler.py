"""The webhook behind AWS API Gateway (HTTP API, payload 2.0)."""

import os
from functools import cache
from typing import Any

from mangum import Mangum

from functions.discord.main import REQUIRED, build
from functions.runtime.clients import Clients
from functions.runtime.settings import load_settings


@cache
def _adapter() -> Mangum:
    settings = load_settings(os.environ, required=REQUIRED)
    return Mangum(build(Clients(settings, name="discord")), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one call of the gateway; the app is built by the first."""
    response: dict[str, Any] = _adapter()(event, context)
    return response
