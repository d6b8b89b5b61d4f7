"""Every engine gives the same bytes, whatever happens to its workers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import experiments
from experiments.errors import RunError, Terminated, UsageError
from experiments.sweep import tasks
from experiments.sweep.design import read_design
from experiments.sweep.driver import AllAlikeError, Driver, _side_by_side
from experiments.sweep.engines import Engine, open_engine
from experiments.sweep.limits import RunTimeout, time_limit
from experiments.sweep.repair import repair
from experiments.sweep.tasks import MODEL, Done, Job, Report
from sim.parameters import Parameters
from tests.cli.test_cli import ROOT, environment
from tests.sweep.jobs import ALL_FAIL, BAD, QUICK, SLOW
from tests.sweep.stores import ask, carry_out, driver, exports, grid, program
from tests.sweep.test_store import wait_for


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The design, and its sweep by ``serial``."""
    folder = tmp_path_factory.mktemp("expected")
    carry_out(grid(folder, replicates=10), folder / "s")
    return folder


@pytest.mark.parametrize(
    ("engine", "workers", "batch"),
    [
        ("processes", 2, 3), ("threads", 3, None), ("threads", 2, 1000),
    ],
)  # fmt: skip
def test_workers_give_the_bytes_of_serial(
    expected: Path, tmp_path: Path, engine: str, workers: int, batch: int | None
) -> None:
    carry_out(expected / "design.toml", tmp_path / "s", engine, workers=workers, batch=batch)
    assert exports(tmp_path / "s") == exports(expected / "s")


def test_the_real_model_gives_the_same_bytes(tmp_path: Path) -> None:
    design, model = grid(tmp_path, replicates=2, levels=2, more="months = 6"), MODEL
    carry_out(design, tmp_path / "a", task=model)
    carry_out(design, tmp_path / "b", "processes", task=model, workers=2)
    said = carry_out(design, tmp_path / "c", "auto", task=model, workers=2)
    assert said[0] == "engine: 2 threads, because there are few runs"
    assert exports(tmp_path / "a") == exports(tmp_path / "b") == exports(tmp_path / "c")
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


def test_runs_that_fail_hang_or_die_are_recorded_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1, levels=2, rivals=(0, 1, 2, 3, 4))
    carry_out(path, tmp_path / "s", "processes", BAD, workers=2, batch=4, limit=0.3)
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
    assert "6 runs that failed planned again" in list(repair(tmp_path / "s", failed=True))
    carry_out(path, tmp_path / "s", task=QUICK)
    carry_out(path, tmp_path / "clean", task=QUICK)
    assert exports(tmp_path / "s") == exports(tmp_path / "clean")


def test_runs_that_fail_or_hang_in_threads_are_recorded_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1, levels=4, rivals=(0, 1, 2, 4))
    carry_out(path, tmp_path / "s", "threads", BAD, workers=3, batch=4, limit=0.3)
    runs = experiments.load(tmp_path / "s").runs
    said = runs.groupby("rival.count").error.agg(lambda errors: errors.iloc[0] or "")
    assert said[1] == "ValueError: no good at 0.1"
    assert said[2] == "RunTimeout: took longer than the time limit of 0.3 s"
    assert (runs.status[runs["rival.count"].isin([0, 4])] == "done").all()


class _Lossy(Executor):
    """Loses every block that has the guilty run, and takes a time for each run that is told."""

    def __init__(self, guilty: int, seconds: float) -> None:
        self._guilty, self._seconds, self.sizes = guilty, seconds, list[int]()

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        order, jobs = arguments
        self.sizes.append(len(jobs))
        future: Future[Any] = Future()
        if any(job.number == self._guilty for job in jobs):
            future.set_exception(OSError("the worker died"))
            return future
        report = function(order, jobs)
        outcomes = report.done.outcomes
        took = outcomes._replace(seconds=np.full(len(outcomes.number), self._seconds))
        future.set_result(replace(report, done=Done(took, [])))
        return future


def _driven(executor: _Lossy, runs: int, batch: int | None = None) -> list[Done]:
    kept = list[Done]()
    context = tasks.Context(Parameters().model_dump_json(), None, ("users",), ("users",), task=QUICK)
    driver = Driver(kept.extend, context, Engine("lossy", executor, lambda: 2, lambda: True), batch)
    driver.drive(iter([tasks.Job(n, "{}", n) for n in range(runs)]), runs)
    assert sorted(
        n for done in kept for n in (*done.outcomes.number, *(each.number for each in done.failures))
    ) == list(range(runs))
    return kept


