import asyncio

import pytest

from functions.runtime.discord import edits
from functions.runtime.discord.edits import Edits


class Reply:
    """A reply whose edits take as long as it is told."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.gate = asyncio.Event()

    async def edit(self, text: str) -> None:
        await self.gate.wait()
        self.shown.append(text)


@pytest.fixture
def reply() -> Reply:
    return Reply()


async def test_one_edit_is_under_way_at_a_time(
    reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "EDIT_SECONDS", 0.0)
    shown = Edits()
    shown.begin(lambda: reply.edit("first"))
    shown.begin(lambda: reply.edit("too early"))
    reply.gate.set()
    await shown.settle()
    shown.begin(lambda: reply.edit("later"))
    await shown.settle()
    assert reply.shown == ["first", "later"]


async def test_edits_do_not_follow_too_closely(reply: Reply) -> None:
    shown = Edits()
    reply.gate.set()
    for text in ("first", "too soon"):
        shown.begin(lambda text=text: reply.edit(text))
        await shown.settle()
    assert reply.shown == ["first"]
    assert not shown.is_due


async def test_who_cannot_wait_gives_the_edit_up(reply: Reply) -> None:
    shown = Edits()
    shown.begin(lambda: reply.edit("late"))
    await shown.settle(seconds=0.01)
    reply.gate.set()
    await shown.settle()
    assert reply.shown == []


async def test_an_edit_that_fails_stops_nobody(
    reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise OSError

    shown = Edits()
    shown.begin(fail)
    await shown.settle()
    assert "progress not shown" in caplog.text
