"""The field of a firm's search: which modules its trials can redraw together, and whose cost prices them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.module import Module

if TYPE_CHECKING:
    from sim.agents.firm import Firm
    from sim.agents.releases import Product

Floats = NDArray[np.float64]


class Field(NamedTuple):
    """What stays as it is while neither modules nor owners change: n live modules, T clusters of them.

    Attributes:
        modules: live modules, own or not (n).
        weights: perceived weight of each times its uses, shape (n,).
        reference: what a module of its slot cost at founding, shape (n,).
        clusters: for each, the own modules that its trials redraw, its root first (T).
        slots: the slot that each cluster belongs to (T).
        elasticity: of the price of its trials to each module's cost, shape (T, n).
        shares: weight of each root, divided among clusters of one root, shape (T,).
    """

    modules: list[Module]
    weights: Floats
    reference: Floats
    clusters: list[tuple[int, ...]]
    slots: list[int]
    elasticity: Floats
    shares: Floats

    def stakes(self) -> Floats:
        """Return what is at stake in each cluster's root (T,): ŵ c times uses, divided among clusters of one root."""
        return np.multiply(self.shares, [self.modules[cluster[0]].cost for cluster in self.clusters])

    def limited_to(self, clusters: list[tuple[int, ...]], perceived: Floats) -> Field:
        """Return the field of some other clusters of the same modules; their trials have no price."""
        slots = [self.modules[cluster[0]].slot for cluster in clusters]
        shares = _shares(clusters, self.modules, perceived)
        return self._replace(clusters=clusters, slots=slots, shares=shares, elasticity=np.zeros((len(clusters), 0)))


def lay_out(firm: Firm) -> Field:
    """Lay out the field of a firm's own trials."""
    architecture, modules = firm.model.architecture, firm.modules
    index = {module.unique_id: n for n, module in enumerate(modules)}
    tasks: dict[tuple[int, ...], list[tuple[int, Product]]] = {}
    for product in firm.products:
        for slot, cluster in enumerate(architecture.clusters):
            own = [product.modules[j] for j in cluster if product.modules[j].owner is firm]
            if own and own[0].slot == slot:
                tasks.setdefault(tuple(index[module.unique_id] for module in own), []).append((slot, product))
    elasticity = np.zeros((len(tasks), len(modules)))
    for t, uses in enumerate(tasks.values()):
        for slot, product in uses:  # products that share a cluster may differ in what prices its trials: their mean
            for j, weight in architecture.links[slot]:
                elasticity[t, index[product.modules[j].unique_id]] += weight / len(uses)
    return Field(
        modules,
        np.array([firm.perceived[module.slot] * max(1, module.uses) for module in modules]),
        np.array([firm.reference[module.slot] for module in modules]),
        list(tasks),
        [uses[0][0] for uses in tasks.values()],
        elasticity,
        _shares(list(tasks), modules, firm.perceived),
    )


def _shares(clusters: list[tuple[int, ...]], modules: list[Module], perceived: Floats) -> Floats:
    roots = [modules[cluster[0]] for cluster in clusters]
    return np.array([perceived[root.slot] * max(1, root.uses) / roots.count(root) for root in roots])
