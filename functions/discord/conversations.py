"""Which questions belong together, and the form that continues an answer."""

from typing import Any

from discord_interactions import InteractionResponseType

from functions.discord.schemas import Command, Reply

LABEL, TEXT_INPUT, PARAGRAPH = 18, 4, 2
QUESTION = "question"


def conversation_of(command: Command) -> str | None:
    """Return the name under which what is asked here is remembered.

    A thread is one conversation of all its members, a channel one for each. What one member alone
    sees is kept apart: nobody else's question, and no public one, is to be understood by it.
    """
    if command.channel_id is None:
        return None
    here = f"discord:{command.channel_id}"
    if command.in_thread and not command.private:
        return here
    if command.user_id is None:
        return None
    return f"{here}:{command.user_id}" + (":private" if command.private else "")


def conversations_of(command: Command) -> list[str]:
    """Return every conversation that the caller takes part in here."""
    here = f"discord:{command.channel_id}"
    own = [f"{here}:{command.user_id}", f"{here}:{command.user_id}:private"]
    return [here, *own] if command.in_thread else own


def follow_up_form(custom_id: str) -> Reply:
    """Ask for the question that continues the answer under which the button was pressed."""
    field: dict[str, Any] = {
        "type": TEXT_INPUT,
        "custom_id": QUESTION,
        "style": PARAGRAPH,
        "min_length": 1,
        "max_length": 2000,
        "placeholder": "What else do you want to know about this?",
    }
    form = {
        "custom_id": custom_id,
        "title": "Ask a follow-up",
        "components": [{"type": LABEL, "label": "Your question", "component": field}],
    }
    return Reply(body={"type": InteractionResponseType.MODAL, "data": form})
