"""The store at scale: what a driver holds in memory, how fast it keeps runs, and how soon a large sweep is open.

    python -m benchmarks.store [--rounds 5] [--out FILE]

Sweeps of 1,000, 10,000 and 100,000 runs of a small task in place of the model go through the real driver, each in a
process of its own. Then the largest is opened, filtered and aggregated, against reading the same bytes: each side as
its user meets it, from a fresh Python process to its end, in turn and several times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REPLICATES, MONTHS = 10, 12
SIZES = (1_000, 10_000, 100_000)

DESIGN = """base = "base.toml"
[design]
kind = "latin-hypercube"
points = {points}
replicates = {replicates}
[[factor]]
key = "flywheel.elasticity"
range = [0.0, 0.6]
[[factor]]
key = "firm.openness"
range = [0.0, 1.0]
[outcomes]
final = ["unit_cost", "users"]
mean = ["unit_cost"]
series = ["users"]
"""

DRIVE = """
import json, time
from pathlib import Path
from experiments.sweep.design import read_design
from experiments.sweep.session import Options, sweep
begun = time.perf_counter()
sweep(read_design(Path({design!r})), Path({store!r}), Options(engine="serial", task="benchmarks.store:small"))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps(dict(seconds=time.perf_counter() - begun, peak_kb=int(status["VmHWM"].split()[0]))))
"""

BYTES = """
from pathlib import Path
print(sum(len(path.read_bytes()) for path in sorted(Path({store!r}).glob("*.parquet"))))
"""

PYARROW = """
import pyarrow.parquet as pq
from pathlib import Path
print(sum(pq.read_table(path).num_rows for path in sorted(Path({store!r}).glob("*.parquet"))))
"""

RUNS = """
import experiments
runs = experiments.load({store!r}).runs
chosen = runs[(runs.status == "done") & (runs["flywheel.elasticity"] > 0.3)]
print(chosen.groupby("point")["final.unit_cost"].agg(["mean", "std"]).shape)
"""

SERIES = (
    RUNS
    + """
series = experiments.load({store!r}).series
print(series[series.run_id.isin(chosen.run_id)].groupby("month")["users"].quantile([0.1, 0.5, 0.9]).shape)
"""
)


def small(parameters: Any, seed: int, edges: Any) -> dict[str, list[float]]:  # noqa: ARG001
    """Show random numbers in place of the model."""
    import numpy as np

    from sim.outcomes import COLUMNS

    key = [seed, int(parameters.flywheel.elasticity * 1e12), int(parameters.firm.openness * 1e12)]
    values = np.random.default_rng(key).normal(size=(len(COLUMNS), MONTHS)).tolist()
    return dict(zip((column.name for column in COLUMNS), values, strict=True))


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--runs", type=int, nargs="+", default=list(SIZES), help="sizes of the sweeps")
    given.add_argument("--out", type=Path, help="write the figures as JSON, too")
    options = given.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; a run is {MONTHS} months of random numbers\n")
    with tempfile.TemporaryDirectory() as folder:
        driven = [drive(Path(folder), runs) for runs in options.runs]
        report_drives(driven)
        opened = open_in_turn(Path(folder, f"s{options.runs[-1]}"), options.rounds)
        report_openings(opened, options.runs[-1], options.rounds)
    if options.out is not None:
        found = {"machine": machine, "drives": driven, "openings": opened}
        options.out.write_text(json.dumps(found, indent=1) + "\n")


def drive(folder: Path, runs: int) -> dict[str, float]:
    """Sweep so many runs in a process of its own; return its seconds, speed, peak memory and bytes on disk."""
    design, store = folder / f"{runs}.toml", folder / f"s{runs}"
    (folder / "base.toml").write_text("")
    design.write_text(DESIGN.format(points=runs // REPLICATES, replicates=REPLICATES))
    said = json.loads(call(DRIVE.format(design=str(design), store=str(store))))
    speed = json.loads((store / "progress.json").read_text())["runs_per_second"]
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    return {"runs": runs, "runs_per_second_driving": speed, "bytes": size, **said}


def open_in_turn(store: Path, rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each way to open a store takes, a round after the other."""
    live = store.with_name("live")
    shutil.copytree(store, live)
    connection = sqlite3.connect(live / "ledger.sqlite")
    connection.execute("DELETE FROM meta WHERE key = 'exported'")
    connection.commit()
    connection.close()
    sides = {
        "read the bytes of the exports": BYTES.format(store=str(store)),
        "read them by pyarrow": PYARROW.format(store=str(store)),
        "runs: open, filter, aggregate": RUNS.format(store=str(store)),
        "runs and series: the same": SERIES.format(store=str(store)),
        "runs, while a driver runs": RUNS.format(store=str(live)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, text in sides.items():
            begun = time.perf_counter()
            call(text)
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def call(text: str) -> str:
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", text], env=os.environ | alone, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{text}\n{done.stderr}")
    return done.stdout


def report_drives(driven: list[dict[str, float]]) -> None:
    print(f"{'runs':>9} {'seconds':>8} {'runs/s in all':>14} {'runs/s driving':>15} {'peak MB':>8} {'MB on disk':>11}")
    for each in driven:
        print(
            f"{each['runs']:9,} {each['seconds']:8.2f} {each['runs'] / each['seconds']:14,.0f} "
            f"{each['runs_per_second_driving']:15,.0f} {each['peak_kb'] / 1024:8.0f} {each['bytes'] / 1e6:11.1f}"
        )


def report_openings(opened: dict[str, list[float]], runs: int, rounds: int) -> None:
    print(
        f"\n{runs:,} runs, {rounds} rounds\n{'side':32} {'seconds':>8} {'least':>7} {'most':>7} {'more than bytes':>16}"
    )
    bare = opened["read the bytes of the exports"]
    for name, seconds in opened.items():
        more = statistics.median(one - other for one, other in zip(seconds, bare, strict=True))
        print(f"{name:32} {statistics.median(seconds):8.2f} {min(seconds):7.2f} {max(seconds):7.2f} {more:16.2f}")


if __name__ == "__main__":
    main()
