"""The door of ingestion: one document.uploaded event, one version taken to its end."""

from functools import partial

from starlette.applications import Starlette

from functions.ingest.lanes import Lanes
from functions.ingest.service import ingest
from functions.runtime.app import create_app, event_route
from functions.runtime.clients import Clients


def build(clients: Clients) -> Starlette:
    """Return the ingest app."""
    return create_app([event_route("/", partial(ingest, clients, Lanes()))])
