"""A follow-up said so that it can be understood by itself, where the server wants that."""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import aclosing

from functions.generate.prompts import build_rewriting
from functions.generate.safety import without_controls
from functions.generate.schemas import Exchange
from functions.generate.telling import telling_words
from functions.runtime.ollama.client import Message, OllamaClient, OllamaError
from functions.runtime.statements import numbers

log = logging.getLogger(__name__)
# Whoever waits longer is better off with the question as it was asked.
LONGEST_SECONDS = 20.0
LONGEST_QUESTION = 300
# The share of what was asked that must still be there, and of what is said that must be known.
LEAST_KEPT = 0.5
LEAST_KNOWN = 0.7
LABEL = re.compile(r"^\s*(?:[A-Za-z ]{0,30}question\s*:)?\s*", re.IGNORECASE)
QUOTES = " \"'“”„«»`*"


async def rewrite(
    model: OllamaClient, question: str, exchanges: Sequence[Exchange], *, salt: str
) -> str | None:
    """Return a follow-up as a question of its own, None where the model makes none of it."""
    messages = build_rewriting(question, exchanges, salt=salt)
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            written = await _first_line(model, messages)
    except (OllamaError, TimeoutError) as error:
        log.info("follow-up not rewritten", extra={"reason": type(error).__name__})
        return None
    rewritten = LABEL.sub("", without_controls(written), count=1).strip(QUOTES)
    return rewritten if _is_fit(rewritten, question, exchanges) else None


async def _first_line(model: OllamaClient, messages: Sequence[Message]) -> str:
    text = ""
    async with aclosing(model.stream(messages)) as pieces:
        async for piece in pieces:
            text += piece.text
            if "\n" in text.strip() or len(text) > LONGEST_QUESTION:
                break
    return text.strip().partition("\n")[0]


def _is_fit(rewritten: str, question: str, exchanges: Sequence[Exchange]) -> bool:
    """Tell whether this asks the same with words of the conversation, and invents nothing."""
    if not rewritten or len(rewritten) > LONGEST_QUESTION or rewritten == question:
        return False
    said = " ".join([question, *(f"{one.question} {one.answer}" for one in exchanges)])
    words, asked = telling_words(rewritten), telling_words(question)
    return (
        numbers(question) <= numbers(rewritten) <= numbers(said)
        and len(words & asked) >= LEAST_KEPT * len(asked)
        and len(words & telling_words(said)) >= LEAST_KNOWN * len(words)
    )
