"""Passages that say the same are shown once."""

from typing import Any

import pytest

from tests.integration.search.conftest import FACTS, Searcher

HANDBOOK = (
    "The web server listens on port 8080 of every interface. Its logs are written to a file in the"
    " home of the service, one line for each request, and old files are removed after a week."
)
VARIANTS = [
    (HANDBOOK.replace(" ", "  "), 1, "other spaces"),
    (HANDBOOK.upper(), 1, "in capitals"),
    (" ".join(reversed(HANDBOOK.split(". "))), 1, "sentences in another order"),
    ("From the handbook: " + HANDBOOK, 1, "a line of boilerplate"),
    (HANDBOOK.replace("web", "proxy"), 2, "another server"),
    (HANDBOOK.replace("8080", "9090"), 2, "another port"),
    (HANDBOOK.replace("are removed", "are not removed"), 2, "a negation"),
    (HANDBOOK[: HANDBOOK.index("Its")], 2, "the half"),
]


@pytest.mark.parametrize(("variant", "shown", "remark"), VARIANTS)
async def test_what_says_the_same_is_shown_once(
    searcher: Searcher, knowledge: Any, guild_id: int, variant: str, shown: int, remark: str
) -> None:
    await knowledge.add(guild_id, "handbook.txt", [HANDBOOK])
    await knowledge.add(guild_id, "copy.txt", [variant])
    found = await searcher.find(guild_id, "Which port does the web server listen on?")
    assert len(found.passages) == shown, remark


async def test_of_near_duplicates_the_one_asked_for_stays(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    await knowledge.add(guild_id, "plain.txt", [HANDBOOK])
    await knowledge.add(guild_id, "proxy.txt", [HANDBOOK + " This holds for proxies."])
    found = await searcher.find(guild_id, "Where are the logs written, for proxies?")
    assert [passage.title for passage in found.passages] == ["proxy.txt"]


async def test_many_copies_leave_room_for_the_rest(
    searcher: Searcher, knowledge: Any, facts: int
) -> None:
    alone = await searcher.find(facts, "When was the Eiffel Tower finished?", k=3)
    for number in range(30):
        await knowledge.add(facts, f"copy-{number}.txt", [FACTS[2]])
    found = await searcher.find(facts, "When was the Eiffel Tower finished?", k=3)
    assert len({passage.text for passage in found.passages}) == 3
    # Copies are no rivals of what they copy.
    assert found.evidence >= alone.evidence - 0.05
