import asyncio

import pytest

from functions.runtime.embedder import turns
from functions.runtime.embedder.turns import QuestionsFirst


async def test_passages_wait_until_the_last_question_is_through() -> None:
    order = QuestionsFirst()
    with order.urgent():
        with order.urgent():
            passage = asyncio.create_task(order.turn())
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not passage.done()
    await asyncio.wait_for(passage, 1)


async def test_a_passage_does_not_wait_where_nobody_asks() -> None:
    order = QuestionsFirst()
    with pytest.raises(ZeroDivisionError), order.urgent():
        raise ZeroDivisionError
    await asyncio.wait_for(order.turn(), 1)


async def test_a_flood_of_questions_does_not_stop_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "MOST_WAITED_SECONDS", 0.01)
    order = QuestionsFirst()
    with order.urgent():
        await asyncio.wait_for(order.turn(), 5)
