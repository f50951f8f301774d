"""Events that come ten times, or never, change nothing about what becomes of a document."""

import pytest

from tests.faults.deliveries import deliver
from tests.faults.machine import Machine


def _nobody_watches(ended: int) -> None:
    del ended


async def test_ten_copies_of_each_event_have_one_effect(failing_machine: Machine) -> None:
    outcome = await deliver(failing_machine, documents=15, copies=10, seed=1, ended=_nobody_watches)
    assert outcome.whole, outcome
    assert outcome.effects == 15


@pytest.mark.parametrize("share", [0.1, 1.0])
async def test_the_sweep_alone_brings_every_document_to_its_end(
    failing_machine: Machine, share: float
) -> None:
    outcome = await deliver(
        failing_machine, documents=25, drop=share, seed=1, hurry=True, ended=_nobody_watches
    )
    assert outcome.whole, outcome
