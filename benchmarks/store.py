"""The store at scale: what a driver holds in memory, and how soon a large sweep is open.

    python -m benchmarks.store [--long] [--runs 10000 100000] [--rounds 3] [--out FILE]

Sweeps of tiny runs go through the command line on two processes: three months of thirty adopters, of which two last
values, a mean and a series are kept. Then the largest is opened, filtered and aggregated, against reading the same
bytes: each side as its user meets it, from a fresh Python process to its end, in turn. With ``--long`` there are
1,000,000 runs.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import (
    Comparison,
    Part,
    Spread,
    Target,
    brief,
    compare,
    machine,
    table,
    target_table,
    write_json,
)
from benchmarks.sweeps import MILLION, TINY, sweep_into
from benchmarks.usage import python

SIZES = (10_000, 100_000)
BYTES, PYARROW = "read the bytes of the exports", "read them by pyarrow"
RUNS, SERIES = "runs: open, filter, aggregate", "runs and series: the same"

DESIGN = """base = "base.toml"
[design]
kind = "latin-hypercube"
points = {points}
replicates = 10
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

_RUNS = """
import experiments
runs = experiments.load({store!r}).runs
chosen = runs[(runs.status == "done") & (runs["flywheel.elasticity"] > 0.3)]
print(chosen.groupby("point")["final.unit_cost"].agg(["mean", "std"]).shape)
"""
SIDES = {
    BYTES: """
from pathlib import Path
print(sum(len(path.read_bytes()) for path in sorted(Path({store!r}).glob("*.parquet"))))
""",
    PYARROW: """
import pyarrow.parquet as pq
from pathlib import Path
print(sum(pq.read_table(path).num_rows for path in sorted(Path({store!r}).glob("*.parquet"))))
""",
    RUNS: _RUNS,
    SERIES: _RUNS
    + """
series = experiments.load({store!r}).series
print(series[series.run_id.isin(chosen.run_id)].groupby("month")["users"].quantile([0.1, 0.5, 0.9]).shape)
""",
}


def measure(long: bool = False) -> Part:
    """Measure the driver's memory, and the opening of the largest store."""
    return measure_at((*SIZES, MILLION) if long else SIZES, 3)


def measure_at(sizes: tuple[int, ...], rounds: int) -> Part:
    """Sweep so many runs each, the most last, and open the last."""
    with tempfile.TemporaryDirectory() as folder:
        swept = [drive(Path(folder), runs) for runs in sizes]
        opened = open_in_turn(Path(folder, f"{sizes[-1]}"), rounds)
    rows = [[f"{each['runs']:,}", *(brief(value) for what, value in each.items() if what != "runs")] for each in swept]
    print(table(["runs", "seconds", "driver's processor time", "its peak, MB", "on disk, MB"], rows), "\n")
    print(f"{sizes[-1]:,} runs", opened.table(), sep="\n", end="\n\n")
    return Part("store", [opened], targets_of(swept, opened), {"sweeps": swept})


def drive(folder: Path, runs: int) -> dict[str, float]:
    """Sweep so many runs into a folder of their number; return seconds, memory and bytes on disk."""
    store = folder / f"{runs}"
    used = sweep_into(store, runs, DESIGN, TINY, "processes", 2)
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    return {"runs": runs, "seconds": used.seconds, "own": used.own, "peak": used.peak, "megabytes": size / 1e6}


def open_in_turn(store: Path, rounds: int) -> Comparison:
    """Time each way to open a store in turns."""

    def side(text: str) -> float:
        return python("-c", text.format(store=str(store))).seconds

    sides = {name: lambda text=text: side(text) for name, text in SIDES.items()}
    return compare(sides, rounds, BYTES, title="from a fresh process to its end")


def targets_of(swept: list[dict[str, Any]], opened: Comparison) -> list[Target]:
    """Return what is wanted of the store: level memory, and of 1,000,000 runs that they are soon open."""
    most = int(swept[-1]["runs"])
    grown = Spread.of([swept[-1]["peak"] / swept[0]["peak"]])
    more = Spread.of([mine - its for mine, its in zip(opened.seconds[RUNS], opened.seconds[BYTES], strict=True)])
    memory = Target(f"driver's peak memory, {most:,} / {int(swept[0]['runs']):,} runs", 1.1, grown, note="once")
    opening = f"{MILLION:,} stored runs: opened, filtered, aggregated, seconds beyond reading the bytes"
    if most < MILLION:
        note = f"of {most:,} runs {brief(more.median)} ({brief(more.least)} to {brief(more.most)}); try --long"
        return [memory, Target(opening, 2.0, None, note=note)]
    return [memory, Target(opening, 2.0, more)]


def main() -> None:
    """Measure at the sizes asked for, print the targets, and write them if told where."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--long", action="store_true", help="1,000,000 runs, too")
    given.add_argument("--runs", type=int, nargs="+", help="sizes of the sweeps, the most last")
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--out", type=Path, help="write what was found as JSON, too")
    options = given.parse_args()
    sizes = tuple(options.runs) if options.runs else (*SIZES, MILLION) if options.long else SIZES
    part = measure_at(sizes, options.rounds)
    print(target_table(part.targets))
    if options.out is not None:
        opened = part.comparisons[0].seconds
        write_json(options.out, {"machine": machine(), "seconds": opened, "found": part.found})


if __name__ == "__main__":
    main()
