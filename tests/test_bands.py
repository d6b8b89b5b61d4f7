"""Bands and paired differences: right, the same on any number of workers, and in a folder that is ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.bands.command import over_seeds
from experiments.bands.numbers import bands_of, differences_of
from experiments.bands.worlds import observe, read_world
from experiments.config import load
from experiments.errors import UsageError
from experiments.store import series_of, simulate, write_config
from sim.outcomes import COLUMNS

ROOT = Path(__file__).parents[1]
BASELINE, OTHER = ROOT / "configs/baseline.toml", ROOT / "configs/worlds/no_flywheel.toml"
SMALL = ["diffusion.adopters=50"]
pytestmark = pytest.mark.usefixtures("compiled")


def test_differences_are_paired_and_missing_pairs_left_out() -> None:
    first = np.array([1.0, 5.0, 9.0, np.nan]).reshape(4, 1, 1)
    found = differences_of(first, first + np.array([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1))
    assert (found.seeds.item(), found.mean.item()) == (3, 2.0)
    assert found.high.item() - 2.0 == pytest.approx(4.302652729911275 / np.sqrt(3.0))  # Student's t with 2
    nothing = bands_of(np.full((3, 1, 1), np.nan))
    assert nothing.seeds.item() == 0
    assert np.isnan(nothing.median).all()
    assert np.isnan(differences_of(first[:1], first[:1]).low).all()


def test_a_band_is_of_the_runs_that_run_gives() -> None:
    world = read_world(BASELINE, SMALL, 6)
    seen = observe(world, range(3, 6), workers=2)
    assert np.array_equal(seen, observe(world, range(3, 6), workers=1), equal_nan=True)
    alone = series_of(simulate(load(BASELINE, SMALL, 6), 4))
    assert np.array_equal(seen[1], alone[[column.name for column in COLUMNS]].to_numpy(dtype=float), equal_nan=True)


def test_compare_keeps_tables_of_both_and_refuses_worlds_of_other_length(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert over_seeds([BASELINE, OTHER], 4, 0, 6, SMALL, out, figures=False) == 0
    assert "B - A" in capsys.readouterr().out
    ends = pd.read_csv(out / "ends.csv").set_index(["world", "seed"])["users"]
    last = pd.read_csv(out / "differences.csv").query("month == 6 and outcome == 'users'").iloc[0]
    assert last.difference == pytest.approx((ends["B"] - ends["A"]).mean())
    before = {path: path.read_bytes() for path in out.rglob("*.csv")}
    assert over_seeds([out / "A", out / "B"], 4, out=out.with_name("two"), figures=False, workers=1) == 0
    assert all((out.with_name("two") / path.relative_to(out)).read_bytes() == data for path, data in before.items())
    (tmp_path / "long").mkdir()
    write_config(tmp_path / "long", load(BASELINE, SMALL, 7))
    with pytest.raises(UsageError, match="A runs 6 months, B 7; give both the same length with --months"):
        over_seeds([out / "A", tmp_path / "long"], 2)
    with pytest.raises(UsageError, match="holds results of another kind"):
        over_seeds([BASELINE], 2, 0, 6, SMALL, out, figures=False)
    with pytest.raises(UsageError, match=r"has no config\.toml"):
        read_world(tmp_path)


def test_run_with_seeds_draws_bands(tmp_path: Path) -> None:
    assert over_seeds([BASELINE], 3, 5, 6, SMALL, tmp_path / "out") == 0
    assert (tmp_path / "out/figures/costs.png").is_file()
    bands = pd.read_csv(tmp_path / "out/bands.csv")
    assert list(bands.columns) == ["month", "outcome", "seeds", "mean", "low", "median", "high"]
    assert (bands.low <= bands.high).sum() == bands.low.notna().sum()
    assert list(pd.read_csv(tmp_path / "out/ends.csv")["seed"]) == [5, 6, 7]
