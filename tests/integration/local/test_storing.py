from functions.local.benchmarks import storing


async def test_both_sides_store_the_same_passages() -> None:
    steps: list[int] = []
    figures = await storing.measure(3, steps.append)
    # The first document only warms both sides up.
    assert figures["passages"] == 2 * storing.PASSAGES_OF_DOCUMENT
    assert figures["ratio"] > 0
    assert steps == [1, 2, 3]
