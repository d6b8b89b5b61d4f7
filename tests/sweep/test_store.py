"""The store: what it holds, what harms it, how that is found and mended, and who is kept out."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import experiments
from experiments.errors import RunError, UsageError
from experiments.sweep import files, parts
from experiments.sweep.ledger import Ledger
from experiments.sweep.repair import repair
from experiments.sweep.status import status
from tests.cli.test_cli import flywheel, in_one_process
from tests.sweep.jobs import SLOW, quick
from tests.sweep.stores import ask, carry_out, change, driver, exports, grid, spoil, write


def again(store: Path) -> Any:
    return carry_out(store.parent / "design.toml", store)


def test_frames_hold_what_the_tasks_returned(whole: Path) -> None:
    results = experiments.load(whole / "s")
    runs, frames = results.runs, results.series
    assert list(runs)[:8] == [
        "run_id", "point", "replicate", "seed", "status", "error", "flywheel.elasticity", "rival.count"
    ]  # fmt: skip
    assert [tuple(row) for row in runs[["point", "replicate"]].to_numpy()] == [
        (p, r) for p in range(10) for r in range(3)
    ]
    assert (runs.status == "done").all()
    assert runs["rival.count"].dtype == np.int64
    from sim.parameters import Parameters

    for row in (runs.iloc[0], runs.iloc[17]):
        changes = {key: row[key] for key in ("flywheel.elasticity", "rival.count")}
        observed = quick(Parameters().replace(changes), int(row.seed), None)
        assert row["final.unit_cost"] == observed["unit_cost"][-1]
        assert row["mean.unit_cost"] == math.fsum(observed["unit_cost"]) / 3
        assert frames.loc[frames.run_id == row.run_id, "users"].tolist() == observed["users"]
        assert math.isnan(row["final.rival_cash"])
        assert math.copysign(1.0, row["final.gap"]) == 1.0
    assert runs.attrs["columns"]["final.users"] == {
        "unit": "adopters", "description": "at the last month: users of the focal product"
    }  # fmt: skip
    assert runs.attrs["flywheel"]["design"]["kind"] == "grid"


def test_live_frames_are_the_exported_ones(store: Path) -> None:
    exported = experiments.load(store)
    runs, frames = exported.runs, exported.series
    with closing(sqlite3.connect(store / "ledger.sqlite")) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'exported'")
    live = experiments.load(store)
    assert live.runs.equals(runs)
    assert live.series.equals(frames)


def test_manifest_names_every_file(whole: Path) -> None:
    manifest = json.loads((whole / "s" / "manifest.json").read_text())
    known = {"manifest.json", "ledger.sqlite", "driver.lock", "progress.json", *manifest["sha256"]}
    assert {p.relative_to(whole / "s").as_posix() for p in (whole / "s").rglob("*") if p.is_file()} == known
    assert all(files.checksum(whole / "s" / name) == digest for name, digest in manifest["sha256"].items())
    assert (whole / "s" / "design.toml").read_bytes() == (whole / "design.toml").read_bytes()
    assert manifest["sessions"][0]["outcome"] == "ended"
    assert manifest["design"]["kind"] == "grid"
    for path in (whole / "s").rglob("*.parquet"):
        assert b"pandas" not in (pq.read_schema(path).metadata or {})


@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_part_is_named_and_its_runs_alone_done_again(store: Path, harm: str) -> None:
    before = exports(store)
    (name, runs), *_ = ask(
        store, "SELECT name, count(*) FROM parts JOIN runs ON runs.part = parts.id GROUP BY parts.id"
    )
    path = store / parts.FOLDER / name
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[random.Random(1).randrange(len(content))] ^= 4
        path.write_bytes(content)
    elif harm == "cut":
        path.write_bytes(content[:-9])
    else:
        path.unlink()
    kind = "missing" if harm == "gone" else "damaged"
    said = list(repair(store))
    assert said[0] == f"part parts/{name} is {kind}: {runs} runs planned again"
    assert ask(store, "SELECT count(*) FROM runs WHERE status = 'planned'") == [(runs,)]
    again(store)
    assert exports(store) == before
    assert list(repair(store)) == ["nothing is damaged"]


def test_export_never_reads_a_damaged_part(store: Path) -> None:
    ((name,), *_) = ask(store, "SELECT name FROM parts")
    (store / parts.FOLDER / name).write_bytes(b"PAR1")
    (store / "series.parquet").unlink()
    with pytest.raises(RunError, match=rf"part parts/{name} is damaged; 'flywheel repair"):
        again(store)


def test_damaged_outcomes_and_exports_are_found(store: Path) -> None:
    before = exports(store)
    spoil(store, 3, "final.users", 7.0)
    spoil(store, 5, "mean.gap", 7.0)
    (store / "runs.parquet").write_bytes(b"")
    assert list(repair(store))[:2] == [
        "outcomes are not as they were kept: 2 runs planned again",
        "2 runs to do again: the sweep's command does them",
    ]
    again(store)
    assert exports(store) == before
    (store / "series.parquet").write_bytes(b"")
    assert next(repair(store)) == "series.parquet is damaged: the sweep's command makes it again"
    again(store)
    assert exports(store) == before


def test_a_ruined_ledger_is_one_line(store: Path) -> None:
    (store / "ledger.sqlite").write_bytes(b"x" * 5000)
    for call in (lambda: again(store), lambda: list(repair(store)), lambda: experiments.load(store)):
        with pytest.raises(RunError, match=r"ledger\.sqlite is damaged .* move the folder aside") as caught:
            call()
        assert len(caught.value.lines) == 1


@pytest.mark.parametrize("found", [1, 2, 4])
def test_a_store_of_another_edition_is_refused_and_left_as_it_is(store: Path, found: int) -> None:
    change(store, f"UPDATE meta SET value = '{found}' WHERE key = 'format'")
    before = exports(store), ask(store, "SELECT * FROM meta")
    for call in (lambda: again(store), lambda: list(repair(store)), lambda: experiments.load(store)):
        with pytest.raises(UsageError, match=rf"edition, of format {found}, where this one reads 3: do") as caught:
            call()
        assert len(caught.value.lines) == 1
    assert before == (exports(store), ask(store, "SELECT * FROM meta"))


def test_strays_of_a_killed_driver_are_removed(store: Path) -> None:
    part = f"{'0a' * 10}.arrow"
    left = [store / name for name in (".runs.parquet.1.tmp", f"parts/.{part}.12-0f.tmp", f"parts/{part}")]
    for path in left:
        path.write_text("half")
    again(store)
    assert not [path for path in left if path.exists()]


def test_status_and_pairing(store: Path) -> None:
    said = "\n".join(status(store))
    assert "grid of 10 points in 2 factors, 3 replicates (revision 1" in said
    assert "runs: 30 done, 0 failed, 0 left of 30" in said
    assert "driver: none at work" in said
    pairing = {each["outcome"]: each for each in json.loads((store / "manifest.json").read_text())["pairing"]}
    assert pairing["final.users"]["correlation"] == pytest.approx(1.0)
    assert pairing["final.users"]["points"] == 10
    runs = experiments.load(store).runs.pivot(index="replicate", columns="point", values="final.unit_cost")
    apart = np.corrcoef(runs.to_numpy().T)[np.triu_indices(10, 1)].mean()
    assert pairing["final.unit_cost"]["correlation"] == pytest.approx(apart)
    assert "final.rival_cash" not in pairing
    assert "warning: common random numbers do not pair for" in said


def test_points_of_a_list_are_not_held_to_pair(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("flywheel.elasticity,rival.count\n0.1,0\n0.2,4\n0.5,0\n")
    text = 'base = "base.toml"\n[design]\nkind = "list"\nfile = "points.csv"\nreplicates = 3\n'
    said = carry_out(write(tmp_path, text + '[outcomes]\nfinal = ["unit_cost"]\n'), tmp_path / "s")
    assert not [line for line in (*said, *status(tmp_path / "s")) if "common random numbers" in line]
    assert json.loads((tmp_path / "s" / "manifest.json").read_text())["pairing"] == []


def test_a_read_only_folder_is_read_and_not_written(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(list(status(store))) >= 4
    assert len(experiments.load(store).runs) == 30
    assert not list(store.glob("*-wal"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir(mode=0o500)
    with pytest.raises(RunError, match="cannot write"):
        carry_out(grid(tmp_path), tmp_path / "s")


def test_places_that_are_no_store(tmp_path: Path) -> None:
    path = grid(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        carry_out(path, tmp_path / "file")
    with pytest.raises(RunError, match="cannot write: Not a directory"):
        carry_out(path, tmp_path / "file" / "s")
    with pytest.raises(UsageError, match="is not empty and no sweep"):
        carry_out(path, tmp_path)
    with pytest.raises(UsageError, match="holds no sweep"):
        experiments.load(tmp_path)
    with pytest.raises(UsageError, match="holds no sweep"):
        list(repair(tmp_path))


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))


def test_a_full_disk_stops_with_one_line_and_resumes(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=40), tmp_path / "s"
    carry_out(grid(tmp_path, replicates=40, name="same.toml"), tmp_path / "whole")
    full = driver(path, store, "serial", SLOW, batch=10, preexec_fn=_small_files)
    _, said = full.communicate(timeout=60)
    assert full.returncode == 1
    (line,) = [line for line in said.splitlines() if not line.startswith("flywheel: ")]
    assert line.startswith(f"{store}: cannot write: ")
    assert line.endswith("what is finished is kept, and the same command resumes")
    carry_out(path, store)
    assert exports(store) == exports(tmp_path / "whole")


def test_a_second_driver_is_refused_in_one_line(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=30), tmp_path / "s"
    first = driver(path, store, "serial", SLOW, batch=1)
    wait_for(store, 1)
    with pytest.raises(RunError, match=rf"process {first.pid} on .* is working on it") as caught:
        carry_out(path, store)
    assert len(caught.value.lines) == 1
    with pytest.raises(RunError, match="is working on it"):
        list(repair(store))
    assert f"driver: process {first.pid} on " in "\n".join(status(store))
    assert len(experiments.load(store).runs) == 300
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=30)
    assert first.returncode == 130
    assert "stopped; " in said
    assert said.splitlines()[-1].endswith("are left: the same command goes on")
    assert json.loads((store / "progress.json").read_text())["state"] == "interrupted"


def wait_for(store: Path, done: int) -> int:
    """Wait until that many runs are done, and return how many are."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if (count := ask(store, "SELECT count(*) FROM runs WHERE status = 'done'")[0][0]) >= done:
                return int(count)
        except sqlite3.OperationalError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"{store} never had {done} runs done")


