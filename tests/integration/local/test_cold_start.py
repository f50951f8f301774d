from functions.local.benchmarks.cold_start import PROGRAMS, measure


def test_a_cold_start_is_measured_beside_a_bare_program() -> None:
    figures = measure(1)

    assert figures["runs"] == 1
    for name in PROGRAMS:
        assert 0 < figures[name]["minimum_ms"] <= figures[name]["median_ms"]
        assert figures[name]["median_ms"] <= figures[name]["maximum_ms"]
    assert figures["ratio"] > 0
