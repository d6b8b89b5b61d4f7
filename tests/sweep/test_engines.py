"""Every engine gives the same bytes, whatever happens to its workers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import experiments
from experiments.errors import RunError, UsageError
from experiments.sweep.driver import AllAlikeError, Driver
from experiments.sweep.engines import Engine, open_engine
from experiments.sweep.limits import RunTimeout, time_limit
from experiments.sweep.repair import repair
from experiments.sweep.tasks import MODEL
from tests.sweep.jobs import ALL_FAIL, BAD, QUICK, SLOW
from tests.sweep.stores import ask, carry_out, driver, exports, grid
from tests.sweep.test_store import wait_for
from tests.test_cli import ROOT, environment


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The design, and its sweep by ``serial``."""
    folder = tmp_path_factory.mktemp("expected")
    carry_out(grid(folder, replicates=10), folder / "s")
    return folder


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (2, 3), (2, None), (3, 1000)])
def test_processes_give_the_bytes_of_serial(expected: Path, tmp_path: Path, workers: int, batch: int | None) -> None:
    carry_out(expected / "design.toml", tmp_path / "s", "processes", workers=workers, batch=batch)
    assert exports(tmp_path / "s") == exports(expected / "s")


def test_the_real_model_gives_the_same_bytes(tmp_path: Path) -> None:
    design, model = grid(tmp_path, replicates=2, levels=2, more="months = 6"), MODEL
    carry_out(design, tmp_path / "a", task=model)
    carry_out(design, tmp_path / "b", "processes", task=model, workers=2)
    assert exports(tmp_path / "a") == exports(tmp_path / "b")
    assert (experiments.load(tmp_path / "a").runs.status == "done").all()


