"""Tables for R, SQL and pandas: names without quoting, the types of the sweep, and a codebook of all columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.config import load
from experiments.errors import UsageError
from experiments.store import result_folder, simulate, write_manifest, write_result
from experiments.sweep.handing_on import export_command, plain_names
from tests.sweep.stores import carry_out, grid

BASELINE = Path(__file__).parents[2] / "configs/baseline.toml"


def test_names_are_plain_and_never_alike() -> None:
    assert plain_names(["final.unit_cost", "a.b_c", "a_b.c", "a_b_c_2", "中", "R&D"]) == [
        "final_unit_cost", "a_b_c", "a_b_c_2", "a_b_c_2_2", "x_", "r_d",
    ]  # fmt: skip
    names = ["a_2", "a", "a.", "a-"]
    assert len(set(plain_names(names))) == len(names)


def test_a_sweep_is_exported_with_its_types(tmp_path: Path) -> None:
    store = tmp_path / "store"
    carry_out(grid(tmp_path), store)
    for csv in (True, False):
        assert export_command(store, csv, tmp_path / f"out{csv}") == 0
    written, kept = pd.read_csv(tmp_path / "outTrue/runs.csv"), pd.read_parquet(store / "runs.parquet")
    same = pd.read_parquet(tmp_path / "outFalse/runs.parquet")
    assert list(written) == list(same) == plain_names(list(kept))
    for name, own in zip(written, kept, strict=True):
        if own != "error":  # empty
            assert written[name].dtype == same[name].dtype == kept[own].dtype, name
            assert (written[name].fillna(-1) == kept[own].fillna(-1)).all()
    codebook = pd.read_csv(tmp_path / "outTrue/codebook.csv")
    series = pd.read_csv(tmp_path / "outTrue/series.csv")
    assert list(codebook[codebook.file == "runs.csv"].column) == list(written)
    assert list(codebook[codebook.file == "series.csv"].flywheel_name) == list(
        pd.read_parquet(store / "series.parquet")
    )
    assert codebook.description.notna().all()
    assert series.month.dtype == "int64"


def test_a_run_has_the_types_of_a_sweep(tmp_path: Path) -> None:
    config = load(BASELINE, ["diffusion.adopters=50"], 6)
    with result_folder(tmp_path / "run") as folder:
        write_result(folder, simulate(config, 1), config)
        write_manifest(folder, config, 1)
    series = pd.read_csv(tmp_path / "run/series.csv")
    assert {str(kind) for name, kind in series.dtypes.items() if name != "month"} == {"float64"}
    assert export_command(tmp_path / "run", False, tmp_path / "out") == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out/series.parquet"), series)
    with pytest.raises(UsageError, match="holds neither a sweep nor a run"):
        export_command(tmp_path / "out", False, tmp_path / "more")
