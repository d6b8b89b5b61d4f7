"""How far the mean-field limit is from the adopters that it would stand for, by their number and by who knows whom.

    python -m benchmarks.meanfield [--long]

Where everybody knows everybody and takes what it considers, the share of adopters follows a map from month to month,

    F' = F + (1 - F) (1 - exp(-(p + q F))),

whose work does not grow with adopters at all. Its error is the largest gap, over the months, between the map and a
population of one option that all want, with the model's p and q. Under complete mixing that is luck, which fades as
1/sqrt(n); on a network the gap that stays is what the limit leaves out.
"""

from __future__ import annotations

from math import expm1, sqrt

import mesa
import numpy as np

from benchmarks.harness import Part, Spread, Target, brief, exponent, run_alone, table
from benchmarks.world import MONTHS
from sim import networks
from sim.agents.offers import Offers
from sim.agents.population import Population
from sim.parameters import Diffusion, Parameters
from sim.streams import Streams

SIZES = (1_000, 10_000, 100_000, 1_000_000)
KINDS = ("complete", "poisson", "small-world", "scale-free", "ring")
SEEDS = 5


def measure(long: bool = False) -> Part:
    """Measure the gap for each kind of network and size; ``long`` adds 10^7."""
    sizes = (*SIZES, 10_000_000) if long else SIZES
    gaps = {kind: [Spread.of([gap(kind, n, seed) for seed in range(SEEDS)]) for n in sizes] for kind in KINDS}
    rows = [[kind, *(f"{100 * each.median:.2g} %" for each in spreads)] for kind, spreads in gaps.items()]
    print(table(["gap of the mean-field limit, of adopters", *(f"{n:,}" for n in sizes)], rows), "\n")
    fades = exponent(sizes, [each.median for each in gaps["complete"]])
    print(f"under complete mixing it grows with adopters as their number to the {brief(fades)} (luck: -0.5)\n")
    bound = 2.0 / sqrt(sizes[-1])
    target = Target("mean-field limit: gap under complete mixing, most adopters", bound, gaps["complete"][-1])
    return Part("mean field", [], [target], {"sizes": sizes, "gaps": gaps, "exponent": fades})


def gap(kind: str, adopters: int, seed: int) -> float:
    """Return the largest gap over the months between the map and the adopters, as a share of them."""
    default = Parameters().diffusion
    given = Diffusion.model_validate(
        default.model_dump() | {"adopters": adopters, "network": kind, "taste_spread": 0.0, "churn": 0.0, "seeds": 0.0}
    )
    streams = Streams(seed)
    network = networks.build(given, streams["network"], None)
    population = Population(mesa.Model(rng=seed), given, 1.0, 1, streams, network)
    offers = Offers(np.array([1.0]), np.array([0.0]), np.array([True]))
    share, largest = 0.0, 0.0
    for month in range(1, MONTHS + 1):
        population.consider(offers, month)
        share -= (1.0 - share) * expm1(-(given.p + given.q * share))
        largest = max(largest, abs(share - int(population.users[0]) / adopters))
    return largest


if __name__ == "__main__":
    run_alone(measure, __doc__)
