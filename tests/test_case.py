"""The case: its config says what its data say, its criteria can fail, and its command keeps what came out."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from experiments.case import case_command
from experiments.case.command import default_config
from experiments.case.facts import (
    DENSE,
    GENERATIONS,
    LATEST,
    SPARSE,
    Observation,
    active_parameters,
    date_of,
    facts,
    inherited,
    introduced,
    modules,
    month,
    observed,
    releases,
)
from experiments.case.patterns import PATTERNS, Pattern, imposed_correlation, judge, rank_correlation, shows
from experiments.case.runs import run_case
from experiments.config import load
from experiments.errors import UsageError
from sim.parameters import Parameters

ROOT = Path(__file__).parents[1]
CASE = ROOT / "configs" / "case.toml"
QUICK = ("diffusion.adopters=200", "run.months=20")


def pattern(name: str) -> Pattern:
    return next(one for one in PATTERNS if one.name == name)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Data and config.


def test_config_follows_the_dated_facts() -> None:
    given = load(CASE).parameters
    schedule = {release.name: release for release in given.release.schedule}
    assert list(schedule) == list(releases())
    for name, date in releases().items():
        assert schedule[name].month == month(date)
        assert set(schedule[name].introduces) == introduced(name)
    assert set(given.demand.inherited) == inherited()
    assert {fact.slot for fact in modules()} == set(given.architecture.slots)
    assert date_of(given.run.months).isoformat() == "2025-12-01"


def test_config_differs_from_the_baseline_only_where_the_case_says_so() -> None:
    """So that nothing can be tuned without this test being changed."""
    case, base = load(CASE).parameters.model_dump(), Parameters().model_dump()
    differing = {f"{s}.{key}" for s, keys in case.items() for key, value in keys.items() if base[s][key] != value}
    assert differing == {"run.months", "architecture.slots", "demand.inherited", "release.schedule"}


def test_every_fact_is_dated_sourced_and_of_the_time_before_2025() -> None:
    dates = [fact.date for fact in facts()]
    assert dates == sorted(dates)
    assert max(dates).year == 2024
    for fact in (*facts(), *modules()):
        assert fact.source
    assert all(math.isfinite(fact.value) for fact in facts() if fact.kind != "release")
    assert {fact.relation for fact in modules()} == {"introduces", "reuses", "inherited"}
    assert {fact.product: fact.date for fact in modules()} == releases()


def test_months_and_dates_are_inverse() -> None:
    assert [month(date_of(number)) for number in range(40)] == list(range(40))
    assert month(releases()["DeepSeek Coder"]) == 6


def test_derived_facts() -> None:
    """The hump that the brief names: 4.49, 8.23 and 4.87 thousand hours."""
    assert [round(observed().unit_cost[name], 2) for name in GENERATIONS] == [4.49, 8.23, 4.86]
    assert list(active_parameters().values()) == [67.0, 21.0, 37.0]
    assert observed().reuse_share["DeepSeek-V3"] == pytest.approx(0.6)
    assert list(observed().users.values()) == [8.0, 11.0, 16.0, 20.0, 21.0]


# Criteria.


@dataclass
class Costs:
    """Unit costs of the three generations."""

    dense: float = 1.0
    sparse: float = 1.83
    latest: float = 1.08

    def seen(self) -> Observation:
        costs = dict(zip(GENERATIONS, (self.dense, self.sparse, self.latest), strict=True))
        return observed()._replace(unit_cost=costs)


@pytest.mark.parametrize("one", PATTERNS, ids=lambda one: one.name)
def test_the_facts_show_every_pattern(one: Pattern) -> None:
    assert shows(one, observed())


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("hump", Costs(sparse=0.9).seen()),
        ("hump", Costs(latest=2.0).seen()),
        ("hump", Costs(latest=1.5).seen()),
        ("hump", Costs(sparse=math.nan).seen()),
        ("per token", Costs(sparse=3.3, latest=2.0).seen()),
        ("per token", Costs(latest=0.5).seen()),
        ("per token", Costs(latest=1.83).seen()),
        ("capability", observed()._replace(capability={DENSE: 0.5, SPARSE: 0.5, LATEST: 0.6})),
        ("capability", observed()._replace(capability={DENSE: 0.5, SPARSE: 0.6, LATEST: 0.55})),
        ("capability", observed()._replace(capability={DENSE: 0.5, SPARSE: 0.6})),
        ("reuse", observed()._replace(reuse_share=dict.fromkeys(releases(), 0.8))),
        ("reuse", observed()._replace(reuse_share={n: 1.0 - s for n, s in observed().reuse_share.items()})),
        ("growth", observed()._replace(users=dict(zip(observed().users, (8.0, 7.0, 16.0, 20.0, 21.0), strict=True)))),
        ("growth", observed()._replace(users=dict(zip(observed().users, (2.0, 4.0, 8.0, 11.0, 12.0), strict=True)))),
        ("growth", observed()._replace(users=dict(zip(observed().users, (8.0, 9.0, 10.0, 15.0, 21.0), strict=True)))),
        ("growth", observed()._replace(users=dict(zip(observed().users, (0.0, 1.0, 2.0, 3.0, 4.0), strict=True)))),
    ],
)
def test_criteria_can_fail(name: str, seen: Observation) -> None:
    assert not shows(pattern(name), seen)


def test_reuse_must_add_to_what_introductions_impose() -> None:
    imposed = {name: 1.0 - len(introduced(name)) / 9.0 for name in releases()}
    seen = observed()._replace(reuse_share=imposed)
    assert rank_correlation(seen) == imposed_correlation()
    assert not shows(pattern("reuse"), seen)


def test_a_pattern_is_met_by_the_median_and_by_half_of_the_seeds() -> None:
    hump, good, bad = pattern("hump"), Costs().seen(), Costs(sparse=0.5).seen()
    assert judge(hump, [good, good, bad], [bad]).met
    assert not judge(hump, [good, bad, bad], [bad]).met
    found = judge(hump, [good, good, bad], [bad])
    assert found.share == pytest.approx(2 / 3)
    assert found.placebo_share == 0.0
    assert found.findings[0].fact == pytest.approx(8.23 / 4.49, abs=0.01)
    # Each statement may hold for most seeds and the whole for too few of them.
    rising, costly = Costs(latest=3.0).seen(), Costs(sparse=0.99, latest=0.5).seen()
    split = judge(hump, [good, rising, costly], [])
    assert all(finding.holds for finding in split.findings)
    assert not split.met


def test_seeds_without_a_release_count_against() -> None:
    good, without = Costs().seen(), observed()._replace(unit_cost={})
    found = judge(pattern("hump"), [good, without, without], [])
    assert found.findings[0].median == pytest.approx(1.83)
    assert not found.met
    assert math.isnan(judge(pattern("hump"), [without], []).findings[0].median)


# Runs and command.


def test_runs_bring_out_the_dated_releases_as_the_facts_drive_them() -> None:
    run = run_case(load(CASE, QUICK), 0)
    assert [release.name for release in run.releases] == list(releases())
    for release in run.releases:
        assert release.filled["made"] >= len(introduced(release.name))
        assert sum(release.filled.values()) == 9
        assert (release.introduced_cost > 0.0) == bool(introduced(release.name))
        assert release.introduced_cost < release.unit_cost
        assert release.month >= month(releases()[release.name])
        assert 0.0 < release.capability < 1.0


def test_command_writes_everything_and_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        assert case_command(CASE, seeds=3, out=folder, changes=QUICK) == 0
    said = capsys.readouterr().out
    assert "of 5 patterns of the case met; 3\u00a0seeds" in said
    assert max(map(len, said.splitlines()[:30])) <= 80
    files = {path.name for path in one.iterdir()}
    assert files == {
        "patterns.csv", "runs.csv", "predictions.csv", "dictionary.csv", "config.toml", "manifest.json",
        "patterns.png", "predictions.png", "lineage_seed_0.png",
    }  # fmt: skip
    for name in files - {"manifest.json"}:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert json.loads((one / "manifest.json").read_text())["seed"] == "0-2"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

    described = table(one / "dictionary.csv")
    for name in ("patterns.csv", "runs.csv", "predictions.csv"):
        rows = table(one / name)
        assert list(rows[0]) == [row["column"] for row in described if row["file"] == name]
    patterns = table(one / "patterns.csv")
    assert [row["pattern"] for row in patterns if row["statement"] == "all"] == [one.name for one in PATTERNS]
    runs = table(one / "runs.csv")
    assert [row["release"] for row in runs if row["seed"] == "2"][:8] == list(releases())


def test_default_config_is_the_projects_own() -> None:
    assert default_config() == CASE


@pytest.mark.parametrize(
    ("config", "seeds", "changes", "message"),
    [
        (CASE, 0, (), "--seeds: must be a whole number of 1 or more"),
        (ROOT / "configs" / "baseline.toml", 1, (), "has no 'DeepSeek Coder'"),
        (CASE, 1, ("run.months=18",), "run.months: must be 19 or more"),
    ],
)
def test_refused(config: Path, seeds: int, changes: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        case_command(config, seeds, tmp_path / "out", changes)
    assert not list(tmp_path.iterdir())
