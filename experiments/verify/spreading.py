"""Limits of diffusion: L9, Bass; L10, nobody without p and q, and Watts' cascade window."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from experiments.verify import check, laws
from experiments.verify.check import Check
from sim import networks
from sim.agents.offers import NONE, Offers
from sim.agents.population import Population
from sim.networks import Network
from sim.parameters import Diffusion
from sim.streams import Streams

Floats = NDArray[np.float64]

_WELCOME = Offers(capability=np.array([1.0]), cost_of_use=np.array([0.0]), available=np.array([True]))
_PATIENT: dict[str, Any] = {"churn": 0.0, "switching_cost": 0.0}  # utility is positive and nobody leaves


def _population(seed: int, given: Diffusion, network: Network | None = None) -> Population:
    return Population(mesa.Model(rng=seed), given, 0.0, 1, Streams(seed), network)


def _spread(population: Population, months: int) -> Floats:
    """Return the share of users after each month from 0 on."""
    users = [int(population.users[0])]
    for month in range(1, months + 1):
        population.consider(_WELCOME, month)
        users.append(int(population.users[0]))
    return np.array(users) / population.size


def epidemic(quick: bool) -> list[Check]:
    """L9: under complete mixing adoption is Bass's curve. Largest distance allowed: 0.02, as the theory asks."""
    checks = []
    for p, q in ((0.03, 0.38), (0.02, 0.5), (0.1, 0.0)):
        step = 0.02  # of the time unit of p and q: small against 1/(p + q)
        given = Diffusion(adopters=10_000 if quick else 30_000, network="complete", p=p * step, q=q * step, **_PATIENT)
        months = int(np.log(1e3 * (1.0 + q / p)) / (p + q) / step)
        expected = laws.bass(p, q, step * np.arange(months + 1, dtype=np.float64))
        runs = 1 if quick else 3
        errors = [np.abs(_spread(_population(seed, given), months) - expected).max() for seed in range(runs)]
        name = f"Bass curve, largest distance: p={p:g}, q={q:g}, N={given.adopters:,}, runs: {runs}"
        checks.append(check.distance("L9", name, float(max(errors)), 0.02, 0.02))
    return checks


THRESHOLD = 0.18
CASCADE = 0.1  # a cascade is global if it reaches this share


def cascades(quick: bool) -> list[Check]:
    """L10: without p and q nobody adopts; with thresholds, cascades are global inside Watts' window only.

    Edges are where each adopter of the first month makes one of the second, on average. Widest half-interval: 0.05
    and 0.12 for the lower and upper edge, three times that if quick.
    """
    checks = []
    for p in (0.0, 0.01):
        given = Diffusion(adopters=2000, network="complete", p=p, q=0.0, **_PATIENT)
        adopted = _spread(_population(0, given), 120)[-1] > 0.0
        name = "adoption at p = q = 0" if p == 0.0 else "control, some adoption at p > 0"
        checks.append(check.equal("L10", name, float(p > 0.0), adopted))
    for degree, expected in ((0.7, 0.0), (2.0, 1.0), (4.0, 1.0), (7.0, 0.0)):
        shares = [_cascade(seed, degree) for seed in range(3 if quick else 10)]
        name = f"share of global cascades at mean degree {degree:g}"
        checks.append(check.equal("L10", name, expected, float(np.mean(np.array(shares) > CASCADE))))
    lower, upper = laws.cascade_window(THRESHOLD)
    factor = 3.0 if quick else 1.0
    for side, edge, reach, widest in (("lower", lower, 0.15, 0.05), ("upper", upper, 0.3, 0.12)):
        crossings = _edges(edge - reach, edge + reach, quick)
        name = f"{side} edge of the cascade window, φ={THRESHOLD:g}"
        checks.append(check.mean("L10", name, edge, crossings, factor * widest))
    return checks


def _threshold(seeds: float, adopters: int) -> Diffusion:
    return Diffusion(
        adopters=adopters, network="poisson", rule="threshold", threshold=THRESHOLD, seeds=seeds, taste_spread=0.0,
        **_PATIENT,
    )  # fmt: skip


def _cascade(seed: int, degree: float) -> float:
    """Return the share that 20 adopters out of 20,000 have set off in the end."""
    given = _threshold(1e-3, 20_000)
    network = networks.poisson(given.adopters, degree, Streams(seed)[f"verify/network {degree}"])
    return float(_spread(_population(seed, given, network), 300)[-1])


def _edges(low: float, high: float, quick: bool) -> Floats:
    """Return where second-generation adopters match the first: a sample per batch of runs, by a line through degrees.

    Ten seeds among 100,000: their neighbourhoods are trees that hardly ever meet.
    """
    batches, runs, adopters, seeds = 8, 12 if quick else 60, 100_000, 10
    reached, ratios = np.empty(5), np.empty((batches, 5))
    for n, degree in enumerate(np.linspace(low, high, 5).tolist()):
        rng = Streams(0)[f"verify/edge {degree:.6f}"]
        network = networks.poisson(adopters, degree, rng)
        population = _population(0, _threshold(0.0, adopters), network)
        reached[n] = network.degrees.mean()
        for batch in range(batches):
            new = [_generations(population, rng.choice(adopters, seeds, replace=False)) for _ in range(runs)]
            first, second = np.sum(new, axis=0)
            ratios[batch, n] = second / first
    centred = reached - reached.mean()
    slopes = ratios @ centred / (centred @ centred)
    return np.asarray(reached.mean() + (1.0 - ratios.mean(axis=1)) / slopes)


def _generations(population: Population, seeds: NDArray[np.int64]) -> tuple[int, int]:
    """Return how many adopt in the first and in the second month after ``seeds`` do; then nobody uses anything."""
    for row in seeds.tolist():
        population.put(row, 0)
    users = [int(population.users[0])]
    for month in (1, 2):
        population.consider(_WELCOME, month)
        users.append(int(population.users[0]))
    for row in np.flatnonzero(population.choice == 0).tolist():
        population.put(row, NONE)
    return users[1] - users[0], users[2] - users[1]
