"""Sweeps: against two bare processes that make the same runs, by each engine, and against what others sweep with.

    python -m benchmarks.sweeps [--long] [--runs 2000] [--rounds 3] [--million] [--out FILE]

A side is timed as its user meets it: a fresh process from its start to its end, imports, workers, ledger, parts and
exports included, on two processes where nothing else is said. A default run is of the world in ``benchmarks.classic``
and keeps the last value of every column. Each round times all sides in turn. What is wanted of 100,000 runs is judged
with as many (``--long``), as the start weighs less then; ``--million`` makes only the one of 1,000,000 runs, once.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks import peers
from benchmarks.classic import CLASSIC, TOML
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
from benchmarks.usage import Usage, python

BARE, BARE_ONE = "two bare processes", "one bare process"
SWEEP = "flywheel sweep"
ONE, TWO, DASK = "1 process", "2 processes", "Dask, 2 workers"
THREAD, THREADS = "1 thread", "2 threads"
ENGINES = {
    ONE: ("processes", 1),
    TWO: ("processes", 2),
    DASK: ("dask", 2),
    THREAD: ("threads", 1),
    THREADS: ("threads", 2),
}
OURS = "flywheel sweep, 2 processes"
WANTED, MILLION = 100_000, 1_000_000
REPLICATES = 10  # of the points of a design that has some

DEFAULT = f"""base = "base.toml"
[design]
kind = "grid"
replicates = {{runs}}
[[factor]]
key = "flywheel.elasticity"
values = [{CLASSIC.flywheel.elasticity}]
"""

WIDE = """base = "base.toml"
[design]
kind = "latin-hypercube"
points = {runs}
""" + "".join(
    f"""[[factor]]
key = "{key}"
range = [{low}, {high}]
"""
    for key, low, high in [
        ("flywheel.elasticity", 0.0, 0.6), ("firm.openness", 0.0, 1.0), ("firm.capacity", 300.0, 900.0),
        ("diffusion.p", 0.001, 0.005), ("diffusion.q", 0.01, 0.06), ("diffusion.churn", 0.0, 0.02),
    ]
)  # fmt: skip

SEEDED = WIDE.replace("points = {runs}", f"points = {{points}}\nreplicates = {REPLICATES}")

TINY = """[run]
months = 3
[diffusion]
adopters = 30
[rival]
count = 0
"""

PLAN = """
import time
from pathlib import Path
from experiments.sweep.design import read_design
from experiments.sweep.ledger import Ledger
from experiments.sweep.plan import plan
for path in {designs!r}:
    design, folder = read_design(Path(path)), Path(path).with_suffix(".out")
    folder.mkdir()
    with Ledger.write(folder) as ledger:
        begun = time.perf_counter()
        plan(ledger, design)
        print(time.perf_counter() - begun)
"""

READY = """
import time
from experiments.provenance.identity import identity
from experiments.sweep.engines import open_engine
from experiments.sweep.tasks import Context, Job, order_of, run_batch
columns = ("month", "unit_cost")
order = order_of(Context(CLASSIC.model_dump_json(), None, columns, ()), identity(columns))
begun = time.perf_counter()
with open_engine("processes", 1) as engine:
    report = engine.executor.submit(run_batch, order, [Job(0, "{}", 0)]).result()
    print(time.perf_counter() - begun)
