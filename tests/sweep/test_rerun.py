"""Stored runs done again: one or all of them, the same to the byte or told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli.app import app
from experiments.errors import RunError, UsageError
from experiments.sweep import plan
from experiments.sweep.rerun import rerun, rerun_all
from experiments.sweep.tasks import MODEL
from tests.cli.test_cli import flywheel, in_one_process
from tests.sweep.jobs import ALL_FAIL, BAD, QUICK
from tests.sweep.stores import ask, carry_out, change, exports, grid, spoil


def all_again(store: Path) -> list[str]:
    return list(rerun_all(store, "serial", task=QUICK))


def run_id(store: Path, number: int) -> str:
    ((found,),) = ask(store, f"SELECT run_id FROM runs WHERE id = {number}")
    return str(found)


def test_one_run_says_what_is_the_same(store: Path) -> None:
    run = run_id(store, 5)
    assert list(rerun(store, run[:10], QUICK))[-1] == "same to the byte: outcomes and series"
    spoil(store, 5, "mean.gap", 1e-300)
    with pytest.raises(RunError, match=r"differs: outcomes mean\.gap are not as stored"):
        list(rerun(store, run, QUICK))
    change(store, "UPDATE runs SET part = part + 1 WHERE id = 5")
    with pytest.raises(RunError, match=r"differs: its outcomes are in no part; 'flywheel repair' mends it"):
        list(rerun(store, run, QUICK))
    spoil(store, 6, "series.users", 1e-9)
    with pytest.raises(RunError, match=r"differs: outcomes are the same to the byte, series are not"):
        list(rerun(store, run_id(store, 6), QUICK))
    with pytest.raises(UsageError, match="no run has the id 'zz'"):
        list(rerun(store, "zz", QUICK))
    initials = [run[0] for (run,) in ask(store, "SELECT run_id FROM runs")]
    shared = max(initials, key=initials.count)
    with pytest.raises(UsageError, match="several runs have an id that begins with"):
        list(rerun(store, shared, QUICK))


def test_one_run_that_failed_or_is_not_yet_done(store: Path) -> None:
    change(store, "UPDATE runs SET status = 'failed', error = 'RuntimeError: seed 1 is no good' WHERE id = 5")
    with pytest.raises(RunError, match=r"differs: stored was RuntimeError: seed 1 is no good, now it is done"):
        list(rerun(store, run_id(store, 5), QUICK))
    change(store, "UPDATE runs SET error = 'RuntimeError: seed ' || seed || ' is no good' WHERE id = 5")
    assert list(rerun(store, run_id(store, 5), ALL_FAIL))[-1].startswith("fails as stored: RuntimeError: seed ")
    change(store, "UPDATE runs SET status = 'planned', error = NULL, part = NULL WHERE id = 5")
    for task, said in ((QUICK, "it runs"), (ALL_FAIL, "it fails: RuntimeError")):
        assert said in list(rerun(store, run_id(store, 5), task))[-1]


@pytest.mark.parametrize(("engine", "workers"), [("serial", None), ("processes", 2)])
def test_all_runs_are_the_same(store: Path, engine: str, workers: int | None) -> None:
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    said = list(rerun_all(store, engine, workers, QUICK))
    assert said == ["all 30 runs are the same to the byte: outcomes and series"]
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


def test_those_that_differ_are_named(store: Path) -> None:
    spoil(store, 5, "mean.gap", 1e-300)
    spoil(store, 17, "series.users", 1e-9)
    said: list[str] = []
    with pytest.raises(RunError, match=r"^2 of 30 runs differ from what is stored$"):
        said.extend(rerun_all(store, "serial", task=QUICK))
    assert sorted(said) == sorted([
        f"run {run_id(store, 5)} differs: outcomes mean.gap are not as stored",
        f"run {run_id(store, 17)} differs: outcomes are the same to the byte, series are not",
    ])  # fmt: skip


def test_a_damaged_part_is_named(store: Path) -> None:
    ((name,), *_) = ask(store, "SELECT name FROM parts")
    (store / "parts" / name).write_bytes(b"PAR1")
    with pytest.raises(RunError, match=rf"part parts/{name} is damaged; 'flywheel repair"):
        all_again(store)


def test_what_failed_or_is_not_yet_done_is_left_out(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=2, levels=2, rivals=(0, 1)), tmp_path / "s"
    carry_out(path, store, task=BAD)
    change(store, "UPDATE runs SET status = 'planned' WHERE id = (SELECT min(id) FROM runs WHERE status = 'done')")
    assert all_again(store) == [
        "left out: 4 runs that failed and 1 that are not yet done",
        "all 3 runs are the same to the byte: outcomes and series",
    ]
    change(store, "UPDATE runs SET status = 'planned'")
    with pytest.raises(UsageError, match="no run is done yet"):
        all_again(store)


def test_parts_with_other_columns_and_none(tmp_path: Path) -> None:
    store = tmp_path / "s"
    carry_out(grid(tmp_path, replicates=1, series=()), store)
    assert all_again(store) == ["all 10 runs are the same to the byte: outcomes; no series are kept"]
    carry_out(grid(tmp_path, replicates=2, series=("users", "gap")), store)
    carry_out(grid(tmp_path, replicates=3, series=("gap",)), store)
    assert len(ask(store, "SELECT DISTINCT columns FROM parts")) == 3
    assert all_again(store) == ["all 30 runs are the same to the byte: outcomes and series"]


def test_another_model_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((model,),) = ask(store, "SELECT DISTINCT model FROM runs")
    monkeypatch.setattr(plan, "identity", lambda _: "another")
    assert all_again(store)[0] == f"done by model {model}; this is another, so it may well differ"


def test_the_command_itself(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=1, levels=2, rivals=(0,), more="months = 2"), str(tmp_path / "s")
    carry_out(path, tmp_path / "s", task=MODEL)
    before = exports(tmp_path / "s")
    same = flywheel("rerun", store, "--all", "--engine", "serial")
    assert (same.returncode, same.stdout) == (0, "all 2 runs are the same to the byte: outcomes and series\n")
    spoil(tmp_path / "s", 1, "final.gap", 5.0)
    (other,) = in_one_process(["rerun", store, "--all", "--engine", "serial"])
    assert other.returncode == 1
    assert other.stderr.splitlines()[-1] == "flywheel: 1 of 2 runs differ from what is stored"
    assert other.stdout == f"run {run_id(tmp_path / 's', 1)} differs: outcomes final.gap are not as stored\n"
    assert exports(tmp_path / "s") == before
    for words, said in (
        ([store], "rerun: name the RUN_ID of one run, or --all for every run"),
        ([store, "abc", "--all"], "rerun: name the RUN_ID of one run, or --all for every run, not both"),
        ([store, "abc", "--engine", "serial"], "--engine: belongs to --all"),
        (
            [store, "--all", "--engine", "ray"],
            "--engine: must be one of auto, serial, threads, processes, dask, mpi, not 'ray'",
        ),
    ):
        with pytest.raises(UsageError) as caught:
            app(["rerun", *words], standalone_mode=False)
        assert str(caught.value) == said