def test_a_lost_block_is_split_until_the_guilty_run_is_found() -> None:
    executor = _Lossy(guilty=17, seconds=0.01)
    kept = _driven(executor, 400, batch=400)
    assert executor.sizes == [400] + [20] * 20 + [1] * 22  # of the piece that was lost each run, and the guilty again
    (failure,) = [each for done in kept for each in done.failures]
    assert (failure.number, failure.error) == (17, "WorkerDied: its worker died each of the 3 times it was tried")
    assert failure.details == "OSError: the worker died"


def test_blocks_grow_to_their_time_and_shrink_towards_the_end() -> None:
    executor = _Lossy(guilty=-1, seconds=0.005)
    _driven(executor, 2000)
    assert executor.sizes[:5] == [1, 1, 1, 1, 16]  # one run is too little to time
    assert max(executor.sizes) == 100  # half a second
    assert executor.sizes.index(100) < 12
    assert set(executor.sizes[-5:-1]) <= {3, 4}  # some 20 ms


def test_a_worker_that_loaded_the_same_text_need_not_work_out_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_model", lambda _: pytest.fail("worked out"))
    order = tasks.order_of(tasks.Context("{}", None, (), (), task=QUICK), "a model")
    assert tasks.run_batch(order, []).model == "a model"


def test_a_worker_stuck_in_compiled_code_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.engines.processes._GRACE", 0.2)
    path = grid(tmp_path, replicates=1, levels=1, rivals=(0, 2))
    carry_out(path, tmp_path / "s", "processes", "tests.sweep.jobs:stuck", workers=1, batch=2, limit=0.3)
    assert ask(tmp_path / "s", "SELECT error FROM runs WHERE status = 'failed'") == [
        ("RunTimeout: took longer than the time limit of 0.3 s",)
    ]
    assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(1,)]


def test_idle_workers_that_are_killed_are_replaced() -> None:
    with open_engine("processes", 2) as engine:
        for worker in children(os.getpid()):
            if b"spawn_main" in Path(f"/proc/{worker}/cmdline").read_bytes():
                os.kill(int(worker), signal.SIGKILL)
        tries = [engine.executor.submit(int, "7") for _ in range(8)]
        wait(tries, timeout=30)
        lost = [each.exception() for each in tries if each.exception() is not None]
        assert len(lost) <= 2, lost  # a death may come as a task is handed over
        assert engine.executor.submit(int, "7").result(timeout=30) == 7
        assert engine.alive()


def test_it_stops_when_the_first_runs_all_fail_alike(tmp_path: Path) -> None:
    with pytest.raises(
        AllAlikeError, match=r"the first \d+ runs all failed alike: RuntimeError: seed \d+ is"
    ) as caught:
        carry_out(grid(tmp_path, replicates=100), tmp_path / "s", task=ALL_FAIL)
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
    carry_out(grid(tmp_path), tmp_path / "s", "threads", workers=2, batch=1)
    assert most == 4


def test_no_worker_outlives_a_killed_driver(tmp_path: Path) -> None:
    killed = driver(grid(tmp_path, replicates=50), tmp_path / "s", "processes", SLOW, workers=2)
    wait_for(tmp_path / "s", 1)
    workers = children(killed.pid)
    killed.kill()
    killed.communicate(timeout=30)
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in workers):
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