assert report.model == order.model and not report.fault, report
"""


def measure(long: bool = False) -> Part:
    """Measure all about sweeps, in some minutes; with ``long`` in an hour or so."""
    return measure_at(WANTED if long else 2_000, 3)


def measure_at(runs: int, rounds: int) -> Part:
    """Measure all about sweeps with so many default runs to a side, and with fewer where a run is known from them."""
    tools = peers.present()
    if DASK not in sides(runs):
        print("distributed is not installed: Dask takes no part (pip install distributed)")
    engines, used = time_sides(runs, rounds)
    print(engines.table(), "\n")
    print(second_core(engines), "\n")
    print(where_it_goes(used, runs), "\n")
    around = overhead(max(runs // 10, 1_000), max(runs, 10_000), rounds)
    planned = Spread.of([plan_a_point(WANTED) for _ in range(rounds)])
    ready = Spread.of([seconds_until_ready() for _ in range(rounds)])
    few, many = (200, 2_200) if runs >= WANTED else (50, 450)
    others = time_tools(tools, few, many, rounds)
    print(others.table(), "\n")
    targets = [
        *targets_of(engines, runs),
        Target("overhead of the driver a run, ms", 0.05, _times(around, 1e3)),
        Target("planning a point of 6 factors, µs", 20.0, _times(planned, 1e6)),
        Target("a worker process ready, seconds", 1.0, ready),
    ]
    found = {
        "runs": runs,
        "usage": {side: [each.numbers() for each in of_side] for side, of_side in used.items()},
        "peers_over_ours": {tool: others.ratio(tool)._asdict() for tool in others.seconds if tool != OURS},
    }
    return Part("sweeps", [engines, others], targets, found)


def sides(runs: int) -> dict[str, Callable[[], Usage]]:
    """Return what makes and keeps so many default runs, by name."""
    engines = {name: how for name, how in ENGINES.items() if name != DASK or find_spec("distributed")}
    return {
        BARE_ONE: partial(bare, runs, 1),
        BARE: partial(bare, runs, 2),
        SWEEP: partial(sweep, runs),
        **{name: partial(sweep, runs, engine=engine, workers=workers) for name, (engine, workers) in engines.items()},
    }


def time_sides(
    runs: int, rounds: int, wanted: tuple[str, ...] | None = None
) -> tuple[Comparison, dict[str, list[Usage]]]:
    """Time the sides, or those that are wanted, in turns; return what each took, too."""
    used: dict[str, list[Usage]] = {}

    def noted(name: str, side: Callable[[], Usage]) -> Callable[[], float]:
        def run() -> float:
            used.setdefault(name, []).append(side())
            return used[name][-1].seconds

        return run

    chosen = {name: noted(name, side) for name, side in sides(runs).items() if wanted is None or name in wanted}
    bare(1, 1)  # compiles, if need be
    return compare(chosen, rounds, BARE, title=f"{runs:,} default runs", warm_up=False), used


def bare(runs: int, processes: int) -> Usage:
    """Make default runs with nothing around them."""
    with tempfile.TemporaryDirectory() as folder:
        return python("-m", "benchmarks.sides.bare", str(runs), str(processes), str(Path(folder, "kept.npy")))


def sweep(
    runs: int, design: str = DEFAULT, base: str = TOML, engine: str | None = None, workers: int | None = None
) -> Usage:
    """Sweep so many runs into a folder that is then removed, by the command line; the engine is its choice if None."""
    with tempfile.TemporaryDirectory() as folder:
        return sweep_into(Path(folder, "out"), runs, design, base, engine, workers)


def sweep_into(
    store: Path, runs: int, design: str, base: str = TOML, engine: str | None = None, workers: int | None = None
) -> Usage:
    """Sweep so many runs into a folder; its design lies beside it.

    Raises:
        SystemExit: not all of them are done.
    """
    written = design_file(store.parent, runs, design, base)
    how = [*(["--engine", engine] if engine else []), *(["--workers", str(workers)] if workers else [])]
    used = python("-m", "experiments", "sweep", str(written), "--out", str(store), *how)
    if f"{runs} of {runs} runs done" not in used.said:
        raise SystemExit(f"a sweep of {runs} runs says: {used.said}")
    return used


def design_file(folder: Path, runs: int, design: str, base: str) -> Path:
    """Write a design and its base, and return the design."""
    Path(folder, "base.toml").write_text(base)
    written = Path(folder, f"{runs}.toml")
    written.write_text(design.format(runs=runs, points=runs // REPLICATES))
    return written


def overhead(few: int, many: int, rounds: int) -> Spread:
    """Return the processor seconds of the driver that a further run takes: planned, handed out, kept, exported.

    The runs are tiny, so that the driver has no time to wait, ten to a point of six factors; each keeps the last value
    of every column.
    """
    spent = []
    for _ in range(rounds):
        less, more = (sweep(runs, SEEDED, TINY, "processes", 2).own for runs in (few, many))
        spent.append((more - less) / (many - few))
    return Spread.of(spent)


def plan_a_point(points: int) -> float:
    """Return the seconds in which a further point of six factors is planned, once what all share is loaded."""
    few = max(points // 100, 1)
    with tempfile.TemporaryDirectory() as folder:
        designs = [str(design_file(Path(folder), count, WIDE, "")) for count in (few, points)]
        less, more = map(float, python("-c", PLAN.format(designs=designs)).said.split())
    return (more - less) / (points - few)


def seconds_until_ready() -> float:
    """Return the seconds from opening an engine of one worker process to its first report of a run."""
    return float(python("-c", READY).said)


def time_tools(tools: list[str], few: int, many: int, rounds: int) -> Comparison:
    """Time a further default run, made and kept, by ours and by others' tools, in turns; without any start."""

    def ours() -> float:
        less, more = (sweep(runs, engine="processes", workers=2).seconds for runs in (10 * few, 10 * many))
        return (more - less) / (10 * (many - few))

    theirs = {name: lambda name=name: peers.seconds_a_run(name, few, many) for name in tools}
    return compare({OURS: ours, **theirs}, rounds, OURS, title="a further default run, kept", warm_up=False)


