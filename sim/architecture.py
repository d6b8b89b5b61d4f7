"""The architecture of the product: weights of slots, which are redrawn together, and whose cost prices whose trials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor

import numpy as np
from numpy.typing import NDArray

from sim.mechanisms import flywheel
from sim.parameters import Parameters
from sim.streams import Streams

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Architecture:
    """Slots (M,), their true weights w (M,), design structure matrix D (M lists) and price elasticities E (M, M)."""

    slots: tuple[str, ...]
    weights: Floats
    clusters: tuple[tuple[int, ...], ...]
    elasticity: Floats

    @cached_property
    def links(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """For each slot (M), the slots whose cost prices its trials, with their elasticities."""
        return tuple(tuple((int(j), float(row[j])) for j in np.flatnonzero(row)) for row in self.elasticity)

    @cached_property
    def sizes(self) -> Floats:
        """Cluster sizes d (M,)."""
        return np.array([len(cluster) for cluster in self.clusters], dtype=np.float64)


def build(parameters: Parameters, streams: Streams) -> Architecture:
    """Lay out partners, widen the design structure matrix by them, and let their costs price trials."""
    given = parameters.architecture
    slots = given.slots
    weights = np.array([given.weights.get(slot, 1.0) for slot in slots])
    partners = _partners(parameters, streams)
    clusters = tuple(
        (i, *others[: floor(given.widening * len(others) + 0.5)]) for i, others in enumerate(partners)
    )  # fmt: skip
    elasticity = np.zeros((len(slots), len(slots)))
    for i, others in enumerate(partners):
        elasticity[i, list(others)] = parameters.flywheel.elasticity
    if parameters.flywheel.topology == "rewired":
        elasticity = flywheel.rewired(elasticity, streams["rewiring of price links"])
    elif parameters.flywheel.topology == "acyclic":
        elasticity = flywheel.acyclic(elasticity, clusters)
    if not parameters.flywheel.enabled:
        elasticity = np.zeros_like(elasticity)
    return Architecture(slots, weights / weights.sum(), clusters, elasticity)


def _partners(parameters: Parameters, streams: Streams) -> list[tuple[int, ...]]:
    given = parameters.architecture
    slots = len(given.slots)
    k = min(given.coupling, slots - 1)
    rng = streams["architecture"]
    laid_out: list[tuple[int, ...]] = []
    for i in range(slots):
        if given.links == "ring":
            others = [(i + step) % slots for step in range(1, k + 1)]
        elif given.links == "blocks":
            first = i // (k + 1) * (k + 1)
            others = [j for j in range(first, min(first + k + 1, slots)) if j != i]
        else:
            others = [int(j) + (int(j) >= i) for j in rng.permutation(slots - 1)[:k]]
        named = given.partners.get(given.slots[i])
        laid_out.append(tuple(others if named is None else (given.slots.index(name) for name in named)))
    return laid_out
