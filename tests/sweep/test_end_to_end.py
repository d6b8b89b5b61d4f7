"""One sweep of the real model from start to end: killed, resumed elsewhere, extended, analysed, and done again.

``FLYWHEEL_RUNS=10000`` sets how many runs; a thousand if it is not set.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

import experiments
from tests.cli.test_cli import ROOT, environment
from tests.sweep.stores import ask, exports
from tests.sweep.test_faults import done, workers_of

pytestmark = pytest.mark.usefixtures("compiled")
RUNS = int(os.environ.get("FLYWHEEL_RUNS", "1000"))
MINUTES = 30
ADOPTERS = max(30, 150_000_000 // RUNS)  # so that there is time to kill it, however few runs there are
DESIGN = """
base = "base.toml"
[design]
kind = "latin-hypercube"
points = {points}
replicates = {replicates}
months = 8
[[factor]]
key = "flywheel.elasticity"
range = [0.1, 0.5]
[[factor]]
key = "firm.openness"
range = [0.0, 1.0]
[outcomes]
final = ["unit_cost", "users"]
mean = ["unit_cost"]
series = ["unit_cost", "users"]
"""


class Sweep:
    """The command, its design and its folder."""

    def __init__(self, folder: Path) -> None:
        self.design, self.store = folder / "design.toml", folder / "s"
        (folder / "base.toml").write_text(f"[diffusion]\nadopters = {ADOPTERS}\n")

    def ask_for(self, replicates: int) -> None:
        self.design.write_text(DESIGN.format(points=RUNS // 10, replicates=replicates))

    def begin(self, engine: str) -> subprocess.Popen[str]:
        workers = [] if engine == "serial" else ["--workers", "2"]
        words = ["sweep", str(self.design), "--out", str(self.store), "--engine", engine, *workers]
        return subprocess.Popen(
            [sys.executable, "-m", "experiments", *words], cwd=ROOT, env=environment(), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self, engine: str) -> tuple[str, str]:
        running = self.begin(engine)
        out, err = running.communicate(timeout=60 * MINUTES)
        assert running.returncode == 0, err
        return out, err

    def wait(self, running: subprocess.Popen[str], more: int) -> dict[str, float]:
        """Wait until so many more runs are done, and return what is."""
        wanted, until = len(done(self.store)) + more, time.monotonic() + 60 * MINUTES
        while len(found := done(self.store)) < wanted:
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        return found


def command(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *words], cwd=ROOT, env=environment(), capture_output=True, text=True,
        timeout=60 * MINUTES, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_sweep_killed_resumed_extended_analysed_and_done_again(tmp_path: Path) -> None:
    sweep, luck, known = Sweep(tmp_path), random.Random(9), dict[str, float]()
    sweep.ask_for(replicates=8)
    engines = ["processes", "threads", "dask" if find_spec("distributed") else "processes", "serial"]
    for engine in engines:
        running = sweep.begin(engine)
        known |= sweep.wait(running, luck.randrange(1, RUNS // 10))
        if engine in ("serial", "threads"):
            running.kill()
        else:
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        assert known.items() <= done(sweep.store).items()

    # A worker dies, and the sweep goes on.
    running = sweep.begin("processes")
    known |= sweep.wait(running, 1)
    os.kill(luck.choice(workers_of(running.pid)), signal.SIGKILL)
    out, err = running.communicate(timeout=60 * MINUTES)
    assert running.returncode == 0, err
    assert out.startswith(f"{RUNS * 8 // 10} of {RUNS * 8 // 10} runs done: ")
    assert known.items() <= done(sweep.store).items()
    known = done(sweep.store)

    sweep.ask_for(replicates=10)
    out, err = sweep.finish("auto")
    assert f"revision 2 of the design: {RUNS} runs, {RUNS // 5} of them new\n" in err
    assert out.startswith(f"{RUNS} of {RUNS} runs done: ")
    assert known.items() <= done(sweep.store).items()

    results = experiments.load(sweep.store)
    assert (results.runs.groupby("point").size() == 10).all()
    assert results.runs["mean.unit_cost"].notna().all()
    assert len(results.series) == 8 * RUNS
    assert results.runs["final.users"].std() > 0
    assert re.search(rf"^runs: {RUNS} done, 0 failed, 0 left of {RUNS}$", command("status", str(sweep.store)), re.M)

    said = command("rerun", str(sweep.store), "--all", "--workers", "2")
    assert said == f"all {RUNS} runs are the same to the byte: outcomes and series\n"
    assert command("repair", str(sweep.store)) == "nothing is damaged\n"
    assert ask(sweep.store, "PRAGMA integrity_check") == [("ok",)]

    fresh = Sweep(tmp_path)
    fresh.store = tmp_path / "fresh"
    fresh.finish("processes")
    assert exports(fresh.store) == exports(sweep.store)
