"""The same apps behind AWS API Gateway (HTTP API, payload format 2.0)."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from mangum import Mangum
from starlette.applications import Starlette

from functions.runtime.clients import Clients
from functions.runtime.logs import configure_logs
from functions.runtime.settings import load_settings

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def lambda_handler(
    name: str, build: Callable[[Clients], Starlette], *, required: tuple[str, ...]
) -> Handler:
    """Return what Lambda calls; the first event builds the app, importing builds nothing."""

    @cache
    def adapter() -> Mangum:
        settings = load_settings(os.environ, required=required)
        configure_logs(settings.log_level)
        return Mangum(build(Clients(settings, name=name)), lifespan="off")

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        response: dict[str, Any] = adapter()(event, context)
        return response

    return handler
