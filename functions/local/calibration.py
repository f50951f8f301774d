"""On which scale a model's cosines lie: each has its own idea of near and far."""

from typing import Final

import msgspec
import numpy as np

from functions.runtime.embedder.protocol import EmbeddingModel

# A question and the passage that answers it, each of another matter.
PAIRS: Final = (
    (
        "When does the library open on Saturday?",
        "On Saturday the library opens at nine in the morning and closes at one.",
    ),
    (
        "How do I reset my password?",
        "A forgotten password is reset under Settings, Account: a link is sent to your address.",
    ),
    (
        "Which animal is the largest that ever lived?",
        "The blue whale is the largest animal that has ever lived; it weighs up to 190 tonnes.",
    ),
    (
        "How long must the bread be baked?",
        "Bake the bread for forty minutes at 220 degrees, until its crust sounds hollow.",
    ),
    (
        "Who may add documents to the knowledge base?",
        "Only moderators and administrators of a server may add or remove documents.",
    ),
    (
        "What does the annual ticket for the tram cost?",
        "The annual ticket costs 365 euros and is valid on every tram and bus of the city.",
    ),
    (
        "How is the database backed up?",
        "A backup of the database is made every night with pg_dump and kept for thirty days.",
    ),
    (
        "What should I do when the engine overheats?",
        "Stop when the engine overheats, let it cool for an hour and refill the coolant.",
    ),
    (
        "In which year was the Eiffel Tower finished?",
        "The Eiffel Tower in Paris was finished in 1889, after two years of building.",
    ),
    (
        "How many players does a football team have on the field?",
        "A football team has eleven players on the field, one of whom keeps the goal.",
    ),
    (
        "How do bees tell each other where flowers are?",
        "Bees dance in the hive: the dance tells the others in which direction flowers are.",
    ),
    (
        "What is the notice period of the rental contract?",
        "Either side may end the rental contract in writing with a notice of three months.",
    ),
)


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """The usual cosine of a question to a passage that answers another, and that answers it."""

    unrelated: float
    related: float


async def measure(embedder: EmbeddingModel) -> Scale:
    """Return the scale of a model's cosines; it takes a second or two."""
    questions = await embedder.embed_queries([question for question, _ in PAIRS])
    passages = await embedder.embed_passages([passage for _, passage in PAIRS])
    cosines = np.asarray(questions @ passages.T, np.float64)
    others = ~np.eye(len(PAIRS), dtype=bool)
    return Scale(
        unrelated=round(float(cosines[others].mean()), 4),
        related=round(float(np.diagonal(cosines).mean()), 4),
    )
