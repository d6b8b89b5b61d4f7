"""``flywheel case`` runs one block over seeds, keeps what came out, and takes any case."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from experiments.case import case_command, read_case
from experiments.case.runs import NO_TRIALS, run_all
from experiments.config import Config, load
from experiments.errors import UsageError
from experiments.store import simulate
from sim.world import WAYS

ROOT = Path(__file__).parents[2]
CASE = ROOT / "configs" / "case.toml"
QUICK = ("diffusion.adopters=200", "run.months=20")
FILES = {
    "patterns.csv", "runs.csv", "releases.csv", "dictionary.csv", "config.toml", "manifest.json", "patterns.png",
}  # fmt: skip


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_runs_bring_out_the_dated_releases_as_the_facts_drive_them() -> None:
    config = load(CASE, ["run.months=20"])
    case, slots = read_case("deepseek", config.parameters), config.parameters.architecture.slots
    runs = run_all(config, 3, case.readings)
    for name, row in zip(case.facts.releases, runs.releases[0], strict=False):
        assert row.month >= case.facts.month(case.facts.releases[name])
        came = {one.slot for one in case.facts.modules if (one.product, one.relation) == (name, "introduces")}
        assert all(WAYS[row.ways[slots.index(slot)]] == "made" for slot in came)
        # Algorithms and systems weigh 6 and 3 of 9.
        assert row.cost == pytest.approx((6 * row.algorithms + 3 * row.systems) / 9)
    assert all(np.isfinite(one.value(runs.readings)).all() for one in (*case.patterns, *case.questions))
    users = simulate(config, 2).tables.record["users"]  # a block does what a model does alone
    assert runs.readings["users_at_19"][2] == users[18] > 0.0


def test_without_trials_nothing_is_redesigned() -> None:
    given = load(CASE, QUICK).parameters.replace(NO_TRIALS)
    names = [f"{column}_at_20" for column in ("events_patched", "events_imitated", "development_trials", "independent")]
    assert all(values == 0.0 for values in run_all(Config(given), 1, names).readings.values())


def test_command_writes_everything_and_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        assert case_command(CASE, seeds=3, out=folder, changes=QUICK) == 0
    said = capsys.readouterr().out
    assert "of 11 patterns met" in said
    assert max(len(line) for line in said.splitlines() if not line.startswith("Result in")) <= 80
    assert {path.name for path in one.iterdir()} == FILES
    for name in FILES - {"manifest.json"}:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert json.loads((one / "manifest.json").read_text())["seed"] == "0-2"
    described = table_of(one / "dictionary.csv")
    for name in ("patterns.csv", "runs.csv", "releases.csv"):
        assert list(table_of(one / name)[0]) == [row["column"] for row in described if row["file"] == name]
    _shares_follow_from_the_runs(one)


def _shares_follow_from_the_runs(folder: Path) -> None:
    near = dict[str, list[bool]]()
    for row in table_of(folder / "runs.csv"):
        near.setdefault(row["pattern"], []).append(float(row["discrepancies"]) <= 2.0)
    told = {row["pattern"]: row for row in table_of(folder / "patterns.csv")}
    assert list(told) == [*near, "all"]
    for name, within in near.items():
        assert float(told[name]["share"]) == pytest.approx(np.mean(within))
        assert told[name]["met"] == str(int(np.mean(within) >= 0.5))
    whole = np.mean([all(seed) for seed in zip(*near.values(), strict=True)])
    assert float(told["all"]["share"]) == pytest.approx(whole)


def test_another_case_is_data_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert case_command(ROOT / "configs" / "example_case.toml", 5, tmp_path / "out", case="example") == 0
    assert "of 6 patterns met" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert {row["release"] for row in table_of(tmp_path / "out" / "releases.csv")} >= {"Pomona 1", "Pomona 3"}


@pytest.mark.parametrize(
    ("config", "seeds", "changes", "case", "message"),
    [
        (CASE, 0, (), "deepseek", "--seeds: must be a whole number of 1 or more"),
        (ROOT / "configs" / "baseline.toml", 1, (), "deepseek", "brings out no 'DeepSeek Coder'"),
        (CASE, 1, ("run.months=18",), "deepseek", "is month 19, and run.months is 18"),
        (CASE, 1, (), "exampel", r"did you mean example\?"),
    ],
)
def test_refused(
    config: Path, seeds: int, changes: tuple[str, ...], case: str, message: str, tmp_path: Path
) -> None:  # fmt: skip
    with pytest.raises(UsageError, match=message):
        case_command(config, seeds, tmp_path / "out", changes, case)
    assert not list(tmp_path.iterdir())
