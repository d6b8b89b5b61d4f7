"""Exports are believed by the ledger's checksum alone; what is not as exported is said, and the ledger read instead."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import experiments
from experiments.analysis.command import analyse_command
from experiments.errors import RunError
from experiments.sweep import export
from experiments.sweep.repair import repair
from tests.sweep.stores import carry_out, change, exports

RUNS, SERIES = "runs.parquet", "series.parquet"


def multiplied(path: Path) -> None:
    """Write it again with pyarrow, its schema kept and its last column a thousand times what it was."""
    table = pq.read_table(path)
    last = table.num_columns - 1
    pq.write_table(table.set_column(last, table.schema.field(last), pc.multiply(table.column(last), 1000.0)), path)


def by_pandas(path: Path) -> None:
    """Write it again with pandas, in another order."""
    frame = pd.read_parquet(path)
    frame.sort_values(list(frame)[-1]).to_parquet(path)


def flipped(path: Path) -> None:
    """Flip a bit in the data."""
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


def linked(path: Path) -> None:
    """Put a link to a copy in its place."""
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def a_folder(path: Path) -> None:
    """Put a folder in its place."""
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    """Put a pipe in its place, which gives nothing to who waits for it."""
    path.unlink()
    os.mkfifo(path)


HARMS: dict[str, Callable[[Path], Any]] = {
    "arrow": multiplied,
    "pandas": by_pandas,
    "flip": flipped,
    "garbage": lambda path: path.write_bytes(b"PAR1" * 99),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "link": linked,
    "folder": a_folder,
    "pipe": a_pipe,
}


@pytest.mark.parametrize("name", [RUNS, SERIES])
@pytest.mark.parametrize("harm", HARMS)
def test_what_is_not_as_exported_is_said_and_not_read(
    whole: Path, store: Path, name: str, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    HARMS[harm](store / name)
    results, expected = experiments.load(store), experiments.load(whole / "s")
    assert results.runs.equals(expected.runs)
    assert results.series.equals(expected.series)
    assert results.read_series(("month", "users")).equals(expected.read_series(("month", "users")))
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"flywheel: {store}: {name} is ")
    first = "move it away, and " if harm in ("link", "folder", "pipe") else ""
    assert said.endswith(f"so the ledger is read in its place; {first}the sweep's command makes it again")


def test_an_analysis_is_of_the_ledger_not_of_a_rewritten_export(
    whole: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.analysis.importance._TREES", 4)
    multiplied(store / RUNS)
    last = ["mean.unit_cost"]
    analyse_command(store, last, out=tmp_path / "harmed")
    analyse_command(whole / "s", last, out=tmp_path / "right")
    name = "indices.csv"
    assert (tmp_path / "harmed" / name).read_bytes() == (tmp_path / "right" / name).read_bytes()


@pytest.mark.parametrize("how", ["replaced", "written to"])
def test_a_file_that_changes_between_check_and_reading_is_not_read(
    whole: Path, store: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replaced after it was opened, what was checked is read; written to in place, nothing of it is believed."""
    path, checked = store / RUNS, export.hashlib.file_digest

    def late(file: Any, kind: str) -> Any:
        digest = checked(file, kind)
        if how == "replaced":
            multiplied(shutil.copy(path, store / "other"))
            (store / "other").replace(path)
        else:
            flipped(path)
        return digest

    with monkeypatch.context() as patched:
        patched.setattr(export.hashlib, "file_digest", late)
        assert experiments.load(store).runs.equals(experiments.load(whole / "s").runs)


@pytest.mark.parametrize("note", ["'none'", "'{}'", "'[]'", "'{\"runs.parquet\": null}'", '\'{"../x": "y"}\''])
def test_a_ledger_that_notes_no_checksum_is_read_itself(
    whole: Path, store: Path, note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    multiplied(store / RUNS)
    change(store, f"UPDATE meta SET value = {note} WHERE key = 'exported'", "DELETE FROM meta WHERE value = 'none'")
    assert experiments.load(store).runs.equals(experiments.load(whole / "s").runs)
    assert capsys.readouterr().err == ""
    list(repair(store))
    carry_out(store.parent / "design.toml", store)
    assert exports(store) == exports(whole / "s")


def test_damaged_outcomes_are_never_shown(store: Path) -> None:
    (store / RUNS).unlink()
    flipped(next((store / "parts").iterdir()))
    with pytest.raises(RunError, match=r"part parts/\w+\.arrow is damaged; 'flywheel repair"):
        _ = experiments.load(store).runs


@pytest.mark.parametrize("name", [RUNS, SERIES, "design.toml", "config.toml", "manifest.json"])
@pytest.mark.parametrize("harm", ["flip", "empty", "gone"])
def test_repair_looks_at_every_file_and_the_sweep_makes_it_again(
    whole: Path, store: Path, name: str, harm: str
) -> None:
    HARMS[harm](store / name)
    assert list(repair(store)) == [
        f"{name} is damaged: the sweep's command makes it again", "the sweep's command does the rest"
    ]  # fmt: skip
    carry_out(store.parent / "design.toml", store)
    assert list(repair(store)) == ["nothing is damaged"]
    assert exports(store) == exports(whole / "s")


def test_a_system_without_allocation_of_files_exports_the_same(
    whole: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS, which also has no calls for the processors that a process may use."""
    for name in ("posix_fallocate", "posix_fadvise", "sched_getaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    (store / SERIES).unlink()
    carry_out(store.parent / "design.toml", store, engine="serial")
    assert exports(store) == exports(whole / "s")


def test_a_file_system_that_cannot_allocate_exports_the_same(
    whole: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", refused, raising=False)
    (store / SERIES).unlink()
    carry_out(store.parent / "design.toml", store)
    assert exports(store) == exports(whole / "s")
