"""A month of search: the shortcut, which draws kept trials directly, against trial by trial, plain and compiled.

    python -m benchmarks.searching [--long]

The product is the default one: eight modules on a ring, clusters of two, all costs 1 at first, a trial of price 1. All
sides spend the same number of trials on average. Before anything is timed the costs that they end with are held
against each other over seeds, and a side of another distribution ends the benchmark. Trial by trial the time is
proportional to trials: plain Python is asked for 10^6 at most, the compiled loop for 10^8, and for 10^9 with ``--long``
(without, ten times its 10^8 is told, and that it is).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from benchmarks.harness import Comparison, Part, Target, brief, compare, run_alone, table
from sim.architecture import Architecture, build
from sim.mechanisms.search import redesign
from sim.parameters import Parameters
from sim.streams import Streams

Search = Callable[[float, int], float]  # (trials, seed) -> cost of the product after them

SHORTCUT, PLAIN, COMPILED = "shortcut", "trial by trial, plain Python", "trial by trial, compiled"
SIZES = tuple(10**power for power in range(3, 10))
MOST = {SHORTCUT: 10**9, PLAIN: 10**6, COMPILED: 10**8}
LEVEL = 0.001
REPEATS = 20  # searches timed as one, so that one draw of luck does not tell


def measure(long: bool = False) -> Part:
    """Check that all sides end alike, and time them from 10^3 to 10^9 trials.

    Raises:
        SystemExit: a side ends with costs of another distribution.
    """
    agreed = check(trials=1000, seeds=300)
    most = MOST | ({COMPILED: SIZES[-1]} if long else {})
    comparisons = [run(trials, [name for name in MOST if trials <= most[name]], rounds=3) for trials in SIZES]
    found: dict[str, Any] = {"agreement": agreed, "trials": list(SIZES)}
    if not long:
        found["extrapolated"] = 10.0 * comparisons[-2].time(COMPILED).median
        print(f"{COMPILED}, {SIZES[-1]:,} trials: {brief(found['extrapolated'])} s, extrapolated from a tenth\n")
    searches = sides()
    ends = {f"10^{power}": _clock(searches[SHORTCUT], 10**power, REPEATS) for power in (6, 9)}
    growth = compare(ends, 9, "10^6", title="shortcut, trials")
    print(growth.table(), "\n")
    target = Target("search: 10^9 trials / 10^6 by the shortcut", 2.0, growth.ratio("10^9"))
    return Part("search", [*comparisons, growth], [target], found)


def check(trials: float, seeds: int) -> dict[str, float]:
    """Hold the costs that the others end with against the shortcut's, over seeds; return the p-values of the K-S tests.

    Raises:
        SystemExit: one of them is below 0.001 (Bonferroni).
    """
    ends = {name: [search(trials, seed) for seed in range(seeds)] for name, search in sides().items()}
    ours = ends.pop(SHORTCUT)
    chances = {name: float(stats.ks_2samp(ours, theirs).pvalue) for name, theirs in ends.items()}
    title = f"costs after {trials:,.0f} trials, {seeds} seeds"
    print(table([title, "p of the same distribution"], [[name, brief(p)] for name, p in chances.items()]), "\n")
    if strangers := [name for name, chance in chances.items() if chance < LEVEL / len(chances)]:
        raise SystemExit(f"another search than the shortcut, by the costs it ends with: {'; '.join(strangers)}")
    return chances


def run(trials: int, names: list[str], rounds: int) -> Comparison:
    """Time sides at one number of trials; seconds a month of search."""
    searches = sides()
    clocks = {
        name: _clock(searches[name], trials, 1 if name != SHORTCUT and trials > 10_000 else REPEATS) for name in names
    }
    warm_up = trials <= 10_000  # what is compiled is compiled by then
    comparison = compare(clocks, rounds, SHORTCUT, title=f"a search of {trials:,} trials", warm_up=warm_up)
    print(comparison.table(), "\n")
    return comparison


def sides() -> dict[str, Search]:
    """Return all sides on the default architecture."""
    parameters = Parameters()
    made, gamma = build(parameters, Streams(0)), parameters.search.gamma
    return {
        SHORTCUT: by_shortcut(made, gamma),
        PLAIN: in_plain_python(made, gamma),
        COMPILED: compiled(made, gamma),
    }


def by_shortcut(made: Architecture, gamma: float) -> Search:
    """Return the model's own search, trials spread evenly over clusters."""
    clusters = len(made.clusters)
    prices = np.ones(clusters)

    def search(trials: float, seed: int) -> float:
        budgets = np.full(clusters, trials / clusters)
        costs = np.ones(len(made.weights))
        found = redesign(
            costs, made.weights, made.clusters, budgets, lambda _: prices, gamma, np.random.default_rng(seed)
        )
        cost: float = (made.weights @ found.costs).item()
        return cost

    return search


def in_plain_python(made: Architecture, gamma: float) -> Search:
    """Return trial by trial as one writes it down."""
    weights: list[float] = made.weights.tolist()
    clusters = made.clusters

    def search(trials: float, seed: int) -> float:
        rng = random.Random(seed)
        costs = [1.0] * len(weights)
        for _ in range(int(np.random.default_rng(seed).poisson(trials))):
            cluster = rng.choice(clusters)
            drawn = [rng.random() ** (1.0 / gamma) for _ in cluster]
            present = sum(weights[j] * costs[j] for j in cluster)
            if sum(weights[j] * cost for j, cost in zip(cluster, drawn, strict=True)) < present:
                for j, cost in zip(cluster, drawn, strict=True):
                    costs[j] = cost
        return sum(weight * cost for weight, cost in zip(weights, costs, strict=True))

    return search


def compiled(made: Architecture, gamma: float) -> Search:
    """Return the same loop compiled."""
    clusters = np.array(made.clusters)

    def search(trials: float, seed: int) -> float:
        count = int(np.random.default_rng(seed).poisson(trials))
        return float(_trial_by_trial(made.weights, clusters, gamma, count, seed))

    return search


@njit(cache=True)
def _trial_by_trial(
    weights: NDArray[np.float64], clusters: NDArray[np.int64], gamma: float, trials: int, seed: int
) -> float:
    np.random.seed(seed)  # noqa: NPY002 - the generator that compiled code has
    costs, drawn = np.ones(len(weights)), np.empty(clusters.shape[1])
    for _ in range(trials):
        cluster = clusters[np.random.randint(0, len(clusters))]  # noqa: NPY002
        present = reached = 0.0
        for i in range(len(cluster)):
            drawn[i] = np.random.random() ** (1.0 / gamma)  # noqa: NPY002
            present += weights[cluster[i]] * costs[cluster[i]]
            reached += weights[cluster[i]] * drawn[i]
        if reached < present:
            for i in range(len(cluster)):
                costs[cluster[i]] = drawn[i]
    return np.sum(weights * costs)


def _clock(search: Search, trials: float, repeats: int) -> Callable[[], float]:
    """Return a side of a comparison: the mean seconds of so many searches, the same seeds each time."""

    def side() -> float:
        begun = time.perf_counter()
        for seed in range(repeats):
            search(trials, seed)
        return (time.perf_counter() - begun) / repeats

    return side


if __name__ == "__main__":
    run_alone(measure, __doc__)