def children(pid: int | str) -> list[str]:
    """Return the processes that a process has started."""
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "serial", "workers": 2}, "--workers: the serial engine sets their number"),
        ({"engine": "processes", "scheduler": "tcp://127.0.0.1:1"}, "--scheduler: belongs to --engine dask"),
        ({"engine": "dask", "scheduler": "tcp://127.0.0.1:1", "workers": 2}, "--workers: the scheduler sets"),
        ({"engine": "auto", "scheduler": "tcp://127.0.0.1:1"}, "--scheduler: belongs to --engine dask, not auto"),
        ({"engine": "fast"}, "--engine: must be one of auto, serial, threads, processes, dask, mpi, not 'fast'"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        carry_out(grid(tmp_path), tmp_path / "s", **options)


@pytest.mark.parametrize(
    ("engine", "absent", "said"),
    [
        ("mpi", "mpi4py", "--engine mpi: needs mpi4py"),
        ("dask", "distributed", "--engine dask: is not installed"),
        ("dask", "cryptography", "--engine dask: is not installed"),
    ],
)
def test_an_engine_says_what_it_needs_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, absent: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    monkeypatch.setattr(f"experiments.sweep.engines.{engine}.find_spec", lambda name: None if name == absent else name)
    with pytest.raises(UsageError, match=said):
        carry_out(grid(tmp_path), tmp_path / "s", engine)
    assert not (tmp_path / "s").exists()


# A real Dask cluster: a scheduler and workers on loopback, each a process of its own.


@contextmanager
def _cluster(tmp_path: Path, workers: int, **env: str) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    place, started = tmp_path / "scheduler.json", list[subprocess.Popen[bytes]]()

    def start(*words: str) -> None:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]], cwd=tmp_path,
                env=environment(**env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip

    start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place))
    until = time.monotonic() + 60
    while not place.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    address = json.loads(place.read_text())["address"]
    for _ in range(workers):
        start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    try:
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _once(store: Path, done: int, *strike: Callable[[], None]) -> threading.Thread:
    """Do something to a cluster once that many runs of a sweep are done, and for each thing more wait for as many."""

    def wait_and_strike() -> None:
        for n, each in enumerate(strike, 1):
            wait_for(store, n * done)
            each()

    thread = threading.Thread(target=wait_and_strike, daemon=True)
    thread.start()
    return thread


def test_dask_gives_the_bytes_of_serial_whatever_befalls_workers_and_says_when_none_is_left(
    expected: Path, tmp_path: Path
) -> None:
    design, first, second = expected / "design.toml", tmp_path / "first", tmp_path / "second"
    with _cluster(tmp_path, workers=3) as (address, workers):
        striking = _once(first, 10, workers[0].kill, lambda: workers[1].send_signal(signal.SIGSTOP))
        carry_out(design, first, "dask", SLOW, scheduler=address, batch=2, patience=5.0)
        assert not striking.is_alive()
        assert exports(first) == exports(expected / "s")
        assert ask(first, "SELECT engine FROM sessions")[0][0].startswith("dask, ")
        _once(second, 10, workers[2].kill)
        said = rf"--engine dask: no worker at {address} \(--patience 3\); what is finished is kept"
        with pytest.raises(RunError, match=said) as caught:
            carry_out(design, second, "dask", SLOW, scheduler=address, batch=2, patience=3.0)
    assert len(caught.value.lines) == 1
    assert ask(second, "SELECT count(*) FROM runs WHERE status = 'done'") < [(100,)]
    carry_out(design, second)
    assert exports(second) == exports(expected / "s")


