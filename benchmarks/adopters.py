"""A month of the second edition's adopters: against the floor of the memory, idiomatic Mesa, and itself at other sizes.

    python -m benchmarks.adopters [--long]

All sides live in the world of ``benchmarks/world.py``, on one network, and follow the same rules. The adoption curves
of Mesa and of a full sparse product are held against ours first. Then, at 10^6 adopters: a month in which about 0.7 %
change against the floor and what those changes touch; a month in which next to nothing changes against one plain pass
over the columns; ten times the adopters; and, with ``--long``, Mesa's three months. Last, all adopter work of a
default run: founding, network and 60 months in one compiled call.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.agreement import agreements, curves
from benchmarks.harness import Comparison, Part, Spread, Target, brief, compare, run_alone, table
from benchmarks.sides import MESA, OURS, SPARSE, makers
from benchmarks.sides.floor import Floor, reach
from benchmarks.world import MONTHS, OPTIONS, SEEDS, World, offer
from sim import networks
from sim.parameters import Parameters
from sim.kernels.adoption import count_contributors, found_crowd
from sim.kernels.compiled import entry
from sim.mechanisms import diffusion
from sim.mechanisms.diffusion import Diffusion
from tests import town

MILLION = 1_000_000
QUIET = {"p": 2e-5, "q": 2e-4, "churn": 2e-5}  # 0.005 % change in a month
FLOOR, REACHED = "floor", "floor, and changes"


class Adopters:
    """Our side: the tables that adopters live in, moved on month by month."""

    def __init__(self, adopters: int, seed: int, **changes: Any) -> None:
        self.tables = town.build(seed, OPTIONS, adopters=adopters, **{"seeds": SEEDS, **changes})
        self.month = 0

    def step(self) -> None:
        """Let a month pass."""
        self.month += 1
        now = offer(self.month)
        town.offer(self.tables, now.capability, now.cost, 0.0, now.available)
        town.step(self.tables)

    def users(self) -> list[int]:
        """Count the users of each option."""
        counted: list[int] = self.tables.firms.users.tolist()
        return counted

    def changed(self) -> int:
        """How many changed in the last month."""
        firms = self.tables.firms
        return int(firms.adopted.sum() + firms.switched_to.sum() + firms.left.sum())

    def world(self) -> World:
        """What the other sides are given: the same parameters and network."""
        crowd, size = self.tables.crowd, len(self.tables.crowd.adopters)
        given = Parameters().replace({"diffusion.adopters": size, "diffusion.seeds": SEEDS}).diffusion
        return World(given, networks.Network(crowd.start, crowd.neighbours))


class Reached(Floor):
    """The floor, and then the bytes that our changes must touch: a count and a hazard of each neighbour."""

    def __init__(self, world: World, changed: list[Any]) -> None:
        super().__init__(world)
        self.network, self.changed, self.month = world.network, changed, 0
        self.near, self.hazards = np.zeros((world.size, 1 + OPTIONS), dtype=np.uint8), np.zeros(world.size)

    def step(self) -> None:
        """Touch everything once, and what changes reach."""
        super().step()
        reach(self.changed[self.month], self.network.indptr, self.network.indices, self.near, self.hazards)
        self.month += 1


def measure(long: bool = False) -> Part:
    """Check that the sides are one model, and time them.

    Raises:
        SystemExit: a side is another model than ours.
    """
    agreed = check(10_000)
    busy, share = lively(MILLION, rounds=10 if long else 6)
    quiet, still = calm(MILLION, rounds=10 if long else 6)
    larger, smaller = (lively(size, rounds=4, months=3, sides=(OURS,))[0] for size in (10 * MILLION, MILLION))
    ten = Spread.of([b / a for a, b in zip(smaller.seconds[OURS], larger.seconds[OURS], strict=True)])
    run = default_run(300)
    targets = [
        Target(f"10^6, {100 * share:.2g} % change: ours / floor, and changes", 1.5, busy.ratio(OURS, REACHED)),
        Target(f"10^6, {100 * still:.2g} % change: ours / one plain pass", 0.25, quiet.ratio(OURS, FLOOR)),
        Target("10^7 / 10^6 adopters: a month", 10.0, ten),
        Target("default run, all adopter work, ms", 0.4, run),
    ]
    if long:
        mesa = against_mesa()
        targets.append(Target("10^6: month of Mesa / ours", 700.0, mesa.ratio(MESA), at_least=True))
    print(table(["target", "bound", "median", "least", "most", ""], [
        [each.what, brief(each.bound), *map(brief, each.measured or ()), each.verdict] for each in targets
    ]))  # fmt: skip
    return Part("adopters", [busy, quiet, larger], targets, {"agreement": agreed})


def check(adopters: int, ours: int = 60, theirs: int = 6) -> dict[str, Any]:
    """Hold the curves of Mesa and of the sparse product against ours."""
    make = makers(Adopters(adopters, 0).world(), [MESA, SPARSE])
    mine = curves(lambda seed: Adopters(adopters, seed), range(ours), MONTHS)
    seeds = {name: range(1000 * n, 1000 * n + theirs) for n, name in enumerate(make, start=1)}
    found = agreements(mine, {name: curves(make[name], seeds[name], MONTHS) for name in make}, adopters)
    for name, each in found.items():
        print(f"{name}: {each.errors:.2f} standard errors from ours, bound {each.bound:.2f}")
        if not each.holds:
            raise SystemExit(f"another model than ours, by its adoption curves: {name}")
    return {name: each._asdict() for name, each in found.items()}


def lively(
    adopters: int, rounds: int, months: int = 10, sides: tuple[str, ...] = (OURS, REACHED)
) -> tuple[Comparison, float]:
    """Time months of the world as it is; return the comparison and the mean share that changes in a month."""
    before, changed, moved = Adopters(adopters, 1), [], []
    world = before.world()
    for _ in range(rounds * months if REACHED in sides else 1):
        was = before.tables.crowd.adopters.choice.copy()
        before.step()
        moved.append(before.changed() / adopters)
        changed.append(np.flatnonzero(before.tables.crowd.adopters.choice != was))
    del before
    clocks = {OURS: _clock(Adopters(adopters, 1), months)}
    if REACHED in sides:
        clocks[REACHED] = _clock(Reached(world, changed), months)
    gc.collect()
    found = compare(clocks, rounds, OURS, title=f"a month of {adopters:,} adopters", warm_up=False)
    print(found.table(), "\n")
    return found, float(np.mean(moved))


def calm(adopters: int, rounds: int) -> tuple[Comparison, float]:
    """Time quiet months, without a change of what is on offer, against one pass over the columns."""
    ours = Adopters(adopters, 1, **QUIET)
    for _ in range(2):
        ours.step()
    share = ours.changed() / adopters
    clocks = {OURS: _clock(ours, 2), FLOOR: _clock(Floor(ours.world()), 2)}
    found = compare(clocks, rounds, OURS, title=f"a quiet month of {adopters:,} adopters", warm_up=False)
    print(found.table(), "\n")
    return found, share


def against_mesa() -> Comparison:
    """Time three months of Mesa at 10^6 adopters."""
    ours = Adopters(MILLION, 1)
    make = makers(ours.world(), [MESA])
    clocks = {OURS: _clock(ours, 1), MESA: _clock(make[MESA](1), 1)}
    found = compare(clocks, 3, OURS, title="a month of 1,000,000 adopters", warm_up=False)
    print(found.table(), "\n")
    return found


@entry
def run_through(world: town.World, offers: Any) -> None:
    """Let all months pass, ``offers`` (months, K, 4) being capability, cost, openness and availability."""
    for month in range(len(offers)):
        world.here[0].month += 1
        for k in range(len(world.firms)):
            firm, now = world.firms[k], offers[month, k]
            firm.capability, firm.cost_of_use, firm.product_openness = now[0], now[1], now[2]
            firm.available = now[3] > 0.0
        diffusion.consider(world)
        count_contributors(world)
        diffusion.observe(world, world.record[0])


def default_run(runs: int) -> Spread:
    """Time founding and all months of the default population, in milliseconds."""
    offers = np.full((MONTHS, OPTIONS, 4), 0.5)
    for month in range(MONTHS):
        offers[month, :, [0, 1, 3]] = offer(month + 1)
    offers[:6, 1, 3] = 0.0  # the rival comes later
    common = SimpleNamespace(**town.COMMONS)
    asked, spent = SimpleNamespace(diffusion=Diffusion(), commons=common), []
    for seed in range(runs):
        tables = town.build(seed)  # tables that are not the adopters' are not timed
        begun = time.perf_counter()
        tables = tables._replace(crowd=found_crowd(asked, tables.here.seed[0], OPTIONS))
        run_through(tables, offers)
        spent.append(1e3 * (time.perf_counter() - begun))
    return Spread.of(spent[1:])


def _clock(run: Any, months: int) -> Callable[[], float]:
    def side() -> float:
        begun = time.perf_counter()
        for _ in range(months):
            run.step()
        return (time.perf_counter() - begun) / months

    return side


if __name__ == "__main__":
    run_alone(measure, __doc__)
