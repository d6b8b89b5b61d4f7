"""The case: its config says what its data say, its patterns can be missed, and its command keeps what came out."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.case import case_command, facts
from experiments.case.facts import LATEST, MERGED, SPARSE
from experiments.case.patterns import (
    ROOTS,
    Pattern,
    distances,
    growth_slows,
    halving_time,
    kept_lineages,
    patterns,
    reuse_rise,
    serving_fall,
    slows,
    users_ratio,
    values,
)
from experiments.case.runs import NO_TRIALS, CaseRun, case_parameters, default_config, run_case
from experiments.config import Config, load
from experiments.errors import UsageError
from sim.parameters import Parameters
from sim.world import WAYS, dtypes, table

ROOT = Path(__file__).parents[1]
CASE = ROOT / "configs" / "case.toml"
QUICK = ("diffusion.adopters=200", "run.months=20")
SLOTS = Parameters().architecture.slots
MADE, COPIED, REUSED, ADOPTED = range(4)


def pattern(name: str) -> Pattern:
    return next(one for one in patterns() if one.name == name)


def made_up() -> CaseRun:
    """A run that is the case itself: each lineage is kept, each operator reads its fact or a plausible value."""
    releases: dict[str, Any] = {}
    systems = {SPARSE: 8.23 / 4.49, MERGED: 1.0, LATEST: 4.87 / 4.49}
    algorithms = {SPARSE: 1 / 1.94, MERGED: 1 / 1.94 / 2.16, LATEST: 1 / 1.94 / 2.16 / 0.944}
    for number, (name, date) in enumerate(facts.releases().items()):
        row = table("releases", 1)[0]
        row.month, row.systems, row.algorithms = facts.month(date), systems.get(name, 1.0), algorithms.get(name, 1.0)
        row.ways[: len(SLOTS)] = [MADE, MADE, MADE, MADE, MADE, REUSED, *[REUSED if number > 3 else MADE] * 3]
        row.lineages[: len(SLOTS)] = range(100 * number, 100 * number + len(SLOTS))
        releases[name] = row
    for product, slot, roots in ROOTS:
        place = SLOTS.index(slot)
        releases[product].lineages[place] = releases[roots[0]].lineages[place]
    record = np.zeros(31, dtype=dtypes()["record"])
    record["frontier_cost"] = 2.0 ** (-np.arange(31) / 8.0)
    record["commons_cost"] = 3.0 ** (-np.arange(31) / 4.0)
    record["users"] = np.interp(np.arange(1, 32), *map(list, zip(*facts.integrations().items(), strict=True)))
    return CaseRun(SLOTS, releases, record)


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Data and config.


def test_config_follows_the_dated_facts() -> None:
    given = load(CASE).parameters
    schedule = {release.name: release for release in given.release.schedule}
    assert list(schedule) == list(facts.releases())
    for name, date in facts.releases().items():
        assert schedule[name].month == facts.month(date)
        assert set(schedule[name].introduces) == facts.introduced(name)
    assert set(given.demand.inherited) == facts.inherited()
    assert {fact.slot for fact in facts.modules()} == set(given.architecture.slots)
    assert case_parameters() == given
    assert default_config() == CASE


def test_config_differs_from_the_baseline_only_where_the_case_says_so() -> None:
    """So that nothing can be tuned without this test being changed."""
    case, base = load(CASE).parameters.model_dump(), Parameters().model_dump()
    differing = {f"{s}.{key}" for s, keys in case.items() for key, value in keys.items() if base[s][key] != value}
    assert differing == {"run.months", "release.schedule"}  # demand.inherited is said again, as the facts do


def test_every_fact_is_dated_sourced_and_of_the_time_before_2025() -> None:
    dates = [fact.date for fact in facts.facts()]
    assert dates == sorted(dates)
    assert max(dates).year == 2024
    assert facts.month(max(dates)) == facts.LAST_MONTH
    assert all(fact.source for fact in (*facts.facts(), *facts.modules()))
    assert all(math.isfinite(fact.value) for fact in facts.facts() if fact.kind != "release")
    assert {fact.product: fact.date for fact in facts.modules()} == facts.releases()


def test_facts_are_computed_as_the_brief_has_them() -> None:
    facts_of = {one.name: one.fact for one in patterns()}
    assert facts.yardstick_slope() == pytest.approx(0.98, abs=0.005)
    assert facts.compute(SPARSE) == pytest.approx(1.02e24, rel=0.01)
    expected = {
        "hump up": 8.23 / 4.49, "hump down": 4.87 / 8.23, "gain to V2": 1.95, "gain to V2.5": 2.16, "gain to V3": 0.94,
        "introductions": 7, "reuse": 0.34, "outside progress": 8, "diffusion": 21 / 8, "serving": 7,
    }  # fmt: skip
    assert facts_of == pytest.approx(expected, rel=0.01)


def test_roots_are_facts_of_modules() -> None:
    known = {(fact.product, fact.slot, fact.relation) for fact in facts.modules()}
    for product, slot, roots in ROOTS:
        assert (product, slot, "reuses") in known
        for root in roots:
            assert (root, slot, "inherited" if slot == "framework" else "introduces") in known


# Operators and distances.


def test_a_run_that_is_the_case_meets_every_pattern() -> None:
    assert (distances([made_up()])[0] <= 2.0).all()
    assert slows(facts.integrations())


@pytest.mark.parametrize(
    ("name", "column", "release", "factor"),
    [
        ("hump up", "systems", SPARSE, 0.7), ("hump down", "systems", LATEST, 1.4),
        ("gain to V2", "algorithms", SPARSE, 1.7), ("gain to V2.5", "algorithms", MERGED, 2.1),
        ("gain to V3", "algorithms", LATEST, 2.1),
    ],
)  # fmt: skip
def test_costs_miss_in_their_direction(name: str, column: str, release: str, factor: float) -> None:
    run = made_up()
    run.releases[release][column] *= factor
    off = pattern(name).distance(run)
    assert 2.0 < off < 3.0
    assert off == pytest.approx(abs(math.log(factor)) / pattern(name).discrepancy, abs=0.15)


def test_log_ratios_count_both_ways_alike_and_nothing_counts_as_met_that_is_not_there() -> None:
    hump, reuse = pattern("hump up"), pattern("reuse")
    assert hump.off(hump.fact * math.exp(0.32)) == pytest.approx(2.0) == hump.off(hump.fact * math.exp(-0.32))
    assert hump.plausible(2.0) == pytest.approx((hump.fact * math.exp(-0.32), hump.fact * math.exp(0.32)))
    assert reuse.off(reuse.fact - 0.28) == pytest.approx(2.0)
    run = made_up()
    run.releases.pop(SPARSE)
    missed = [one.name for one in patterns() if one.distance(run) == math.inf]
    assert missed == ["hump up", "hump down", "gain to V2", "gain to V2.5", "introductions", "reuse", "serving"]
    assert hump.off(0.0) == math.inf


@pytest.mark.parametrize(("product", "slot", "roots"), ROOTS)
def test_each_lineage_counts_and_only_its_own(product: str, slot: str, roots: tuple[str, ...]) -> None:
    run, place = made_up(), SLOTS.index(slot)
    run.releases[product].lineages[place] = 7777
    assert kept_lineages(run) == 6.0
    assert pattern("introductions").distance(run) == math.inf
    run.releases[product].lineages[place] = run.releases[roots[-1]].lineages[place]
    assert kept_lineages(run) == 7.0
    for root in roots:
        run.releases[root].ways[place] = ADOPTED
    assert kept_lineages(run) < 7.0  # an outside module is no lineage of the firm


def test_reuse_compares_halves_of_the_dated_releases() -> None:
    run = made_up()
    assert reuse_rise(run) == pytest.approx(3 / 9)
    for name in facts.releases():
        run.releases[name].ways[: len(SLOTS)] = COPIED
    assert reuse_rise(run) == 0.0
    assert pattern("reuse").distance(run) == pytest.approx(
        facts.later_less_earlier([*facts.reuse_shares().values()]) / 0.14
    )
    assert WAYS[REUSED] == "reused"


@pytest.mark.parametrize(("months", "met"), [(4.9, False), (5.1, True), (13.9, True), (14.1, False)])
def test_outside_progress_is_the_halving_time_to_the_end_of_the_facts(months: float, met: bool) -> None:
    run = made_up()
    run.record["frontier_cost"] = 2.0 ** (-np.arange(31) / months)
    run.record["frontier_cost"][facts.LAST_MONTH :] = 1e-9
    assert halving_time(run) == pytest.approx(months)
    assert pattern("outside progress").distance(run) == (0.0 if met else math.inf)
    run.record["frontier_cost"] = 2.0 ** np.arange(31)
    assert pattern("outside progress").distance(run) == math.inf


def test_diffusion_needs_the_factor_and_the_slowing() -> None:
    run, dates = made_up(), [month - 1 for month in facts.integrations()]
    assert users_ratio(run) == 21 / 8
    run.record["users"][dates] = [8, 9, 10, 15, 21]
    assert not growth_slows(run)
    assert pattern("diffusion").distance(run) == math.inf
    for last, met in ((13, False), (14.1, True), (31, True), (32, False)):
        run.record["users"][dates] = [8, 9, 12 * last / 14, 13 * last / 14, last]
        assert growth_slows(run)
        assert (pattern("diffusion").distance(run) == 0.0) == met
    run.record["users"][dates] = [0, 9, 12, 13, 14]
    assert pattern("diffusion").distance(run) == math.inf


def test_serving_is_bounded_over_the_four_months_after_v2() -> None:
    run = made_up()
    run.record["commons_cost"] = [1.0] * 12 + [0.9, 0.8, 0.7, 1 / 7.1] + [1e-9] * 15
    assert serving_fall(run) == pytest.approx(7.1)
    assert pattern("serving").distance(run) == math.inf
    run.record["commons_cost"] = 1.0
    assert pattern("serving").distance(run) == 0.0


# Runs and command.


def test_runs_bring_out_the_dated_releases_as_the_facts_drive_them() -> None:
    run = run_case(load(CASE, ["run.months=20"]), 0)
    assert list(run.releases) == list(facts.releases())
    for name, row in run.releases.items():
        assert row.month >= facts.month(facts.releases()[name])
        assert all(row.ways[SLOTS.index(slot)] == MADE for slot in facts.introduced(name))
        assert sum(run.filled(name, way) for way in WAYS) == 9
        # Algorithms and systems weigh 6 and 3 of 9.
        assert row.cost == pytest.approx((6 * row.algorithms + 3 * row.systems) / 9)
    assert np.isfinite(values([run])).all()
    assert run.record["users"][-1] > 0.0


def test_without_trials_nothing_is_redesigned() -> None:
    given = load(CASE, QUICK).parameters.replace(NO_TRIALS)
    record = run_case(Config(given), 0).record
    for column in ("events_patched", "events_imitated", "development_trials", "independent"):
        assert record[column].max() == 0.0


def test_command_writes_everything_and_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        assert case_command(CASE, seeds=3, out=folder, changes=QUICK) == 0
    said = capsys.readouterr().out
    assert "of 10 patterns met" in said
    assert all(name.title in said for name in patterns())
    assert max(len(line) for line in said.splitlines() if not line.startswith("Result in")) <= 80
    files = {path.name for path in one.iterdir()}
    assert files == {
        "patterns.csv", "runs.csv", "releases.csv", "dictionary.csv", "config.toml", "manifest.json", "patterns.png",
    }  # fmt: skip
    for name in files - {"manifest.json"}:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert json.loads((one / "manifest.json").read_text())["seed"] == "0-2"
    described = table_of(one / "dictionary.csv")
    for name in ("patterns.csv", "runs.csv", "releases.csv"):
        assert list(table_of(one / name)[0]) == [row["column"] for row in described if row["file"] == name]
    _shares_follow_from_the_runs(one)


def _shares_follow_from_the_runs(folder: Path) -> None:
    rows = table_of(folder / "runs.csv")
    near = {name: [] for name in (one.name for one in patterns())}
    for row in rows:
        near[row["pattern"]].append(float(row["discrepancies"]) <= 2.0)
    told = {row["pattern"]: row for row in table_of(folder / "patterns.csv")}
    assert list(told) == [*near, "all"]
    for name, within in near.items():
        assert float(told[name]["share"]) == pytest.approx(np.mean(within))
        assert told[name]["met"] == str(int(np.mean(within) >= 0.5))
    assert float(told["all"]["share"]) == pytest.approx(
        np.mean([all(seed) for seed in zip(*near.values(), strict=True)])
    )


@pytest.mark.parametrize(
    ("config", "seeds", "changes", "message"),
    [
        (CASE, 0, (), "--seeds: must be a whole number of 1 or more"),
        (ROOT / "configs" / "baseline.toml", 1, (), "has no 'DeepSeek Coder'"),
        (CASE, 1, ("run.months=18",), "run.months: must be 19 or more|is after the end of the run"),
    ],
)
def test_refused(config: Path, seeds: int, changes: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        case_command(config, seeds, tmp_path / "out", changes)
    assert not list(tmp_path.iterdir())
