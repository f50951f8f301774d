import numpy as np
import pytest

from functions.runtime.embedder.twin import HashEmbedder
from functions.search.conversation import embed_conversation

PASSAGES = ["The red line runs at night.", "The price of a ticket is three euros."]


async def nearness(query: str, *turns: str) -> list[float]:
    embedder = HashEmbedder()
    vector = await embed_conversation(embedder, query, turns=turns)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    return [float(cosine) for cosine in await embedder.embed_passages(PASSAGES) @ vector]


async def test_a_follow_up_is_nearer_to_what_was_spoken_of() -> None:
    alone = await nearness("And at the weekend?")
    after = await nearness("And at the weekend?", "When does the red line run?")
    assert after[0] > alone[0]


async def test_a_question_without_turns_is_embedded_as_it_is() -> None:
    embedder = HashEmbedder()
    vector = await embed_conversation(embedder, "What is the price?", turns=[])
    assert np.array_equal(vector, await embedder.embed_query("What is the price?"))


async def test_only_the_latest_turns_are_heard() -> None:
    latest = ["When does it open?", "On Sunday too?"]
    assert await nearness("And at night?", *latest) == await nearness(
        "And at night?", "What is the price of a ticket?", *latest
    )


async def test_a_new_subject_still_leads() -> None:
    line, price = await nearness("What is the price of a ticket?", "When does the red line run?")
    assert price > line
