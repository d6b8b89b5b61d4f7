"""Workers of this machine: what they may do, how long, and how the driver is stopped; and what a sweep will cost."""

from __future__ import annotations

import errno
import os
import re
import signal
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import pytest

import experiments
from experiments.errors import RunError
from experiments.sweep.engines import open_engine
from experiments.sweep.estimate import estimate
from experiments.sweep.limits import RunTimeout, time_limit
from experiments.sweep.progress import duration
from experiments.sweep.session import Options, sweep
from tests.sweep import odd
from tests.sweep.jobs import QUICK, SLOW
from tests.sweep.stores import ask, carry_out, driver, exports, grid, read
from tests.sweep.test_store import wait_for

ODD = "tests.sweep.odd:"


@pytest.mark.parametrize("by", [3600, -3600])
def test_a_clock_that_is_set_condemns_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    real, begun = time.time, tmp_path / "begun"
    monkeypatch.setenv("FLYWHEEL_TEST_ONCE", str(begun))
    monkeypatch.setattr(time, "time", lambda: real() + by * begun.exists())
    path = grid(tmp_path, replicates=1, levels=1, rivals=(0,))
    carry_out(path, tmp_path / "s", "processes", ODD + "second_long", workers=1, limit=30.0)
    assert (experiments.load(tmp_path / "s").runs.status == "done").all()


def test_loading_is_no_part_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.engines.processes._GRACE", 0.2)
    path = grid(tmp_path, replicates=1, levels=1)
    carry_out(path, tmp_path / "s", "processes", "tests.sweep.slow_to_load:quick", workers=1, batch=1, limit=0.5)
    assert ask(tmp_path / "s", "SELECT DISTINCT error FROM runs") == [(None,)]


def test_a_run_that_ends_its_process_holds_nobody_up(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1, levels=1, rivals=range(5))
    began = time.monotonic()
    carry_out(path, tmp_path / "s", "processes", ODD + "ends", workers=2)
    runs = experiments.load(tmp_path / "s").runs
    died = "WorkerDied: its worker died each of the 3 times it was tried"
    said = {0: "", odd.EXITS: died, odd.ASKS: "SystemExit: 0", odd.LEAVES_A_CHILD: died, odd.CLOSES_ALL: died}
    assert dict(zip(runs["rival.count"], runs.error.fillna(""), strict=True)) == said
    assert time.monotonic() - began < 50  # a child that was left behind sleeps for longer


def test_the_engine_says_how_a_worker_died() -> None:
    with open_engine("processes", 1) as engine:
        for call, how in (((os._exit, 0), "ended with exit code 0"), ((os.abort,), "was killed by SIGABRT")):
            with pytest.raises(BrokenExecutor, match=how):
                engine.executor.submit(*call).result(timeout=30)


def test_a_process_that_was_stopped_loses_no_time_of_its_run() -> None:
    with open_engine("processes", 2) as engine:
        stopped = [engine.executor.submit(odd.stopped_within_limit, thread) for thread in (False, True)]
        assert [each.result(timeout=60) for each in stopped] == ["done", "done"]


def test_a_limit_counts_work_that_hears_nothing() -> None:
    began = time.monotonic()
    with pytest.raises(RunTimeout), time_limit(0.3):
        odd.compute_on(0.2)
    assert time.monotonic() - began < 5


def test_a_run_in_a_stopped_worker_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.engines.processes._GRACE", 0.5)
    monkeypatch.setenv("FLYWHEEL_TEST_ONCE", str(tmp_path / "once"))
    path = grid(tmp_path, replicates=1, levels=1)
    carry_out(path, tmp_path / "s", "processes", ODD + "stops_once", workers=1, batch=1, limit=1.0)
    assert ask(tmp_path / "s", "SELECT DISTINCT error FROM runs") == [(None,)]
    assert (tmp_path / "once").exists()


@pytest.mark.slow
def test_a_driver_that_was_asleep_ends_no_run(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=3, levels=2)
    running = driver(path, tmp_path / "s", "processes", ODD + "second_long", workers=2, limit=3.0, batch=1)
    wait_for(tmp_path / "s", 1)
    os.kill(running.pid, signal.SIGSTOP)
    time.sleep(9)  # longer than the limit and the grace
    os.kill(running.pid, signal.SIGCONT)
    _, said = running.communicate(timeout=90)
    assert running.returncode == 0, said
    assert ask(tmp_path / "s", "SELECT DISTINCT error FROM runs") == [(None,)]


@pytest.mark.parametrize(
    ("engine", "task", "number"),
    [
        ("serial", "hangs", signal.SIGINT), ("serial", "hangs_in_compiled_code", signal.SIGTERM),
        ("processes", "hangs", signal.SIGTERM), ("processes", "hangs_in_compiled_code", signal.SIGINT),
        ("threads", "hangs_in_compiled_code", signal.SIGTERM),
    ],
)  # fmt: skip
def test_a_second_signal_ends_a_driver_whose_run_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, task: str, number: int
) -> None:
    hangs = tmp_path / "hangs"
    monkeypatch.setenv("FLYWHEEL_TEST_ONCE", str(hangs))
    path = grid(tmp_path, replicates=1, levels=1, rivals=(0, 2))
    running = driver(path, tmp_path / "s", engine, ODD + task)
    until = time.monotonic() + 60
    while not hangs.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    for _ in range(2):
        running.send_signal(number)
        time.sleep(0.5)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 128 + number, said
    assert said.endswith(": the same command goes on\n")
    if (engine, task) == ("serial", "hangs"):
        assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(1,)]
    carry_out(path, tmp_path / "s")
    carry_out(path, tmp_path / "clean")
    assert exports(tmp_path / "s") == exports(tmp_path / "clean")


