"""The answers Discord gets at once."""

from typing import Any

from discord_interactions import InteractionResponseFlags, InteractionResponseType

from functions.discord.schemas import Reply, Wake

UNKNOWN_COMMAND = (
    "I do not know this command. It may be an old one: try /ask, or /kb add to add a document."
)
UNKNOWN_CONTROL = "This button or form no longer works. Ask your question again with /ask."
NOT_IN_SERVER = (
    "I answer from a server's own documents. Use me in a server that has added me, not here."
)
NO_QUESTION = "Your question is empty. Write what you want to know after /ask."
LONG_QUESTION = "Your question is longer than 2,000 characters. Shorten it and ask again."
NOT_ALLOWED = "Only members who may manage this server can add documents. Ask one of them."
NO_FILE = "No file came with the command. Attach one to /kb add and send it again."
EMPTY_FILE = "That file is empty. Attach one with text in it."
LARGE_FILE = "That file is larger than 25 MiB. Split it and add the parts."
FOREIGN_FILE = "That file is not an upload to Discord. Attach the file itself to /kb add."
UNAVAILABLE = "I could not take this down: my database does not answer. Try again in a minute."

PONG = Reply(body={"type": InteractionResponseType.PONG})
NO_CHOICES = Reply(
    body={
        "type": InteractionResponseType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT,
        "data": {"choices": []},
    }
)


def notice(sentence: str) -> Reply:
    """Say a sentence that only the caller sees."""
    data = {
        "content": sentence,
        "flags": InteractionResponseFlags.EPHEMERAL,
        "allowed_mentions": {"parse": []},
    }
    return Reply(body={"type": InteractionResponseType.CHANNEL_MESSAGE_WITH_SOURCE, "data": data})


def thinking(wake: Wake | None, *, private: bool = False) -> Reply:
    """Promise a message; whether it is private cannot be changed later."""
    body: dict[str, Any] = {"type": InteractionResponseType.DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE}
    if private:
        body["data"] = {"flags": InteractionResponseFlags.EPHEMERAL}
    return Reply(body=body, wake=wake)
