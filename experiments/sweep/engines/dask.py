"""Runs on a Dask cluster, by default a local one that nobody else on the machine can talk to."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import urlsplit

from experiments.errors import RunError, UsageError
from experiments.sweep.engines.engine import Engine, one_thread_each

_PROTOCOLS = ("tcp", "tls", "ws", "wss", "ucx")
_PULSE_SECONDS = 1.0
_GRACE = 10.0  # seconds beyond a time limit for which a worker may be silent
_NOT_INSTALLED = "--engine dask: is not installed; pip install 'innovation-flywheel[dask]'"
_TALKATIVE = ("distributed", "tornado", "asyncio")  # their loggers
# Of a local cluster: no pages, and none of the watching that would cost a tenth of a core.
_LOCAL: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.work-stealing": False,  # a task that is being stolen from a worker that dies may be lost
    # Each run takes and frees the same memory: giving it back to the system in between costs a tenth of the time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 27,
}
T = TypeVar("T")


def check_dask(scheduler: str | None) -> None:
    """Raise ``UsageError`` unless Dask is installed, and the scheduler's address is one."""
    if find_spec("distributed") is None or (scheduler is None and find_spec("cryptography") is None):
        raise UsageError(_NOT_INSTALLED)
    if scheduler is None:
        return
    try:
        parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
        good = parts.scheme in _PROTOCOLS and bool(parts.hostname and parts.port) and not parts.path.strip("/")
    except ValueError:  # a port that is no number, or a bracket left open
        good = False
    if not good or any(letter.isspace() for letter in scheduler):
        raise UsageError(f"--scheduler: must be an address such as tcp://192.168.0.1:8786, not {scheduler!r}")


@contextmanager
def dask_engine(workers: int, scheduler: str | None, limit: float | None, patience: float) -> Iterator[Engine]:
    """Connect to a Dask scheduler, or start a local cluster."""
    import dask
    import distributed  # noqa: F401  (whose own settings must be there before ours, or they go with them)

    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.comm.timeouts.connect": f"{patience:g}s",
        "distributed.deploy.lost-worker-timeout": "1000h",  # or a worker that starts again slowly is given up
        "distributed.admin.large-graph-warning-threshold": "1TB",  # a large network goes to each worker once
    }
    if scheduler is None:
        settings |= _LOCAL
    where, opened = scheduler or "a local cluster", list[Any]()
    with dask.config.set(settings), one_thread_each(), _quiet():
        try:
            silence = patience if limit is None else min(patience, limit + _GRACE)
            pulse = _within(
                patience, lambda: _Pulse(_open(workers, scheduler, patience, opened), where, patience, silence)
            )
        except Exception as error:  # whatever the library makes of a port that says something else, or nothing
            _close(opened)
            said = " ".join(str(error).split()) or f"no answer in {patience:g} s (--patience)"
            raise RunError(f"--engine dask: cannot reach {where}: {said}") from error
        try:
            yield Engine(
                "dask", _Cluster(pulse.client, patience), lambda: pulse.threads, pulse.alive, shares=True, why=pulse.why
            )
        finally:
            pulse.ended.set()
            _close(opened)


def _open(workers: int, scheduler: str | None, patience: float, opened: list[Any]) -> Any:
    """Return a client of a cluster that has a worker; what is opened is noted as it is."""
    import asyncio

    from distributed import Client, LocalCluster, Security

    target: Any = scheduler
    if scheduler is not None:
        asyncio.run(_greet(scheduler, patience))
    else:
        target = LocalCluster(
            n_workers=workers, threads_per_worker=1, memory_limit=0, protocol="tls", security=Security.temporary(),
            dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
        )  # fmt: skip
        opened.append(target)
    client = Client(target, timeout=patience, set_as_default=False)
    opened.insert(0, client)
    client.wait_for_workers(1, timeout=patience)
    return client


async def _greet(scheduler: str, patience: float) -> None:
    """Connect once: a client, unlike this, cannot be told to stop waiting for a port that says nothing."""
    import asyncio

    from distributed import Security
    from distributed.comm import connect

    address = scheduler if "://" in scheduler else f"tcp://{scheduler}"
    calling = connect(address, timeout=patience, **Security().get_connection_args("client"))
    comm = await asyncio.wait_for(calling, patience)
    await comm.close()