def test_a_killed_driver_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=20), tmp_path / "s"
    carry_out(path, tmp_path / "whole")
    killed = driver(path, store, "processes", SLOW, batch=2, workers=2)
    kept = wait_for(store, 20)
    killed.kill()
    killed.communicate(timeout=30)
    before = dict(ask(store, "SELECT run_id, seconds FROM runs WHERE status = 'done'"))
    assert kept <= len(before) < 200
    carry_out(path, store, batch=7)
    assert before.items() <= dict(ask(store, "SELECT run_id, seconds FROM runs")).items()
    assert exports(store) == exports(tmp_path / "whole")
    assert ask(store, "PRAGMA integrity_check") == [("ok",)]


def test_a_clock_set_back_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = iter(range(10**9, 0, -1000))
    monkeypatch.setattr(time, "time", lambda: float(next(past)))
    carry_out(grid(tmp_path), tmp_path / "s", batch=4)
    assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(30,)]


def test_a_rule_stops_after_whole_replicates(tmp_path: Path) -> None:
    rule = '[stop]\noutcome = "final.users"\nhalf_width = 0.8\nleast = 4\n'
    path = grid(tmp_path, replicates=100)
    path.write_text(path.read_text() + rule)
    said = [carry_out(path, tmp_path / name, engine)[0] for name, engine in (("a", "serial"), ("b", "threads"))]
    assert said[0] == said[1]
    assert "This is a rule for effort, not inference" in said[0]
    results = experiments.load(tmp_path / "a")
    stopped = results.design.replicates
    assert 4 <= stopped < 100
    assert results.design.stopped
    assert (results.runs.groupby("point").size() == stopped).all()
    assert (results.runs.status == "done").all()
    assert exports(tmp_path / "a") == exports(tmp_path / "b")
    again = carry_out(path, tmp_path / "a")
    assert not [line for line in again if "stopped" in line]
    with Ledger.read(tmp_path / "a") as ledger:
        assert ledger.counts().planned == 0