class _Scrambled(Executor):
    """Returns results in an order of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(4)

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        def later() -> Any:
            time.sleep(0.001 * (hash(arguments[1][0]) % 7))
            return function(*arguments, **named)

        return self._threads.submit(later)


def test_any_executor_will_do(expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    @contextmanager
    def scrambled(*_: Any) -> Iterator[Engine]:
        yield Engine("scrambled", _Scrambled(), lambda: 4, lambda: True)

    monkeypatch.setattr("experiments.sweep.session.open_engine", scrambled)
    carry_out(expected / "design.toml", tmp_path / "s", batch=2)
    assert exports(tmp_path / "s") == exports(expected / "s")


def test_an_engine_that_is_gone_is_one_line_and_resumes(
    expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def breaks(_: Any, function: Any, /, *arguments: Any) -> Future[Any]:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise RuntimeError("cannot schedule new futures after shutdown")
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        return done

    with monkeypatch.context() as patched:
        patched.setattr("experiments.sweep.engines.serial._Serial.submit", breaks)
        with pytest.raises(RunError, match=r"the serial engine is gone; .* the same command resumes"):
            carry_out(expected / "design.toml", tmp_path / "s", batch=5)
    assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(15,)]
    carry_out(expected / "design.toml", tmp_path / "s")
    assert exports(tmp_path / "s") == exports(expected / "s")


@pytest.mark.parametrize("batch", [1, 4])
def test_runs_that_fail_hang_or_die_are_recorded_and_the_rest_goes_on(tmp_path: Path, batch: int) -> None:
    path = grid(tmp_path, replicates=1, levels=4, rivals=(0, 1, 2, 3, 4))
    carry_out(path, tmp_path / "s", "processes", BAD, workers=2, batch=batch, limit=0.3)
    runs = experiments.load(tmp_path / "s").runs
    good = runs["rival.count"].isin([0, 4])
    assert (runs.status[good] == "done").all()
    assert (runs.status[~good] == "failed").all()
    said = runs[~good].groupby("rival.count").error.first()
    assert said[1] == "ValueError: no good at 0.1"
    assert said[2] == "RunTimeout: took longer than the time limit of 0.3 s"
    assert said[3] == "WorkerDied: its worker died each of the 3 times it was tried"
    assert "tests/sweep/jobs.py" in ask(tmp_path / "s", "SELECT details FROM runs WHERE error LIKE 'ValueError%'")[0][0]
    assert len(experiments.load(tmp_path / "s").series) == 3 * good.sum()
    assert carry_out(path, tmp_path / "s", task=QUICK) == []
    assert "12 runs that failed planned again" in list(repair(tmp_path / "s", failed=True))
    carry_out(path, tmp_path / "s", task=QUICK)
    carry_out(path, tmp_path / "clean", task=QUICK)
    assert exports(tmp_path / "s") == exports(tmp_path / "clean")


def test_a_worker_stuck_in_compiled_code_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.engines.processes._GRACE", 0.2)
    path = grid(tmp_path, replicates=1, levels=2, rivals=(0, 2))
    carry_out(path, tmp_path / "s", "processes", "tests.sweep.jobs:stuck", workers=2, batch=2, limit=0.3)
    assert (
        ask(tmp_path / "s", "SELECT error FROM runs WHERE status = 'failed'")
        == [("RunTimeout: took longer than the time limit of 0.3 s",)] * 2
    )
    assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(2,)]


def test_idle_workers_that_are_killed_are_replaced() -> None:
    with open_engine("processes", 2) as engine:
        for worker in _children(os.getpid()):
            if b"spawn_main" in Path(f"/proc/{worker}/cmdline").read_bytes():
                os.kill(int(worker), signal.SIGKILL)
        tries = [engine.executor.submit(int, "7") for _ in range(8)]
        wait(tries, timeout=30)
        lost = [each.exception() for each in tries if each.exception() is not None]
        assert len(lost) <= 1, lost  # the death may come as a task is handed over
        assert engine.executor.submit(int, "7").result(timeout=30) == 7
        assert engine.alive()


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_it_stops_when_the_first_runs_all_fail_alike(tmp_path: Path, engine: str) -> None:
    with pytest.raises(
        AllAlikeError, match=r"the first \d+ runs all failed alike: RuntimeError: seed \d+ is"
    ) as caught:
        carry_out(grid(tmp_path, replicates=100), tmp_path / "s", engine, ALL_FAIL)
    assert caught.value.exit_code == 1
    ((failed,),) = ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'failed'")
    assert 20 <= failed < 1000


def test_time_limits_in_threads_and_the_main_thread() -> None:
    said: list[str] = []

    def hang() -> None:
        try:
            with time_limit(0.05):
                while True:
                    pass
        except RunTimeout:
            said.append("ended")
        with time_limit(5.0):
            said.append("and free")

    hang()
    thread = threading.Thread(target=hang)
    thread.start()
    thread.join(10)
    assert said == ["ended", "and free"] * 2
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_few_batches_are_out_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    hand_out = Driver._hand_out

    def watched(self: Driver, *arguments: Any) -> None:
        nonlocal most
        hand_out(self, *arguments)
        most = max(most, len(self._out))

    monkeypatch.setattr(Driver, "_hand_out", watched)
    carry_out(grid(tmp_path, replicates=20), tmp_path / "s", "processes", workers=2, batch=1)
    assert most == 4


def test_no_worker_outlives_a_killed_driver(tmp_path: Path) -> None:
    killed = driver(grid(tmp_path, replicates=50), tmp_path / "s", "processes", SLOW, workers=2)
    wait_for(tmp_path / "s", 1)
    children = _children(killed.pid)
    killed.kill()
    killed.communicate(timeout=30)
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_ctrl_c_on_the_whole_group_keeps_what_is_finished(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=50)
    program = f"from tests.sweep.stores import carry_out; from pathlib import Path; carry_out(Path({str(path)!r}), "
    script = tmp_path / "drive.py"
    script.write_text(
        f"if __name__ == '__main__':\n    {program}Path({str(tmp_path / 's')!r}), 'processes', {SLOW!r})\n"
    )
    running = subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    wait_for(tmp_path / "s", 10)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert re.search(r"stopped; \d+ runs are kept, \d+ are left: the same command goes on$", said)
    assert said.count("Traceback") == 1  # this script's own, which catches nothing; workers say nothing


def _children(pid: int) -> list[str]:
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "serial", "workers": 2}, "--workers: the serial engine sets their number"),
        ({"engine": "processes", "scheduler": "tcp://127.0.0.1:1"}, "--scheduler: belongs to --engine dask"),
        ({"engine": "dask", "scheduler": "tcp://127.0.0.1:1", "workers": 2}, "--workers: the scheduler sets"),
        ({"engine": "threads"}, "--engine: must be one of serial, processes, dask, mpi, not 'threads'"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        carry_out(grid(tmp_path), tmp_path / "s", **options)


@pytest.mark.skipif(find_spec("mpi4py") is not None, reason="mpi4py is installed")
def test_mpi_says_what_it_needs() -> None:
    with pytest.raises(UsageError, match="--engine mpi: needs mpi4py"), open_engine("mpi"):
        pass


# A real Dask cluster: a scheduler and two workers, each a process of its own.


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and two workers on loopback, and end them."""
    place, started = tmp_path / "scheduler.json", list[subprocess.Popen[bytes]]()

    def start(*words: str) -> None:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]], cwd=tmp_path,
                env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip

    start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place))
    until = time.monotonic() + 60
    while not place.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    address = json.loads(place.read_text())["address"]
    for _ in range(2):
        start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    try:
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def test_dask_gives_the_bytes_of_serial_though_a_worker_is_killed(
    expected: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    store = tmp_path / "s"
    sweep = driver(expected / "design.toml", store, "dask", SLOW, scheduler=address, batch=2)
    wait_for(store, 10)
    workers[0].kill()
    assert len(ask(store, "SELECT 1 FROM runs WHERE status = 'done'")) < 100
    _, said = sweep.communicate(timeout=90)
    assert sweep.returncode == 0, said
    assert exports(store) == exports(expected / "s")
    assert ask(store, "SELECT engine FROM sessions")[0][0].startswith("dask, ")


def test_a_scheduler_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.engines.engine.PATIENCE", 0.5)
    with pytest.raises(RunError, match=r"--engine dask: cannot reach tcp://127\.0\.0\.1:1") as caught:
        carry_out(grid(tmp_path), tmp_path / "s", "dask", scheduler="tcp://127.0.0.1:1")
    assert len(caught.value.lines) == 1
