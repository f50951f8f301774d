"""Run the gateway alone: ``python -m gateway``."""

import os

import uvicorn

from functions.runtime.clients import Clients
from functions.runtime.logs import configure_logs
from functions.runtime.settings import load_settings
from gateway.main import build


def main() -> None:
    """Serve on $PORT until told to stop."""
    settings = load_settings(os.environ, required=("database_url", "event_sink"))
    configure_logs(settings.log_level)
    uvicorn.run(
        build(Clients(settings, name="gateway")),
        host="0.0.0.0",
        port=int(os.environ.get("PORT", "8080")),
        log_config=None,
        access_log=False,
        # Whom a request comes from is what the socket says, not what a header claims.
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
