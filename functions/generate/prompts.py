"""A prompt for the language model: as much of the passages as it can read, the question last."""

import hashlib
import hmac
from collections.abc import Sequence
from math import ceil

import msgspec

from functions.generate.schemas import Exchange
from functions.generate.templates import CURRENT, TEMPLATES, Template
from functions.runtime.ollama.client import MOST_WRITTEN_TOKENS, Message
from functions.runtime.passages import Passage

MOST_PASSAGES = 5
MOST_QUESTION_CHARACTERS = 2000
MOST_WISHES_CHARACTERS = 1000
MOST_TITLE_CHARACTERS = 200
# Ollama counts with a tokenizer we do not have. SmolLM2's, made for English, is a greedy
# one: a token for 4 characters of English, 2.7 of German, 1.2 of Russian, 1.1 of Arabic; for each
# character of Hindi 1.1 tokens, of Chinese 1.5, of Thai and Korean 1.9. That of a model for many
# languages takes half. What does not fit all the same is refused, and a quotation shown.
LATIN_CHARACTERS_PER_TOKEN = 2.7
SPACED_TOKENS_PER_CHARACTER = 1.0
OTHER_TOKENS_PER_CHARACTER = 1.5
# The last letter of Latin, and of the scripts west of India.
LAST_LATIN, LAST_WESTERN = "\u024f", "\u08ff"
# What a chat template sets around the messages.
TOKENS_OF_MARKUP = 40
# A processor reads some 60 tokens of a prompt a second with a model of 3 billion parameters, a
# graphics card thousands: there passages and conversation may have this much and no more.
MOST_TOKENS_ON_PROCESSOR = 1200
# What was said before explains the question; the passages answer it.
CONVERSATION_TOKENS = 400
TURN_CHARACTERS = 400
SALT_CHARACTERS = 8


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a prompt is made of besides the passages.

    ``salt`` tells servers apart, ``wishes`` are the server's own instructions, ``exchanges`` what
    was said before, oldest first, ``before`` the passages of the last prompt, in its order.
    """

    question: str
    salt: str = ""
    wishes: str = ""
    exchanges: Sequence[Exchange] = ()
    before: Sequence[int] = ()


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt and the passages that fitted into it, numbered from one in this order."""

    messages: list[Message]
    passages: list[Passage]
    left_out: int
    exchanges: list[Exchange]
    version: str = CURRENT


def salt_of(guild_id: int, *, secret: bytes) -> str:
    """Return what a server's prompts begin with: always the same, and nobody else's."""
    code = hmac.new(secret, f"prompt {guild_id}".encode(), hashlib.sha256)
    return code.hexdigest()[:SALT_CHARACTERS]


def count_tokens(text: str) -> int:
    """Return at least the tokens that a text will have, most probably."""
    latin = sum(character <= LAST_LATIN for character in text)
    other = sum(character > LAST_WESTERN for character in text)
    western = len(text) - latin - other
    return ceil(
        latin / LATIN_CHARACTERS_PER_TOKEN
        + western * SPACED_TOKENS_PER_CHARACTER
        + other * OTHER_TOKENS_PER_CHARACTER
    )


def build_prompt(
    asked: Asked, passages: Sequence[Passage], *, context_tokens: int, on_processor: bool = False
) -> Prompt:
    """Return instructions, passages, conversation, and the question last: as a prefix cache likes.

    What is the same as in the prompt before stands at the same place, so it is not read again.
    """
    template = TEMPLATES[CURRENT]
    system = _system(template, asked)
    question = template.question.format(question=asked.question[:MOST_QUESTION_CHARACTERS])
    room = context_tokens - MOST_WRITTEN_TOKENS - TOKENS_OF_MARKUP
    room -= count_tokens(system) + count_tokens(question)
    if on_processor:
        room = min(room, MOST_TOKENS_ON_PROCESSOR)
    conversation, heard = _conversation(
        template, asked.exchanges, room=min(room, CONVERSATION_TOKENS)
    )
    room -= count_tokens(conversation) + count_tokens(template.passages)
    quoted, fitting = _passages(template, _in_order(passages, asked.before), room=room)
    user = template.passages.format(passages=quoted) + conversation + question
    return Prompt(
        messages=[Message(role="system", content=system), Message(role="user", content=user)],
        passages=fitting,
        left_out=len(passages) - len(fitting),
        exchanges=heard,
    )


def build_rewriting(question: str, exchanges: Sequence[Exchange], *, salt: str) -> list[Message]:
    """Return what makes a model say a follow-up so that it can be understood by itself."""
    template = TEMPLATES[CURRENT]
    conversation, _ = _conversation(template, exchanges, room=CONVERSATION_TOKENS)
    asked = template.question.format(question=_line(question, MOST_QUESTION_CHARACTERS))
    system = template.library.format(salt=salt) + template.rewriting
    return [
        Message(role="system", content=system),
        Message(role="user", content=conversation + asked),
    ]


def _system(template: Template, asked: Asked) -> str:
    library = template.library.format(salt=asked.salt) if asked.salt else ""
    wishes = asked.wishes.strip()[:MOST_WISHES_CHARACTERS]
    return library + template.rules + (template.wishes.format(wishes=wishes) if wishes else "")


def _in_order(passages: Sequence[Passage], before: Sequence[int]) -> list[Passage]:
    """Return the best passages; those of the prompt before come first, in its order."""
    places = {chunk_id: place for place, chunk_id in enumerate(before)}
    best = passages[:MOST_PASSAGES]
    return sorted(best, key=lambda passage: places.get(passage.chunk_id, len(places)))


def _passages(
    template: Template, passages: Sequence[Passage], *, room: int
) -> tuple[str, list[Passage]]:
    """Return the passages that fit, as text; one that is too long leaves room for the others."""
    fitting: list[Passage] = []
    texts: list[str] = []
    for passage in passages:
        text = template.passage.format(
            number=len(fitting) + 1,
            title=_line(passage.title, MOST_TITLE_CHARACTERS),
            text=_quoted(template, passage.text),
        )
        tokens = count_tokens(text)
        if tokens <= room:
            room -= tokens
            fitting.append(passage)
            texts.append(text)
    return "\n".join(texts), fitting


def _conversation(
    template: Template, turns: Sequence[Exchange], *, room: int
) -> tuple[str, list[Exchange]]:
    """Return the latest turns that fit, as text, oldest first."""
    heard: list[Exchange] = []
    texts: list[str] = []
    for turn in reversed(turns):
        said = [template.asked.format(question=_line(turn.question, TURN_CHARACTERS))]
        if turn.answer:
            said.append(template.answered.format(answer=_line(turn.answer, TURN_CHARACTERS)))
        text = _quoted(template, "\n".join(said)) + "\n"
        room -= count_tokens(text)
        if room < 0:
            break
        heard.insert(0, turn)
        texts.insert(0, text)
    return (template.conversation.format(turns="".join(texts)) if texts else ""), heard


def _quoted(template: Template, text: str) -> str:
    return "\n".join(f"{template.quoted}{line}" for line in text.splitlines())


def _line(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
