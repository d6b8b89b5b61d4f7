"""A month of diffusion: ours against idiomatic Mesa, agentpy, a full sparse product, and the floor of the memory.

    python -m benchmarks.diffusion [--long]

All sides live in the world of ``benchmarks/world.py`` and follow the same rules. Before anything is timed their
adoption curves are held against ours, and a side that disagrees ends the benchmark. Each side is set up once a size,
apart; then every round moves every side on by the same months, in turns. Object code takes seconds a month at 10^6
adopters and a minute to set up: there Mesa is asked for three months only, agentpy with ``--long`` only, and neither at
10^7.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from benchmarks import growth
from benchmarks.agreement import agreements, curves
from benchmarks.harness import Comparison, Part, Target, brief, compare, run_alone, table
from benchmarks.sides import ARRAYS, FLOOR, MESA, OBJECTS, OURS, REACHED, SPARSE, makers
from benchmarks.world import MONTHS, build

MILLION = 1_000_000


class Stage(NamedTuple):
    """One size: its sides, and how many rounds of how many months they run."""

    adopters: int
    sides: tuple[str, ...]
    rounds: int
    months: int


PLAN = (
    Stage(10_000, (*ARRAYS, *OBJECTS), 6, 10),
    Stage(100_000, (*ARRAYS, *OBJECTS), 6, 10),
    Stage(MILLION, ARRAYS, 6, 10),
    Stage(10 * MILLION, ARRAYS, 4, 3),
    Stage(MILLION, (OURS, MESA), 3, 1),  # last: Mesa's cells stay in its caches for ever
)
LONG = (*PLAN[:3], Stage(10 * MILLION, ARRAYS, 6, 10), Stage(MILLION, (OURS, *OBJECTS), 5, 2))


def measure(long: bool = False) -> Part:
    """Check that all sides are one model, time them, and measure how ours grows with adopters.

    Raises:
        SystemExit: a side is another model than ours.
    """
    agreed = check(10_000, MONTHS, ours=60, theirs=6)
    plan = LONG if long else PLAN
    done = [run(stage) for stage in plan]
    grown = growth.measure(rounds=5 if long else 3)
    stages = [{**stage._asdict(), "set_up_seconds": set_up} for stage, (_, set_up) in zip(plan, done, strict=True)]
    comparisons = [comparison for comparison, _ in done]
    return Part(
        "diffusion",
        comparisons,
        [*targets(plan, comparisons), *growth.targets(grown)],
        {"agreement": agreed, "stages": stages, "growth": grown},
    )


def check(
    adopters: int, months: int, ours: int, theirs: int, sides: Sequence[str] = (*OBJECTS, SPARSE)
) -> dict[str, Any]:
    """Hold the curves of the sides, over so many seeds of ours and of theirs, against ours; return how far they are.

    Raises:
        SystemExit: a side is another model than ours.
    """
    make = makers(build(adopters), [OURS, *sides])
    mine = curves(make.pop(OURS), range(ours), months)
    # Each has seeds of its own: Mesa and agentpy would draw the same numbers from Python's generator.
    seeds = {name: range(1000 * n, 1000 * n + theirs) for n, name in enumerate(make, start=1)}
    found = agreements(mine, {name: curves(make[name], seeds[name], months) for name in make}, adopters)
    title = f"adoption curves, {adopters:,} adopters, {months} months"
    rows = [[name, brief(each.errors), brief(each.bound), f"{100 * each.gap:.2f} %"] for name, each in found.items()]
    print(table([title, "standard errors from ours", "bound", "gap, of adopters"], rows), "\n")
    if strangers := [name for name, each in found.items() if not each.holds]:
        raise SystemExit(f"another model than ours, by its adoption curves: {'; '.join(strangers)}")
    return {name: each._asdict() for name, each in found.items()}


def run(stage: Stage) -> tuple[Comparison, dict[str, float]]:
    """Time the sides of one size; return their seconds a month, and the seconds that each took to set up."""
    for warm in makers(build(500), stage.sides).values():
        warm(0).step()
    gc.collect()
    set_up: dict[str, float] = {}

    def clocked(name: str, make: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        made = make()
        set_up[name] = time.perf_counter() - begun
        return made

    world = clocked("network", lambda: build(stage.adopters))
    make = clocked("network in other forms", lambda: makers(world, stage.sides))
    clocks = {name: _clock(clocked(name, partial(make[name], 0)), stage.months) for name in stage.sides}
    title = f"a month of {stage.adopters:,} adopters, over {stage.rounds * stage.months} months"
    comparison = compare(clocks, stage.rounds, OURS, title=title, warm_up=False)
    print(comparison.table())
    print("set-up, seconds:", "; ".join(f"{name} {brief(seconds)}" for name, seconds in set_up.items()), "\n")
    return comparison, set_up


def targets(plan: Sequence[Stage], comparisons: Sequence[Comparison]) -> list[Target]:
    """Return what was wanted at 10^6 adopters."""
    found = {
        side: comparison
        for stage, comparison in zip(plan, comparisons, strict=True)
        if stage.adopters == MILLION
        for side in stage.sides
    }
    sparse = found[SPARSE]
    whole = sum(sparse.seconds[SPARSE]) / sum(sparse.seconds[OURS])
    return [
        Target("10^6 adopters: month of Mesa / ours", 500.0, found[MESA].ratio(MESA), at_least=True),
        Target("10^6 adopters: month of ours / floor", 2.0, found[FLOOR].ratio(OURS, FLOOR)),
        Target(
            "10^6 adopters: whole run of full sparse product / ours", 20.0,
            sparse.ratio(SPARSE)._replace(median=whole), at_least=True, note="over the whole run, not the median",
        ),
        Target("10^6 adopters: month of ours / floor, and changes", 2.0, found[REACHED].ratio(OURS, REACHED)),
    ]  # fmt: skip


def _clock(run: Any, months: int) -> Callable[[], float]:
    """Return a side of a comparison: it moves a run on by so many months and says the seconds a month."""

    def side() -> float:
        begun = time.perf_counter()
        for _ in range(months):
            run.step()
        return (time.perf_counter() - begun) / months

    return side


if __name__ == "__main__":
    run_alone(measure, __doc__)
