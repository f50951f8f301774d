"""Two runs are told apart where chance does not explain the difference."""

from pathlib import Path

import numpy as np
import pytest

from functions.local.evaluation.comparing import (
    Answered,
    SavedRun,
    compare,
    read_saved,
    save,
    summary,
)
from functions.local.home import UsageError


def run(values: list[float], *, evidence: list[float] | None = None) -> dict[str, Answered]:
    said = evidence or [0.5] * len(values)
    names = ("ndcg_at_10", "recall_at_1", "recall_at_10", "mrr")
    return {
        str(number): Answered(
            figures=dict.fromkeys(names, value),
            evidence=said[number],
            answerable=None if evidence is None else number % 2 == 0,
        )
        for number, value in enumerate(values)
    }


def test_runs_that_are_alike_show_no_difference() -> None:
    one = run([0.5] * 50)
    rows = compare(one, one)
    assert {row["p"] for row in rows} == {1.0}
    assert {row["helped"] for row in rows} == {"no difference told"}
    assert summary(rows) == "No difference that chance would not make as well."


def test_a_gain_on_most_questions_is_better_and_a_loss_worse() -> None:
    before, now = run([0.4] * 40), run([0.6] * 35 + [0.4] * 5)
    rows = compare(now, before)
    assert rows[0]["difference"] == pytest.approx(0.175)
    assert all(row["p"] < 0.01 for row in rows)
    assert {row["helped"] for row in rows} == {"better"}
    assert {row["helped"] for row in compare(before, now)} == {"worse"}
    assert summary(rows).startswith("Better: ndcg_at_10")


def test_gains_and_losses_in_balance_are_left_to_chance() -> None:
    random = np.random.default_rng(1)
    now = run((0.5 + 0.1 * random.choice([-1, 1], 60)).tolist())
    assert compare(now, run([0.5] * 60))[0]["p"] > 0.05


def test_only_questions_of_both_runs_are_compared() -> None:
    before = run([0.5, 0.5])
    now = {**run([0.5, 0.5]), "new": Answered(figures={"mrr": 1.0}, evidence=1.0, answerable=None)}
    assert {row["difference"] for row in compare(now, before)} == {0.0}


def test_evidence_is_compared_by_its_order_whatever_its_scale() -> None:
    good = [0.9 if number % 2 == 0 else 0.1 for number in range(40)]
    bad = [1 - value for value in good]
    half = [value / 2 for value in good]
    (row,) = [
        r
        for r in compare(run([0.5] * 40, evidence=good), run([0.5] * 40, evidence=bad))
        if r["figure"] == "refusal_auroc"
    ]
    assert (row["now"], row["before"], row["helped"]) == (1.0, 0.0, "better")
    (row,) = [
        r
        for r in compare(run([0.5] * 40, evidence=good), run([0.5] * 40, evidence=half))
        if r["figure"] == "refusal_auroc"
    ]
    assert (row["difference"], row["p"]) == (0.0, 1.0)


def test_a_saved_run_is_read_again(tmp_path: Path) -> None:
    kept = SavedRun(sets={"s": run([0.25, 1.0])})
    save(tmp_path / "evaluations" / "base.json", kept)
    assert read_saved(tmp_path / "evaluations" / "base.json") == kept


def test_a_run_that_was_never_saved_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="“base”"):
        read_saved(tmp_path / "base.json")
