import asyncio

import pytest

from functions.ingest.lanes import (
    QUICK,
    QUICK_SEATS,
    SLOW,
    HeavyDocumentError,
    Lanes,
    Pace,
    at_pace,
)
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import PLAIN, ParsedDocument


def _parsed(characters: int) -> ParsedDocument:
    return ParsedDocument(media_type=PLAIN, title="t", text="x" * characters, blocks=())


async def _heavy(pace: Pace) -> str:
    if pace is QUICK:
        raise HeavyDocumentError
    return "slow"


async def test_what_is_too_much_for_the_quick_lane_is_read_in_the_slow_one() -> None:
    assert await Lanes().through(_heavy) == "slow"


async def test_slow_documents_keep_no_seat_from_quick_ones() -> None:
    lanes, gate = Lanes(), asyncio.Event()

    async def endless(pace: Pace) -> None:
        if pace is QUICK:
            raise HeavyDocumentError
        await gate.wait()

    async def light(pace: Pace) -> Pace:
        return pace

    waiting = [asyncio.create_task(lanes.through(endless)) for _ in range(4 * QUICK_SEATS)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(lanes.through(light), 5) is QUICK
    gate.set()
    await asyncio.gather(*waiting)


async def test_one_slow_document_is_read_at_a_time() -> None:
    lanes, running, most = Lanes(), 0, 0

    async def slow(pace: Pace) -> None:
        nonlocal running, most
        if pace is QUICK:
            raise HeavyDocumentError
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await asyncio.gather(*(lanes.through(slow) for _ in range(8)))
    assert most == 1


async def test_a_failure_leaves_its_seat() -> None:
    lanes = Lanes()

    async def fail(_: Pace) -> None:
        raise UnreadableDocumentError("damaged")

    for _ in range(2 * QUICK_SEATS):
        with pytest.raises(UnreadableDocumentError):
            await lanes.through(fail)
    assert await lanes.through(_heavy) == "slow"


async def _parsing(result: ParsedDocument | Exception) -> ParsedDocument:
    if isinstance(result, Exception):
        raise result
    return result


async def test_only_time_and_length_make_a_document_heavy() -> None:
    assert (await at_pace(_parsing(_parsed(10)), QUICK)).text == "x" * 10
    long = _parsed((QUICK.characters or 0) + 1)
    with pytest.raises(HeavyDocumentError):
        await at_pace(_parsing(long), QUICK)
    assert await at_pace(_parsing(long), SLOW) is long
    with pytest.raises(HeavyDocumentError):
        await at_pace(_parsing(UnreadableDocumentError("too_slow")), QUICK)
    for pace, reason in ((SLOW, "too_slow"), (QUICK, "damaged"), (QUICK, "too_large")):
        with pytest.raises(UnreadableDocumentError):
            await at_pace(_parsing(UnreadableDocumentError(reason)), pace)  # type: ignore[arg-type]
