"""Whenever the system is killed: nothing acknowledged is lost, nothing is doubled, all ends."""

import pytest

from tests.faults.kills import Campaign
from tests.faults.machine import Machine

# A room without a commit would show that the recording went blind.
ROOMS = (
    "functions.discord",
    "functions.ingest.service",
    "functions.ingest.progress",
    "functions.runtime.leases",
    "functions.sweep",
    "gateway.uploads",
)


def _nobody_watches() -> None:
    pass


# A minute on a machine at rest; a busy one may take its time.
@pytest.mark.timeout(900)
async def test_no_promise_is_broken_by_a_kill_at_any_commit_or_moment(
    failing_machine: Machine,
) -> None:
    campaign = Campaign(failing_machine, documents=20, seed=1)
    boundaries = await campaign.record()
    callers = {caller for caller, _ in boundaries}
    assert all(any(caller.startswith(room) for caller in callers) for room in ROOMS), callers
    await campaign.fill(tick=_nobody_watches)
    await campaign.die_at_random(times=8, tick=_nobody_watches)
    await campaign.die_at(boundaries, times=1, tick=_nobody_watches)
    ledger = await campaign.finish()
    assert ledger.whole, ledger.broken
    assert ledger.missed == []
    assert ledger.deaths.total() == 8 + len(boundaries)
    assert ledger.acknowledged
