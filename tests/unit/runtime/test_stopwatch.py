from functions.runtime.stopwatch import Stopwatch


def test_every_stage_and_the_total_are_named() -> None:
    watch = Stopwatch()
    with watch.stage("first"), watch.stage("second"):
        pass
    timings = watch.timings_ms()
    assert set(timings) == {"first", "second", "total"}
    assert min(timings.values()) >= 0