def targets_of(engines: Comparison, runs: int) -> list[Target]:
    """Return what is wanted of sweeps of 100,000 runs; of fewer it is only told."""
    wanted = [
        (f"sweep / {BARE}", 1.03, SWEEP, BARE, False),
        ("processes, one / two", 1.9, ONE, TWO, True),
        ("one process / Dask with two workers", 1.85, ONE, DASK, True),
    ]
    told = []
    for what, bound, side, against, at_least in wanted:
        if not {side, against} <= set(engines.seconds):
            told.append(Target(f"{WANTED:,} runs, {what}", bound, None, at_least, "not installed"))
            continue
        ratio = engines.ratio(side, against)
        if runs < WANTED:
            note = f"of {runs:,} runs {brief(ratio.median)} ({brief(ratio.least)} to {brief(ratio.most)}); try --long"
            told.append(Target(f"{WANTED:,} runs, {what}", bound, None, at_least, note))
        else:
            told.append(Target(f"{runs:,} runs, {what}", bound, ratio, at_least))
    return told


def second_core(engines: Comparison) -> str:
    """Return a table of how many times as long one worker takes as two, and what that is for the bare model."""
    pairs = [(BARE_ONE, BARE), (ONE, TWO), (ONE, DASK), (THREAD, THREADS)]
    rows = [
        [f"{one} / {two}", *(f"{value:.2f}" for value in engines.ratio(one, two))]
        for one, two in pairs
        if {one, two} <= set(engines.seconds)
    ]
    return table(["what the second core is worth", "", "least", "most"], rows)


def where_it_goes(used: dict[str, list[Usage]], runs: int) -> str:
    """Return a table of the time of a sweep on two processes: milliseconds of both cores together, a run."""
    rows = []
    for side in (BARE, TWO):
        both = [2.0 * each.seconds for each in used[side]]
        parts = {
            "two cores × seconds": both,
            "workers' processor time": [each.others for each in used[side]],
            "the first process's own": [each.own for each in used[side]],
            "neither": [all_ - each.own - each.others for all_, each in zip(both, used[side], strict=True)],
        }
        for part, seconds in parts.items():
            rows.append([f"{side}: {part}", *(brief(1e3 * value / runs) for value in Spread.of(seconds))])
    return table(["where the time goes, ms a run", "", "least", "most"], rows)


def million() -> Part:
    """Sweep 1,000,000 default runs once, as a user would."""
    used = sweep(MILLION)
    minutes = used.seconds / 60.0
    print(f"1,000,000 default runs: {minutes:.1f} minutes, {used.peak:.0f} MB held by the driver at most\n")
    target = Target("1,000,000 default runs, kept, two cores, minutes", 15.0, Spread.of([minutes]), note="once")
    return Part("million", [], [target], {"usage": used.numbers()})


def _times(spread: Spread, factor: float) -> Spread:
    return Spread(*(factor * value for value in spread))


def main() -> None:
    """Measure what is asked for, print its targets, and write them if told where."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--long", action="store_true", help=f"{WANTED:,} default runs to a side")
    given.add_argument("--runs", type=int, help="so many default runs to a side")
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--million", action="store_true", help="only the one sweep of 1,000,000 default runs")
    given.add_argument("--out", type=Path, help="write what was found as JSON, too")
    options = given.parse_args()
    described = machine()
    print(", ".join(f"{what} {value}" for what, value in described.items()), f"load {os.getloadavg()[0]:.1f}\n")
    runs = options.runs or (WANTED if options.long else 2_000)
    part = million() if options.million else measure_at(runs, options.rounds)
    print(target_table(part.targets))
    if options.out is not None:
        comparisons = [{"title": each.title, "seconds": each.seconds} for each in part.comparisons]
        write_json(options.out, {"machine": described, "comparisons": comparisons, "found": part.found})


if __name__ == "__main__":
    main()