@pytest.mark.parametrize("speech", [None, b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_scheduler_that_is_none_is_one_line(tmp_path: Path, speech: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if speech is None:
            server.close()

        def speak() -> None:
            with suppress(OSError):
                while True:
                    callers.append(server.accept()[0])
                    callers[-1].sendall(speech or b"")

        callers: list[socket.socket] = []
        threading.Thread(target=speak, daemon=True).start()
        with pytest.raises(RunError, match=f"--engine dask: cannot reach tcp://127.0.0.1:{port}: ") as caught:
            carry_out(grid(tmp_path), tmp_path / "new" / "s", "dask", scheduler=f"tcp://127.0.0.1:{port}", patience=0.5)
        for caller in callers:
            caller.close()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_was_there_stays_though_no_scheduler_is_found(tmp_path: Path) -> None:
    carry_out(grid(tmp_path, replicates=1), tmp_path / "s")
    (tmp_path / "empty").mkdir()
    for store in (tmp_path / "s", tmp_path / "empty"):
        with pytest.raises(RunError, match=r"--engine dask: cannot reach nowhere\.invalid:8786: "):
            carry_out(grid(tmp_path), store, "dask", scheduler="nowhere.invalid:8786", patience=0.5)
        assert store.is_dir()
    assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(10,)]


@pytest.mark.parametrize(
    "address", ["", "foo", "foo:bar", "tcp://", "tcp://a:99999", "http://a:1", "a b:1", "tcp://[::1", ":8786"]
)
def test_an_address_that_is_none_is_one_line(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="--scheduler: must be an address such as"):
        carry_out(grid(tmp_path), tmp_path / "s", "dask", scheduler=address)
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_runs_that_kill_dask_workers_are_blamed_and_no_others(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1, levels=3, rivals=(0, 3, 4))
    carry_out(path, tmp_path / "s", "dask", BAD, workers=2, batch=3)
    runs = experiments.load(tmp_path / "s").runs
    guilty = runs["rival.count"] == 3
    assert (runs.status[guilty] == "failed").all()
    assert set(runs.error[guilty]) == {"WorkerDied: its worker died each of the 3 times it was tried"}
    assert (runs.status[~guilty] == "done").all()


@pytest.mark.slow
def test_a_run_that_hears_nothing_does_not_outlast_its_limit_on_dask(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1, levels=2, rivals=(0, 2))
    carry_out(path, tmp_path / "s", "dask", "tests.sweep.jobs:stuck", workers=2, batch=2, limit=1.0)
    runs = experiments.load(tmp_path / "s").runs
    guilty = runs["rival.count"] == 2
    assert (runs.status[guilty] == "failed").all()
    assert (runs.status[~guilty] == "done").all()


def test_a_worker_of_another_model_says_so_before_it_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_load", lambda _: pytest.fail("loaded"))
    report = tasks.run_batch(tasks.Order("another", "", (), MODEL, "", None), [])
    assert report.model != "another"
    assert (report.done, report.fault) == (None, "")


def test_an_end_by_a_signal_is_no_outcome_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> None:
        raise Terminated(signal.SIGTERM)

    monkeypatch.setattr(tasks, "_observed", ended)
    with pytest.raises(Terminated):
        tasks.do(tasks.Context("{}", None, (), (), task=QUICK), [tasks.Job(0, "{}", 0)])


class _Queue(Executor):
    """Does what is submitted once something waits for it; a killer takes all that is queued with it."""

    def __init__(self) -> None:
        self.queued: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.queued.append((future, function, arguments))
        return future

    def alive(self) -> bool:
        """Do what is queued, and go on."""
        died = any("3" in job.changes.partition("rival.count")[2] for *_, (_, jobs) in self.queued for job in jobs)
        queued, self.queued = self.queued, []
        for future, function, arguments in queued:
            if died:
                future.set_exception(OSError("the worker died"))
            else:
                future.set_result(function(*arguments))
        return True


def test_no_run_is_condemned_for_a_death_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = _Queue()

    @contextmanager
    def shared(*_: Any) -> Iterator[Engine]:
        yield Engine("shared", queue, lambda: 4, queue.alive, shares=True)

    monkeypatch.setattr("experiments.sweep.session.open_engine", shared)
    carry_out(grid(tmp_path, replicates=2, levels=4, rivals=(0, 3, 4)), tmp_path / "s", batch=2)
    runs = experiments.load(tmp_path / "s").runs
    assert ((runs["rival.count"] == 3) == (runs.status == "failed")).all()
    assert (runs.status != "planned").all()


# What a worker computes with.


class _Elsewhere(Executor):
    """A worker whose answers are not what the sweep asks for."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        done: Future[Any] = Future()
        report = function(*arguments)
        try:
            done.set_result(self._answer(report))
        except Exception as error:
            done.set_exception(error)
        return done


def _missing(_: Report) -> None:
    raise ModuleNotFoundError("No module named 'experiments'")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda report: replace(report, model="a" * 16), r"worker \d+ on \S+ runs model a{16}, the sweep is of model"),
        (lambda report: report.done, "a worker runs another version of this program"),
        (lambda _: Report("worker 7 on node", fault="ImportError: numba"), "worker 7 on node cannot do the runs: Imp"),
        (_missing, "a worker cannot do the runs: ModuleNotFoundError: No module named 'experiments'"),
    ],
)
def test_what_another_model_did_is_refused(
    expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, said: str
) -> None:
    @contextmanager
    def elsewhere(*_: Any) -> Iterator[Engine]:
        yield Engine("elsewhere", _Elsewhere(answer), lambda: 2, lambda: True)

    with monkeypatch.context() as patched:
        patched.setattr("experiments.sweep.session.open_engine", elsewhere)
        with pytest.raises(RunError, match=said) as caught:
            carry_out(expected / "design.toml", tmp_path / "s")
    assert "\n" not in str(caught.value)
    assert ask(tmp_path / "s", "SELECT DISTINCT status FROM runs") == [("planned",)]
    carry_out(expected / "design.toml", tmp_path / "s")
    assert exports(tmp_path / "s") == exports(expected / "s")


def test_a_large_context_goes_to_each_worker_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.sweep.driver._LIGHT", 0)
    sent: list[bool] = []
    submit = _Elsewhere.submit

    def watched(self: _Elsewhere, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        if len(sent) == 50:
            tasks._contexts.clear()  # as in a worker that is new
        sent.append(arguments[0].packed is not None)
        return submit(self, function, *arguments, **named)

    monkeypatch.setattr(_Elsewhere, "submit", watched)

    @contextmanager
    def elsewhere(*_: Any) -> Iterator[Engine]:
        yield Engine("elsewhere", _Elsewhere(lambda report: report), lambda: 2, lambda: True)

    monkeypatch.setattr("experiments.sweep.session.open_engine", elsewhere)
    design = read_design(grid(tmp_path, replicates=10))
    carry_out(design, tmp_path / "s", batch=1)
    back = len(sent) - 100  # what came back from the worker that is new went out again, with the context
    assert 1 <= back <= 4
    assert sum(sent) == 2 + back
    assert (experiments.load(tmp_path / "s").runs.status == "done").all()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the program, to be edited."""
    for name in ("sim", "experiments", "tests"):
        shutil.copytree(ROOT / name, tmp_path / "checkout" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "configs", tmp_path / "checkout" / "configs")
    return tmp_path / "checkout"


def _edit(checkout: Path) -> None:
    path = checkout / "sim" / "mechanisms" / "absorption.py"
    source = path.read_text()
    assert "chance = 1.0 -" in source
    path.write_text(source.replace("chance = 1.0 -", "chance = 2.0 -"))


def test_an_edit_while_a_sweep_runs_mixes_no_models(tmp_path: Path, checkout: Path) -> None:
    design, store = grid(tmp_path, replicates=60), tmp_path / "s"
    script = tmp_path / "drive.py"
    script.write_text(program(design, store, "processes", SLOW, workers=2, batch=2))
    running = subprocess.Popen(
        [sys.executable, str(script)], cwd=checkout, env=environment(PYTHONPATH=str(checkout)),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(store, 10)
    _edit(checkout)
    for worker in children(running.pid):
        if b"spawn_main" in Path(f"/proc/{worker}/cmdline").read_bytes():
            os.kill(int(worker), signal.SIGKILL)
            break
    _, said = running.communicate(timeout=120)
    assert running.returncode == 1, said
    assert re.search(r"worker \d+ on \S+ runs model \w{16}, the sweep is of model \w{16}: nothing of it is kept", said)
    assert ask(store, "SELECT count(*) FROM runs WHERE status = 'planned'") != [(0,)]
    carry_out(design, tmp_path / "clean")
    kept, clean = experiments.load(store).runs, experiments.load(tmp_path / "clean").runs
    done = kept.status == "done"
    assert kept[done]["final.users"].equals(clean[done]["final.users"])


@pytest.mark.slow
def test_a_dask_worker_of_another_checkout_is_refused(tmp_path: Path, checkout: Path) -> None:
    _edit(checkout)
    said = r"runs model \w{16}, the sweep is of model \w{16}: nothing of it is kept"
    with _cluster(tmp_path, 1, PYTHONPATH=str(checkout)) as (address, _), pytest.raises(RunError, match=said):
        carry_out(grid(tmp_path), tmp_path / "s", "dask", scheduler=address)
    assert ask(tmp_path / "s", "SELECT DISTINCT status FROM runs") == [("planned",)]


def test_a_local_cluster_is_closed_to_others_and_opens_no_dashboard() -> None:
    import psutil

    with open_engine("dask", 1):
        pass
    with open_engine("dask", 1) as engine:  # a second one in a process
        client = engine.executor._client  # type: ignore[attr-defined]
        addresses = [client.scheduler.address, *client.scheduler_info()["workers"]]
        assert [address.partition(":")[0] for address in addresses] == ["tls", "tls"]
        told = client.cluster.scheduler_comm.connection_args["ssl_context"]
        assert told.verify_mode.name == "CERT_REQUIRED"
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        ports = {each.laddr.port for one in family for each in one.net_connections() if each.status == "LISTEN"}
        assert ports
        assert 8787 not in ports
        assert engine.executor.submit(int, "7").result(timeout=60) == 7


def test_alike_runs_go_out_side_by_side() -> None:
    texts = [f'{{"search.gamma": {n}, "architecture.coupling": {n % 3}, "diffusion.p": {n}}}' for n in range(9)]
    jobs = [Job(n, text, n) for n, text in enumerate(texts)]
    assert [job.number for job in _side_by_side(iter(jobs), ["architecture.coupling"])] == [0, 3, 6, 1, 4, 7, 2, 5, 8]
    assert [job.number for job in _side_by_side(iter(jobs), ["architecture.widening"])] == [*range(9)]
