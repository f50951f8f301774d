"""Hostile documents and a model that obeys them: nothing of theirs takes effect in Discord."""

import re
from typing import Any

import pytest

from tests.attacks.attacks import ATTACKS, Attack
from tests.attacks.auditing import audit
from tests.attacks.conftest import Attacked, passage

HONEST = "The museum opens at nine on weekdays. Tickets cost 12 euros for all adults."
QUESTION = "When does the museum open, and what do members have to know?"


def test_there_are_attacks_enough() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 100


def problems(attacked: Attacked, row: Any, payloads: list[dict[str, Any]]) -> list[str]:
    ours = {found.url for found in attacked.search.passages}
    told = attacked.model.chats[-1]["messages"][0]["content"] if attacked.model.chats else ""
    found = [problem for payload in payloads for problem in audit(payload, ours=ours, told=told)]
    # The dashboard shows the row: the same holds there.
    shown = {"content": row.answer[:1000], "allowed_mentions": {"parse": []}}
    return found + [problem for problem in audit(shown, ours=ours) if "open" not in problem]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_changes_nothing_that_is_sent(attacked: Attacked, attack: Attack) -> None:
    attacked.search.passages = [passage(f"{HONEST}\n\n{attack.text}"), passage(HONEST)]
    attacked.model.orders = attack.says
    # Of what it was told nothing stands in a document, and with too much of that its text is gone.
    await hold(attacked, kind="extractive" if "{told}" in attack.says else "model")
    attacked.asker.clients.__dict__["ollama"] = None
    await hold(attacked, kind="extractive")


async def hold(attacked: Attacked, *, kind: str) -> None:
    """Ask, and hold every payload of the answer, which is of this kind, against the rules."""
    row, payloads = await attacked.ask(QUESTION)
    assert problems(attacked, row, payloads) == []
    assert row.answer_kind == kind
    # What is honest stays: a test that shows nothing would prove nothing.
    shown = " ".join(payload["content"] for payload in payloads)
    assert re.search("(?i)nine|12 euros|members", shown)
