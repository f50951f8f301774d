"""What an Ollama server says of an embedding model, before it is registered."""

import re
from typing import Final, Literal

import httpx
import msgspec

from functions.runtime.embedder.protocol import ModelUnusableError
from functions.runtime.errors import LorekeeperError
from functions.runtime.ollama.client import OllamaError
from functions.runtime.ollama_address import base_url

# The longest passage with its context has fewer tokens in any tokenizer we know.
MOST_TOKENS: Final = 2048
NOT_FOUND: Final = 404
SERVER_ERROR: Final = 500
CALL_SECONDS: Final = 120.0
CONTEXT: Final = re.compile(r"^num_ctx\s+(\d+)", re.MULTILINE)


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to use a model."""

    dimensions: int
    max_tokens: int
    normalisation: Literal["none", "uncased"]


async def describe(http: httpx.AsyncClient, *, host: str, name: str) -> Description:
    """Ask a server for a model, and the model for a vector.

    Raises ModelUnusableError where it is not there or writes text instead, OllamaError where the
    server does not answer.
    """
    from ollama import ResponseError  # noqa: PLC0415 - cold start

    try:
        return await _described(http, host=host, name=name)
    except LorekeeperError:
        raise
    except ResponseError as error:
        if error.status_code == NOT_FOUND:
            raise ModelUnusableError(
                f"Ollama at {base_url(host)} has no model {name}. Run: lore models pull {name}"
            ) from error
        if error.status_code < SERVER_ERROR:
            raise ModelUnusableError(f"Ollama does not embed with {name}: {error.error}") from error
        raise OllamaError(
            f"Ollama at {base_url(host)} failed with status {error.status_code}."
        ) from error
    except Exception as error:
        # The package raises builtin, httpx's, pydantic's and its own errors for one thing.
        raise OllamaError(
            f"Ollama at {base_url(host)} does not answer: {type(error).__name__}."
        ) from error


async def _described(http: httpx.AsyncClient, *, host: str, name: str) -> Description:
    from functions.runtime.ollama.transport import connect  # noqa: PLC0415 - cold start

    server = connect(http, url=base_url(host), timeout=httpx.Timeout(CALL_SECONDS))
    shown = await server.show(name)
    if shown.capabilities and "embedding" not in shown.capabilities:
        raise ModelUnusableError(
            f"{name} writes text. Its vectors would find nothing: name an embedding model."
        )
    facts = dict(shown.modelinfo or {})
    embedded = await server.embed(name, ["How many dimensions?"], truncate=False)
    context = int(facts.get(f"{facts.get('general.architecture')}.context_length") or MOST_TOKENS)
    if given := CONTEXT.search(shown.parameters or ""):
        context = min(context, int(given[1]))
    # Ollama's WordPiece only lowercases, so every model with one is an uncased one to it.
    uncased = facts.get("tokenizer.ggml.model") == "bert"
    return Description(
        dimensions=len(embedded.embeddings[0]),
        max_tokens=min(context, MOST_TOKENS),
        normalisation="uncased" if uncased else "none",
    )
