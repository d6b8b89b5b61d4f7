"""The benchmarks' harness on sides that lie about their time: turns, medians, ratios, verdicts; nothing is timed."""

from __future__ import annotations

import json
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.harness import Comparison, Spread, Target, compare, exponent, machine, target_table, timed, write_json


def fake(name: str, seconds: list[float], calls: list[str]) -> Callable[[], float]:
    left = iter(seconds)

    def side() -> float:
        calls.append(name)
        return next(left)

    return side


def test_sides_run_in_turns_and_each_round_begins_with_the_next() -> None:
    calls: list[str] = []
    sides = {name: fake(name, [1.0] * 4, calls) for name in "abc"}
    compare(sides, rounds=3, against="a")
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab"


def test_ratios_are_taken_within_rounds_and_the_warm_up_does_not_count() -> None:
    calls: list[str] = []
    # The machine gets three times slower in the second round: for both.
    slow, fast = fake("slow", [99.0, 8.0, 24.0, 10.0], calls), fake("fast", [99.0, 2.0, 6.0, 2.0], calls)
    found = compare({"slow": slow, "fast": fast}, rounds=3, against="fast")
    assert found.seconds == {"slow": [8.0, 24.0, 10.0], "fast": [2.0, 6.0, 2.0]}
    assert found.ratio("slow") == Spread(4.0, 4.0, 5.0)
    assert found.ratio("fast", "slow") == Spread(0.25, 0.2, 0.25)
    assert found.time("slow") == Spread(10.0, 8.0, 24.0)


def test_a_side_that_says_nothing_is_timed_from_outside() -> None:
    def silent() -> None:
        time.sleep(0.01)

    assert 0.01 <= timed(silent) < 5.0
    assert timed(lambda: 0.0) == 0.0


def test_a_comparison_needs_a_round_and_a_known_side() -> None:
    for rounds, against in [(0, "a"), (1, "b")]:
        with pytest.raises(ValueError, match="needs 1 round"):
            compare({"a": lambda: 1.0}, rounds, against)


def test_tables_say_what_was_measured() -> None:
    found = Comparison("10 things", "ours", {"ours": [2.0, 2.0, 2.0], "theirs": [3000.0, 2000.0, 4000.0]})
    lines = found.table().splitlines()
    assert lines[0].split() == ["10", "things", "seconds", "least", "most", "/", "ours", "least", "most"]
    assert lines[2].split() == ["ours", "2", "2", "2", "1"]
    assert lines[3].split() == ["theirs", "3,000", "2,000", "4,000", "1,500", "1,000", "2,000"]


@pytest.mark.parametrize(
    ("bound", "at_least", "median", "verdict"),
    [(2.0, False, 2.0, "met"), (2.0, False, 2.1, "missed"), (2.0, True, 2.0, "met"), (2.0, True, 1.9, "missed")],
)
def test_a_target_is_judged_by_the_median(bound: float, at_least: bool, median: float, verdict: str) -> None:
    target = Target("speed", bound, Spread(median, 0.0, 99.0), at_least)
    assert target.verdict == verdict
    row = target_table([target]).splitlines()[2].split()
    assert row == ["speed", "≥" if at_least else "≤", "2", f"{median:.3g}", "0", "99", verdict]


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    target = Target("speed", 2.0, None, note="takes hours")
    assert target.verdict == "not measured"
    assert target_table([target]).splitlines()[2].split() == ["speed", "≤", "2", "not", "measured", "takes", "hours"]


def test_an_exponent_is_the_slope_of_logarithms() -> None:
    assert exponent([10.0, 100.0, 1000.0], [3 * 10**1.5, 3 * 100**1.5, 3 * 1000**1.5]) == pytest.approx(1.5)


def test_the_machine_is_described_without_its_name(tmp_path: Path) -> None:
    found = machine()
    assert set(found) >= {"cpu", "cores", "memory_gb", "system", "python", "numpy", "numba", "mesa"}
    assert found["python"] == platform.python_version()
    assert found["cores"] >= 1
    assert found["memory_gb"] > 0
    write_json(tmp_path / "machine.json", found)
    text = (tmp_path / "machine.json").read_text(encoding="utf-8")
    assert json.loads(text) == found
    assert platform.node() not in re.findall(r"[\w.-]+", text)
    assert str(Path.home()) not in text
