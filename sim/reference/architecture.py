"""The architecture of the product: slots, their weights, which are redrawn together, and who prices whose trials.

A link i ← j is an elasticity E_ij of the price of trials on slot i to the cost of what fills slot j.

Source: McNerney, Farmer, Redner, Trancik (2011); D3, D4, D9.
"""

from __future__ import annotations

from math import floor
from random import Random

from sim.parameters import Parameters

Matrix = list[list[float]]


class Architecture:
    """Slots, weights w, partners, clusters D_i, elasticities E_ij, and the slots coupled with each."""

    def __init__(self, parameters: Parameters, random: Random) -> None:
        given = parameters.architecture
        self.slots = given.slots
        self.numbers = range(len(self.slots))
        weights = [given.weights.get(slot, 1.0) for slot in self.slots]
        self.weights = [weight / sum(weights) for weight in weights]
        self.partners = [partners(parameters, slot, random) for slot in self.numbers]
        self.clusters = [
            [slot, *others[: floor(given.widening * len(others) + 0.5)]] for slot, others in enumerate(self.partners)
        ]
        self.coupled = [
            [j for j in self.numbers if j != i and (j in self.partners[i] or i in self.partners[j])]
            for i in self.numbers
        ]
        links = elasticities(parameters, self.partners, self.clusters, random)
        self.links = [[(j, e) for j, e in enumerate(row) if e > 0.0] for row in links]
        self.systems = [slot for slot in self.numbers if self.slots[slot] in given.systems]
        self.algorithms = [slot for slot in self.numbers if self.slots[slot] not in given.systems]


def partners(parameters: Parameters, slot: int, random: Random) -> list[int]:
    """Return the partners of a slot: those named, or those of the layout."""
    given = parameters.architecture
    slots = given.slots
    named = given.partners.get(slots[slot])
    if named is not None:
        return [slots.index(name) for name in named]
    others = [j for j in range(len(slots)) if j != slot]
    k = min(given.coupling, len(others))
    if given.links == "random":
        return random.sample(others, k)
    if given.links == "blocks":
        return [j for j in others if j // (k + 1) == slot // (k + 1)]
    return [(slot + step) % len(slots) for step in range(1, k + 1)]


def elasticities(
    parameters: Parameters, partners: list[list[int]], clusters: list[list[int]], random: Random
) -> Matrix:
    """Return E_ij: the same for all partners, or a placebo of the same links; 0 without price links."""
    given, slots = parameters.flywheel, range(len(partners))
    elasticity = given.elasticity if given.enabled else 0.0
    links = [[elasticity if j in partners[i] else 0.0 for j in slots] for i in slots]
    if given.topology == "rewired":
        return rewired(links, random)
    if given.topology == "acyclic":
        return acyclic(links, clusters)
    return links


def rewired(links: Matrix, random: Random, swaps: int = 10) -> Matrix:
    """Return a placebo with each slot's number and weights of inputs, and number of outputs, but other partners.

    Two links i ← j and k ← m become i ← m and k ← j, ``swaps`` times per link, unless that makes a self-link or a
    double one.
    """
    result = [list(row) for row in links]
    pairs = [(i, j) for i, row in enumerate(result) for j, weight in enumerate(row) if weight > 0.0]
    for _ in range(swaps * len(pairs) if len(pairs) > 1 else 0):
        first, second = random.sample(range(len(pairs)), 2)
        (i, j), (k, m) = pairs[first], pairs[second]
        if i in (m, k) or j in (m, k) or result[i][m] > 0.0 or result[k][j] > 0.0:
            continue
        result[i][m], result[i][j] = result[i][j], 0.0
        result[k][j], result[k][m] = result[k][m], 0.0
        pairs[first], pairs[second] = (i, m), (k, j)
    return result


def acyclic(links: Matrix, clusters: list[list[int]]) -> Matrix:
    """Return a placebo without loops: links reversed until they run one way, scaled to equal total weight.

    A link j ← k helps whatever trials on j redraw, so k must come before all of D_j in one order of the slots: joint
    redesign would close a loop otherwise. Next in the order comes the slot that keeps most weight, the lower on a tie.
    All 0 if every link lies within what is redrawn together.
    """
    slots = range(len(links))
    either = [[links[i][j] + links[j][i] for j in slots] for i in slots]
    result = [[0.0 for _ in slots] for _ in slots]
    left = list(slots)
    ahead = list(slots)  # rows that nothing of D_j has come before yet
    while left:
        fed = {k: [j for j in ahead if k not in clusters[j]] for k in left}
        k = max(left, key=lambda slot: sum(either[j][slot] for j in fed[slot]))
        for j in fed[k]:
            result[j][k] = either[j][k]
        ahead = fed[k]
        left.remove(k)
    total, kept = sum(map(sum, links)), sum(map(sum, result))
    return [[weight * total / kept for weight in row] for row in result] if kept else result
