"""Tasks that do to their process what no run should: end it, stop it, hang in it, or leave children behind."""

# ruff: noqa: ARG001  (a task is called with all three arguments)

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from experiments.sweep.limits import RunTimeout, time_limit
from sim.parameters import Parameters
from tests.sweep.jobs import quick

Shown = dict[str, list[float]]


def second_long(parameters: Parameters, seed: int, edges: Any) -> Shown:
    """Take a second and a half, and say when half of it is over."""
    time.sleep(0.75)
    if "FLYWHEEL_TEST_ONCE" in os.environ:
        Path(os.environ["FLYWHEEL_TEST_ONCE"]).touch()
    time.sleep(0.75)
    return quick(parameters, seed, edges)


EXITS, ASKS, LEAVES_A_CHILD, CLOSES_ALL = 1, 2, 3, 4


def ends(parameters: Parameters, seed: int, edges: Any) -> Shown:
    """End the process, as the number of rivals says.

    As if all were well; by asking for it; leaving a child in a session of its own that holds all that the worker had
    open; or by closing every file, the pipe to its driver too.
    """
    how = parameters.rival.count
    if how == ASKS:
        sys.exit(0)
    if how == CLOSES_ALL:
        os.closerange(3, 256)
    if how == LEAVES_A_CHILD and os.fork() == 0:
        os.setsid()
        time.sleep(60)
    if how in (EXITS, LEAVES_A_CHILD):
        os._exit(0)
    return quick(parameters, seed, edges)


def kill(parameters: Parameters, seed: int, edges: Any) -> Shown:
    """Die as for lack of memory."""
    if parameters.rival.count == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(parameters, seed, edges)


def hangs(parameters: Parameters, seed: int, edges: Any) -> Shown:
    """Hang in Python."""
    _mark(parameters)
    while parameters.rival.count == 2:
        time.sleep(60)
    return quick(parameters, seed, edges)


def hangs_in_compiled_code(parameters: Parameters, seed: int, edges: Any) -> Shown:
    """Hang where Python runs no handler of signals, with its lock given back, as the compiled model does."""
    _mark(parameters)
    if parameters.rival.count == 2:
        compute(60)
    return quick(parameters, seed, edges)


def _mark(parameters: Parameters) -> None:
    if parameters.rival.count == 2:
        Path(os.environ["FLYWHEEL_TEST_ONCE"]).touch()


def compute(seconds: float) -> None:
    """Compute for a while in one call of compiled code."""
    begun = time.monotonic()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 20_000)
    rounds = int(20_000 * seconds / (time.monotonic() - begun))
    hashlib.pbkdf2_hmac("sha256", b"", b"", rounds)


def compute_on(seconds: float) -> None:
    """Compute for ever, in calls of compiled code of so many seconds."""
    while True:
        compute(seconds)


def stopped_within_limit(thread: bool) -> str:
    """Be stopped for longer than a time limit; return what became of the run."""
    said: list[str] = []

    def run() -> None:
        subprocess.Popen(["sh", "-c", f"sleep 2; kill -CONT {os.getpid()}"])
        try:
            with time_limit(1.0):
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(0.2)
            said.append("done")
        except RunTimeout:
            said.append("condemned")

    if thread:
        running = threading.Thread(target=run)
        running.start()
        running.join()
    else:
        run()
    return said[0]


def stops_once(parameters: Parameters, seed: int, edges: Any) -> Shown:
    """Be stopped for good, the first time that any run is done."""
    try:
        Path(os.environ["FLYWHEEL_TEST_ONCE"]).touch(exist_ok=False)
    except FileExistsError:
        return quick(parameters, seed, edges)
    os.kill(os.getpid(), signal.SIGSTOP)
    return quick(parameters, seed, edges)


def start_a_child() -> int:
    """Start a child that outlasts the run."""
    return subprocess.Popen(["sleep", "60"]).pid


def die(pipe: Any) -> None:
    """Take the place of a worker, and die."""
    os.kill(os.getpid(), signal.SIGKILL)