class _Cluster(Executor):
    """Dask's client as an executor, for which what is submitted is bytes: no worker must die of unpacking it.

    What is done may be lost with its worker before it is fetched, and Dask then waits for ever: not so here.
    """

    def __init__(self, client: Any, patience: float) -> None:
        self._client, self._patience = client, patience

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have a call done by a worker."""
        packed = pickle.dumps((function, arguments, named), protocol=5)
        theirs = self._client.submit(_caller(), packed, pure=False, retries=0)
        ours: Future[Any] = Future()
        ours.set_running_or_notify_cancel()
        threading.Thread(target=self._fetch, args=(theirs, ours), daemon=True).start()
        return ours

    def _fetch(self, theirs: Any, ours: Future[Any]) -> None:
        settled = threading.Event()
        theirs.add_done_callback(lambda _: settled.set())
        settled.wait()
        try:
            ours.set_result(theirs.result(timeout=self._patience))
        except TimeoutError:
            ours.set_exception(BrokenExecutor(f"what a worker did was not to be had in {self._patience:g} s"))
        except BaseException as error:  # whatever it is, the driver waits for it
            ours.set_exception(error)


def _caller() -> Callable[[bytes], Any]:
    """Return what a worker does: it travels as code, since a worker may lack this package and must say so."""

    def call(packed: bytes) -> Any:
        import pickle

        function, arguments, named = pickle.loads(packed)
        from experiments.sweep.limits import allow_last_resort

        allow_last_resort()
        return function(*arguments, **named)

    return call


class _Pulse:
    """Asks the scheduler again and again what workers there are, and has it give up those that are silent."""

    def __init__(self, client: Any, where: str, patience: float, silence: float) -> None:
        self.client, self._where, self._patience, self._silence = client, where, patience, silence
        self._answered = self._manned = time.monotonic()
        self.threads = 1
        self.ended = threading.Event()
        self._look()
        threading.Thread(target=self._beat, daemon=True).start()

    def alive(self) -> bool:
        """Return whether there was a worker of late."""
        return time.monotonic() - self._manned < self._patience and self.client.status not in ("closing", "closed")

    def why(self) -> str:
        """Return what is missing."""
        answers = time.monotonic() - self._answered < self._patience and self.client.status == "running"
        missing = "no worker at" if answers else "no answer from"
        return f"--engine dask: {missing} {self._where} (--patience {self._patience:g})"

    def _beat(self) -> None:
        while not self.ended.wait(_PULSE_SECONDS):
            with suppress(Exception):  # no answer, of whatever kind: time tells
                self._look()

    def _look(self) -> None:
        threads = self.client.run_on_scheduler(_looker(self._silence))
        self._answered = time.monotonic()
        if threads:
            self.threads, self._manned = threads, self._answered


def _looker(silence: float) -> Callable[..., Any]:
    """Return what the scheduler does: it travels as code, since a scheduler need not have this package."""

    async def look(dask_scheduler: Any) -> int:
        import time

        known, now = dask_scheduler.__dict__.setdefault("flywheel_heard", {}), time.monotonic()
        slept = now - known.get("", now) > silence  # then everybody is heard of again before anybody is given up
        known[""] = now
        for address, worker in list(dask_scheduler.workers.items()):
            beat, since = known.get(address, (None, now))
            if slept or worker.last_seen != beat:  # which is the wall clock's, so no measure of time
                known[address] = worker.last_seen, now
            elif now - since > silence:
                await dask_scheduler.remove_worker(address, stimulus_id="silent")
        return sum(worker.nthreads for worker in dask_scheduler.workers.values())

    return look


def _within(seconds: float, function: Callable[[], T]) -> T:
    """Return what a function returns, or raise ``TimeoutError`` if it takes much longer than it was told to."""
    done: list[T] = []
    failed: list[BaseException] = []

    def call() -> None:
        try:
            done.append(function())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(2 * seconds + 1)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError
    return done[0]


def _close(opened: list[Any]) -> None:
    for each in opened:
        with suppress(OSError, TimeoutError):
            _within(_GRACE, each.close)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's own words from the terminal: what concerns the reader is said in one line."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _TALKATIVE]
    loggers = [logging.getLogger(name) for name in known]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
