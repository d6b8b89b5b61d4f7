"""The table of a fit: against the same points in bare compiled calls, on one core and on two, and for how long.

    python -m benchmarks.fit [--runs 20000] [--rounds 3] [--out FILE]

The points are the first of the project's own fit, ``configs/fit/case.toml``. A table is made as ``flywheel fit`` makes
it, on threads: planned, with the readings of the case, and kept. Against it stands one thread that makes the runs and
keeps nothing ("bare"). Each side is a fresh process from its start to its end. Each round times all sides in turns,
with a quarter of the runs and with all; what a further run takes is the slope between, so without any start. With few
runs the start drowns it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

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
from benchmarks.sweeps import MILLION
from benchmarks.usage import Usage, python

BARE, ONE, TWO = "bare, 1 thread", "1 worker", "2 workers"
CORES = {BARE: 1, ONE: 1, TWO: 2}
RUNS = 20_000
WANTED = 45.0  # minutes of 1,000,000 runs on two cores

TABLE = """
from pathlib import Path
from experiments.fit.config import default_fit, read_fit
from experiments.fit.table import table_design
from experiments.sweep.session import Options, sweep
design = table_design(read_fit(default_fit()), {runs})
print(sweep(design, Path({store!r}), Options("threads", {workers})).done)
"""


def measure_at(runs: int, rounds: int) -> Part:
    """Time all sides with a quarter of so many runs, 4 at least, and with all of them."""
    few = runs // 4
    bare(few)  # compiles, if need be
    used: dict[str, list[Usage]] = {}

    def noted(name: str, side: Callable[[], Usage]) -> float:
        used.setdefault(name, []).append(side())
        return used[name][-1].seconds

    sides = {
        name_of(side, count): partial(noted, name_of(side, count), partial(make, count))
        for count in (few, runs)
        for side, make in ((BARE, bare), (ONE, partial(swept, workers=1)), (TWO, partial(swept, workers=2)))
    }
    compared = compare(sides, rounds, name_of(BARE, runs), title="from a fresh process to its end", warm_up=False)
    print(compared.table(), "\n")
    print(rates(compared, runs), "\n")
    print(processor(used, runs), "\n")
    print(ratios(compared, runs), "\n")
    usage = {side: [each.numbers() for each in of_side] for side, of_side in used.items()}
    return Part("fit", [compared], targets_of(compared, used, runs), {"runs": runs, "usage": usage})


def name_of(side: str, runs: int) -> str:
    """Return the name of a side with so many runs."""
    return f"{side}: {runs:,} runs"


def bare(runs: int) -> Usage:
    """Make the first runs of the fit with nothing around them.

    Raises:
        SystemExit: not all of them are done.
    """
    return _checked(python("-m", "benchmarks.sides.blocks", str(runs)), runs)


def swept(runs: int, workers: int) -> Usage:
    """Make the table of so many runs in a folder that is then removed.

    Raises:
        SystemExit: not all of them are done.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = TABLE.format(runs=runs, store=str(Path(folder, "table")), workers=workers)
        return _checked(python("-c", made), runs)


def _checked(used: Usage, runs: int) -> Usage:
    if used.said.split() != [f"{runs}"]:
        raise SystemExit(f"{runs} runs of a fit say: {used.said}")
    return used


def further(compared: Comparison, side: str, runs: int) -> list[float]:
    """Return the seconds that a further run takes, without any start, a number a round; none if the start drowns it."""
    few, many = runs // 4, runs
    less, more = (compared.seconds[name_of(side, count)] for count in (few, many))
    found = [(mine - its) / (many - few) for mine, its in zip(more, less, strict=True)]
    return found if min(found) > 0.0 else []


def rates(compared: Comparison, runs: int) -> str:
    """Return a table of the runs that a core makes in a second: from start to end, and of further ones."""
    rows = []
    for side, cores in CORES.items():
        whole = [seconds / runs for seconds in compared.seconds[name_of(side, runs)]]
        for what, each in (("from start to end", whole), ("further ones", further(compared, side, runs))):
            made = [1.0 / (seconds * cores) for seconds in each]
            rows.append([f"{side}: {what}", *(map(brief, Spread.of(made)) if made else ["too few runs", "", ""])])
    return table([f"runs a second and core, {runs:,} runs", "", "least", "most"], rows)


def processor(used: dict[str, list[Usage]], runs: int) -> str:
    """Return a table of the processor time that a further run takes, which other work on the machine hardly moves."""
    rows = []
    for side in CORES:
        less, more = (used[name_of(side, count)] for count in (runs // 4, runs))
        spent = [1e3 * (mine.own - its.own) / (runs - runs // 4) for mine, its in zip(more, less, strict=True)]
        rows.append([side, *map(brief, Spread.of(spent))])
    return table(["processor time of a further run, ms", "", "least", "most"], rows)


def ratios(compared: Comparison, runs: int) -> str:
    """Return a table of how many times as long one worker takes as the bare calls, and as two workers."""
    rows = [
        [f"{ONE} / {other}", *(f"{value:.2f}" for value in compared.ratio(name_of(ONE, runs), name_of(other, runs)))]
        for other in (BARE, TWO)
    ]
    return table([f"times as long, {runs:,} runs", "", "least", "most"], rows)


def targets_of(compared: Comparison, used: dict[str, list[Usage]], runs: int) -> list[Target]:
    """Return what is wanted of a table: that many runs are soon made, and that its driver's memory is level."""
    minutes = [MILLION * seconds / 60.0 for seconds in further(compared, TWO, runs)]
    known, note = (Spread.of(minutes), "") if minutes else (None, "too few runs")
    less, more = (used[name_of(TWO, count)] for count in (runs // 4, runs))
    grown = Spread.of([mine.peak / its.peak for mine, its in zip(more, less, strict=True)])
    held = f"{less[0].peak:.0f} and {more[0].peak:.0f} MB"
    return [
        Target(f"{MILLION:,} further runs of a fit's table, 2 workers, minutes", WANTED, known, note=note),
        Target(f"its driver's peak memory, {runs:,} / {runs // 4:,} runs", 1.1, grown, note=held),
    ]


def main() -> None:
    """Measure with as many runs as are asked for, print the targets, and write them if told where."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--runs", type=int, default=RUNS, help="runs of a table, 4 at least")
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--out", type=Path, help="write what was found as JSON, too")
    options = given.parse_args()
    if options.runs < 4 or options.rounds < 1:
        given.error("needs 4 runs and 1 round at least")
    described = machine()
    print(", ".join(f"{what} {value}" for what, value in described.items()), f"load {os.getloadavg()[0]:.1f}\n")
    part = measure_at(options.runs, options.rounds)
    print(target_table(part.targets))
    if options.out is not None:
        seconds = part.comparisons[0].seconds
        write_json(options.out, {"machine": described, "seconds": seconds, "found": part.found})


if __name__ == "__main__":
    main()