def test_the_commands_themselves(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1, levels=2, rivals=(0,), more="months = 2")
    (dry,) = in_one_process(["sweep", str(path), "--dry-run", "--out", str(tmp_path / "s")])
    assert (dry.returncode, dry.stderr) == (0, "")
    assert dry.stdout.startswith("2 runs: 2 rows of a grid design × 1 replicates\na run takes about ")
    assert not (tmp_path / "s").exists()
    done = flywheel("sweep", str(path), "--out", str(tmp_path / "s"), "--workers", "1", "--set", "reuse.lines=1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 of 2 runs done: ")
    run = ask(tmp_path / "s", "SELECT run_id FROM runs")[0][0]
    same, told, mended, wrong = in_one_process(
        ["rerun", str(tmp_path / "s"), run[:8]], ["status", str(tmp_path / "s")], ["repair", str(tmp_path / "s")],
        ["sweep", str(path), "--engine", "ray", "--out", str(tmp_path / "t")],
    )  # fmt: skip
    assert same.stdout.splitlines()[-1] == "same to the byte: outcomes and series"
    assert told.stdout.count("\n") >= 3
    assert mended.stdout == "nothing is damaged\n"
    assert not (tmp_path / "t").exists()
    assert (wrong.returncode, wrong.stderr) == (
        2, "flywheel: --engine: must be one of auto, serial, threads, processes, dask, mpi, not 'ray'\n"
    )  # fmt: skip