def test_a_run_that_ends_the_driver_is_found_where_workers_are_processes(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=1, levels=1, rivals=(0, 3)), tmp_path / "s"
    running = driver(path, store, "serial", ODD + "kill", batch=1)
    running.communicate(timeout=60)
    assert running.returncode == -signal.SIGKILL
    carry_out(path, store, "processes", ODD + "kill", workers=1)
    runs = experiments.load(store).runs
    assert ((runs.status == "failed") == (runs["rival.count"] == 3)).all()


def test_one_termination_that_comes_twice_at_once_is_one(tmp_path: Path) -> None:
    running = driver(grid(tmp_path, replicates=50), tmp_path / "s", "processes", SLOW, workers=2)
    wait_for(tmp_path / "s", 1)
    for _ in range(2):
        running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 128 + signal.SIGTERM
    assert "runs are kept" in said or "1 run is kept" in said


def test_a_pool_in_a_deleted_folder_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(RunError, match="the working folder was deleted"), open_engine("processes", 1):
        pass


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EAGAIN, "temporarily unavailable"), (errno.ENOMEM, "memory"), (errno.EMFILE, "open files")],
)
def test_a_pool_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    def refused(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refused)
    with pytest.raises(RunError, match=said) as caught, open_engine("processes", 1):
        pass
    assert len(caught.value.lines) == 1


def test_workers_that_die_as_they_start_say_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.engines.processes._serve", odd.die)
    how = "workers die as they start: the last one was killed by SIGKILL"
    with pytest.raises(RunError, match=how), open_engine("processes", 1):
        pass


def test_a_pool_needs_no_place_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    carry_out(grid(tmp_path), tmp_path / "s", "processes", QUICK, workers=1)


def test_what_a_run_started_ends_with_its_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_TEST_ONCE", str(tmp_path / "pid"))
    with open_engine("processes", 1) as engine:
        child = engine.executor.submit(odd.start_a_child).result(timeout=30)
    until = time.monotonic() + 20
    while _runs(child):
        assert time.monotonic() < until
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


# What a sweep will cost.

HUGE = """
base = "base.toml"
[design]
kind = "latin-hypercube"
points = 100_000_000
replicates = 100
[[factor]]
key = "flywheel.elasticity"
range = [0.0, 0.6]
[outcomes]
series = ["unit_cost"]
"""


def test_an_estimate_counts_the_start_of_workers(tmp_path: Path) -> None:
    options = Options(engine="processes", task=ODD + "second_long", workers=2)
    said = list(estimate(read(tmp_path, LITTLE), tmp_path / "s", options))
    total, start = re.search(r"about ([\d.]+) s in total, .* ([\d.]+) s of it to start up", said[1]).groups()  # type: ignore[union-attr]
    assert float(start) > 0.1  # a worker is a Python that loads NumPy
    assert float(total) == pytest.approx(float(start) + 1.5, rel=0.2)
    assert len(said) == 3
    assert not (tmp_path / "s").exists()


LITTLE = HUGE.replace("100_000_000", "2").replace("replicates = 100\n", "")


def test_an_estimate_says_when_the_disk_is_too_small(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(RunError, match=r"the design needs about [\d.]+ TB, and .* are free there; .*--out") as caught:
        said.extend(estimate(read(tmp_path, HUGE), tmp_path / "s", Options(task=QUICK)))  # what came is kept
    assert caught.value.exit_code == 1
    assert said[0].startswith("10,000,000,000 runs: 100,000,000 rows")
    assert " days in total" in said[1]
    assert " TB on disk, of " in said[2]


@pytest.mark.parametrize("series", ["[]", '["unit_cost"]'])
def test_a_sweep_that_the_disk_cannot_hold_writes_nothing(tmp_path: Path, series: str) -> None:
    with pytest.raises(RunError, match="the design needs about"):
        sweep(read(tmp_path, HUGE.replace('["unit_cost"]', series)), tmp_path / "s", Options(task=QUICK), yes=True)
    assert not (tmp_path / "s").exists()


def test_room_is_for_what_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(grid(tmp_path), tmp_path / "s")
    monkeypatch.setattr("experiments.sweep.room.room_left", lambda _: 0)
    carry_out(grid(tmp_path), tmp_path / "s")  # all of it is there
    with pytest.raises(RunError, match="0 B are free there"):
        carry_out(grid(tmp_path), tmp_path / "t")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3.0, "3 s"), (3000.0, "50 min"), (86400.0, "24 h"), (86400 * 300.0, "300 days"), (86400 * 2000.0, "5 years"),
        (3.2e9, "101 years"), (1e30, "more than a million years"),
    ],
)  # fmt: skip
def test_lengths_of_time_in_sensible_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said
