"""However often the system is killed while it answers: one answer each, and all of it."""

import pytest

from tests.faults.machine import Machine
from tests.faults.questions import asking

KILLS = 4
# What generation commits; one that is missing would show that the recording went blind.
COMMITS = (
    "functions.generate.service._answer",
    "functions.generate.service._publish",
    "functions.generate.turns.take",
    "functions.generate.turns.take_or_leave",
    "functions.generate.progress._report",
    "functions.generate.delivery.note",
    "functions.generate.delivery.deliver",
)


def _nobody_watches() -> None:
    pass


# A minute on a machine at rest; a busy one may take its time.
@pytest.mark.timeout(900)
async def test_every_question_has_one_answer_whenever_the_system_is_killed(
    failing_machine: Machine,
) -> None:
    async with asking(failing_machine, seed=1) as questions:
        reached = await questions.prepare()
        callers = {caller for caller, _ in reached}
        assert callers >= set(COMMITS), sorted(callers)
        await questions.die_at_random(times=KILLS, tick=_nobody_watches)
        # One side of each commit; all of them die when the campaign runs by itself.
        sides = {caller: moment for caller, moment in reached if caller in COMMITS}
        some = dict.fromkeys(sides.items(), 1)
        await questions.die_at(some, times=1, tick=_nobody_watches)
        account = await questions.finish()
    assert account.broken == {}
    assert account.missed == []
    assert account.deaths.total() == KILLS + len(COMMITS)
    assert account.heard > len(COMMITS)
    assert account.kinds["model"] > 0
