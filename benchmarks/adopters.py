"""A month of the adopters: against the floor of the memory, others' ways to do it, and itself at other sizes.

    python -m benchmarks.adopters [--long]

All sides live in the world of ``benchmarks/world.py``, on one network, and follow the same rules. The adoption curves
of the others are held against ours first, and a side that disagrees ends the benchmark. Then, at 10^6 adopters: a month
in which about 0.7 % change against the floor and what those changes touch; a month in which next to nothing changes
against one plain pass over the columns; ten times the adopters; and idiomatic Mesa. ``--long`` takes more rounds.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.agreement import agreements, curves
from benchmarks.harness import Comparison, Part, Target, compare, run_alone
from benchmarks.sides import FLOOR, MESA, OBJECTS, OURS, REACHED, SPARSE, makers
from benchmarks.sides.floor import Floor, FloorOfChanges
from benchmarks.sides.flywheel import Flywheel
from benchmarks.world import MONTHS

MILLION = 1_000_000
QUIET = {"p": 2e-5, "q": 2e-4, "churn": 2e-5}  # 0.005 % change in a month
LARGER = "ten times as many"
ARRAYS = (OURS, SPARSE, FLOOR, REACHED)


class Stage(NamedTuple):
    """One size: its sides, and how many rounds of how many months they run."""

    adopters: int
    sides: tuple[str, ...]
    rounds: int
    months: int


PLAN = (
    Stage(10_000, (*ARRAYS, MESA), 3, 10),
    Stage(100_000, (*ARRAYS, MESA), 3, 3),
    Stage(MILLION, ARRAYS, 6, 10),
    Stage(10 * MILLION, (OURS, FLOOR, REACHED), 4, 5),
    Stage(MILLION, (OURS, MESA), 3, 1),  # last: Mesa's cells stay in its caches for ever
)


def measure(long: bool = False) -> Part:
    """Check that the sides are one model, and time them.

    Raises:
        SystemExit: a side is another model than ours.
    """
    agreed = check(10_000, MONTHS, ours=60, theirs=6)
    warm_up()
    plan = [stage._replace(rounds=2 * stage.rounds) for stage in PLAN] if long else PLAN
    quiet, still = calm(MILLION, rounds=10 if long else 6)
    ten = tenfold(MILLION, rounds=10 if long else 6)
    done = [run(stage) for stage in plan]
    comparisons, shares = [found for found, _ in done], [share for _, share in done]
    found = {"agreement": agreed, "stages": [stage._asdict() for stage in plan], "changing": shares, "quiet": still}
    return Part("adopters", [*comparisons, quiet, ten], targets(plan, comparisons, shares[2], quiet, still, ten), found)


def targets(
    plan: Sequence[Stage],
    comparisons: Sequence[Comparison],
    share: float,
    quiet: Comparison,
    still: float,
    ten: Comparison,
) -> list[Target]:
    """Return what was wanted of a month."""
    found = {
        (stage.adopters, side): each for stage, each in zip(plan, comparisons, strict=True) for side in stage.sides
    }
    busy = found[MILLION, REACHED].ratio(OURS, REACHED)
    return [
        Target(f"10^6 adopters, {share:.2%} change: ours / floor, and changes", 1.5, busy),
        Target(f"10^6 adopters, {still:.3%} change: ours / one plain pass", 0.25, quiet.ratio(OURS, FLOOR)),
        Target("10^7 / 10^6 adopters: a month of ours", 10.0, ten.ratio(LARGER)),
        Target("10^6 adopters: month of Mesa / ours", 700.0, found[MILLION, MESA].ratio(MESA), at_least=True),
    ]


def check(
    adopters: int, months: int, ours: int, theirs: int, sides: Sequence[str] = (*OBJECTS, SPARSE)
) -> dict[str, Any]:
    """Hold the curves of the sides, over so many seeds of ours and of theirs, against ours; return how far they are.

    Raises:
        SystemExit: a side is another model than ours.
    """
    make = makers(Flywheel(adopters, 0).world(), sides)
    mine = curves(lambda seed: Flywheel(adopters, seed), range(ours), months)
    # Each has seeds of its own: Mesa and agentpy would draw the same numbers from Python's generator.
    seeds = {name: range(1000 * n, 1000 * n + theirs) for n, name in enumerate(make, start=1)}
    found = agreements(mine, {name: curves(make[name], seeds[name], months) for name in make}, adopters)
    for name, each in found.items():
        print(f"{name}: {each.errors:.2f} standard errors from ours, bound {each.bound:.2f}")
        if not each.holds:
            raise SystemExit(f"another model than ours, by its adoption curves: {name}")
    return {name: each._asdict() for name, each in found.items()}


def run(stage: Stage) -> tuple[Comparison, float]:
    """Time the sides of one size in seconds a month; return the mean share that changes in a month, too."""
    changed, share = changes(stage.adopters, stage.rounds * stage.months)
    ours = Flywheel(stage.adopters, 1)
    world = ours.world()
    others = [name for name in stage.sides if name not in (OURS, REACHED)]
    sides: dict[str, Any] = {OURS: ours} | {name: make(1) for name, make in makers(world, others).items()}
    if REACHED in stage.sides:
        sides[REACHED] = FloorOfChanges(world, changed)
    gc.collect()
    title = f"a month of {stage.adopters:,} adopters"
    clocks = {name: _clock(sides[name], stage.months) for name in stage.sides}
    found = compare(clocks, stage.rounds, OURS, title=title, warm_up=False)
    print(found.table(), "\n")
    return found, share


def warm_up() -> None:
    """Let the floors be compiled."""
    FloorOfChanges(Flywheel(500, 0).world(), [np.arange(9)]).step()


def changes(adopters: int, months: int) -> tuple[list[Any], float]:
    """Return the rows of who changes in each month, and their mean share."""
    ours, rows = Flywheel(adopters, 1), []
    for _ in range(months):
        was = ours.tables.crowd.adopters.choice.copy()
        ours.step()
        rows.append(np.flatnonzero(ours.tables.crowd.adopters.choice != was))
    return rows, float(np.mean([len(each) for each in rows])) / adopters


def calm(adopters: int, rounds: int) -> tuple[Comparison, float]:
    """Time quiet months, without a change of what is on offer, against one pass over the columns."""
    ours = Flywheel(adopters, 1, **QUIET)
    for _ in range(2):
        ours.step()
    share = ours.changed() / adopters
    clocks = {OURS: _clock(ours, 2), FLOOR: _clock(Floor(ours.world()), 2)}
    found = compare(clocks, rounds, OURS, title=f"a quiet month of {adopters:,} adopters", warm_up=False)
    print(found.table(), "\n")
    return found, share


def tenfold(adopters: int, rounds: int) -> Comparison:
    """Time the same months of ours with so many adopters, and with ten times as many."""
    clocks = {name: _clock(Flywheel(by * adopters, 1), 3) for name, by in ((OURS, 1), (LARGER, 10))}
    found = compare(clocks, rounds, OURS, title=f"a month of {adopters:,} adopters", warm_up=False)
    print(found.table(), "\n")
    return found


def _clock(side: Any, months: int) -> Callable[[], float]:
    """Return a side of a comparison: it moves a run on by so many months and says the seconds a month."""

    def timed() -> float:
        begun = time.perf_counter()
        for _ in range(months):
            side.step()
        return (time.perf_counter() - begun) / months

    return timed


if __name__ == "__main__":
    run_alone(measure, __doc__)
