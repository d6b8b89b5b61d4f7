"""What results/ shows was made by this code: its first seeds, run again, give the same figures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from experiments.case import case_command

ROOT = Path(__file__).parents[1]


def _rows(folder: Path, seeds: int) -> list[dict[str, str]]:
    with (folder / "runs.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["seed"]) < seeds]


def test_the_case_in_results_is_not_stale(tmp_path: Path) -> None:
    case_command(None, 2, tmp_path / "case", [])
    kept, now = _rows(ROOT / "results" / "case", 2), _rows(tmp_path / "case", 2)
    assert len(kept) == len(now) > 0
    for old, new in zip(kept, now, strict=True):
        for name, value in old.items():
            assert _same(value, new[name]), f"{name}: stale; re-make it: flywheel case --out results/case"


def _same(old: str, new: str) -> bool:
    try:
        return float(new) == pytest.approx(float(old), rel=1e-9)
    except ValueError:
        return new == old
