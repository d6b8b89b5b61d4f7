"""Sweeps against the bare model, one process against two, and the same runs by ``mesa.batch_run`` and agentpy.

    python -m benchmarks.sweeps [--runs 2000] [--rounds 3] [--two]

All sides make the same runs: one factor of so many values, one seed, 12 months, 200 adopters. Each round times them in
turn, so that a drift of the machine meets all alike; medians and their spread over rounds are printed. A side is timed
as its user meets it: from a fresh Python process to its end, imports and start of workers included. Two bare processes
at once show what the machine's second core is worth.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIXED = {"run.months": 12, "diffusion.adopters": 200}

BARE = """
import numpy as np
from sim.model import InnovationModel
from sim.parameters import Parameters
base = Parameters().replace({fixed})
for value in np.linspace(0.0, 0.6, {runs})[{part}::{parts}]:
    model = InnovationModel(base.replace({{"flywheel.elasticity": float(value)}}), rng=0)
    while model.running:
        model.step()
"""

MESA = """
import warnings
warnings.simplefilter("ignore")
import mesa, numpy as np
from sim.model import InnovationModel
if __name__ == "__main__":
    grid = {{**{fixed}, "flywheel.elasticity": np.linspace(0.0, 0.6, {runs}).tolist(), "rng": [0]}}
    mesa.batch_run(InnovationModel, grid, number_processes=2, display_progress=False)
"""

AGENTPY = """
import warnings
warnings.simplefilter("ignore")
import agentpy, numpy as np
from sim.model import InnovationModel
class Wrapped(agentpy.Model):
    def setup(self):
        self.inner = InnovationModel(rng=0, **{fixed}, **{{"flywheel.elasticity": float(self.p.elasticity)}})
    def step(self):
        self.inner.step()
        self.record("unit_cost", self.inner.tables.record["unit_cost"][self.inner.month - 1])
sample = agentpy.Sample({{"elasticity": agentpy.Range(0.0, 0.6), "steps": 12}}, n={runs})
agentpy.Experiment(Wrapped, sample, record=True).run(display=False)
"""

DESIGN = """base = "{base}"
[design]
kind = "grid"
levels = {runs}
replicates = 1
months = 12
[[factor]]
key = "flywheel.elasticity"
range = [0.0, 0.6]
[outcomes]
final = ["unit_cost", "users"]
"""


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--runs", type=int, default=2000)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument(
        "--two", action="store_true", help="only what runs in two processes of ours, against the bare model"
    )
    given.add_argument("--out", type=Path, help="write the table as JSON, too")
    options = given.parse_args()
    times: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        for name, side in sides(options.runs).items():
            if options.two and not name.startswith("bare") and not (name.startswith("flywheel") and "2" in name):
                continue
            begun = time.perf_counter()
            side()
            times.setdefault(name, []).append(time.perf_counter() - begun)
    report(times, options.runs, options.out)


def sides(runs: int) -> dict[str, Callable[[], None]]:
    given = {
        "bare model, one process": lambda: script(BARE, runs),
        "bare model, two processes": lambda: halves(runs),
        "flywheel, serial": lambda: sweep(runs, "serial"),
        "flywheel, 1 process": lambda: sweep(runs, "processes", 1),
        "flywheel, 2 processes": lambda: sweep(runs, "processes", 2),
        "mesa.batch_run, 2 processes": lambda: script(MESA, runs),
    }
    if importlib.util.find_spec("distributed"):
        given["flywheel, Dask, 2 workers"] = lambda: sweep(runs, "dask", 2)
    if importlib.util.find_spec("agentpy"):
        given["agentpy, one process"] = lambda: script(AGENTPY, runs)
    return given


def script(text: str, runs: int, part: int = 0, parts: int = 1) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "side.py")
        path.write_text(text.format(fixed=FIXED, runs=runs, part=part, parts=parts))
        call([str(path)])


def halves(runs: int) -> None:
    """What two processes can do at best on this machine: each half of the runs, nothing handed out or kept."""
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda part: script(BARE, runs, part, 2), range(2)))


def sweep(runs: int, engine: str, workers: int | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder, "base.toml")
        base.write_text("[diffusion]\nadopters = 200\n")
        Path(folder, "design.toml").write_text(DESIGN.format(base=base, runs=runs))
        count = [] if workers is None else ["--workers", str(workers)]
        where = [str(Path(folder, "design.toml")), "--out", str(Path(folder, "out"))]
        call(["-m", "experiments", "sweep", *where, "--engine", engine, *count])


def call(arguments: list[str]) -> None:
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *arguments], env=os.environ | one_thread, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}\n{done.stderr.decode()}")


def report(times: dict[str, list[float]], runs: int, out: Path | None) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{runs} runs, {len(next(iter(times.values())))} rounds; {machine}\n")
    bare = times["bare model, one process"]
    print(f"{'side':30} {'seconds':>8} {'least':>7} {'most':>7} {'ms a run':>9} {'bare / side':>12}")
    rows = []
    for name, seconds in times.items():
        ratio = statistics.median(b / s for b, s in zip(bare, seconds, strict=True))
        middle = statistics.median(seconds)
        rows.append({"side": name, "seconds": seconds, "ratio": ratio})
        print(
            f"{name:30} {middle:8.2f} {min(seconds):7.2f} {max(seconds):7.2f} {1e3 * middle / runs:9.2f} {ratio:12.2f}"
        )
    if out is not None:
        out.write_text(json.dumps({"machine": machine, "runs": runs, "sides": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
