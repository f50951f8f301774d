"""The door of generation: one question.asked event, one question taken to its answer."""

from functools import partial

from starlette.applications import Starlette

from functions.generate.service import generate
from functions.runtime.app import create_app, event_route
from functions.runtime.clients import Clients


def build(clients: Clients) -> Starlette:
    """Return the generate app."""
    return create_app([event_route("/", partial(generate, clients))])
