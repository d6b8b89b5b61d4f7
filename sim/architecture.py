"""The architecture of the product: its slots, which are redrawn together, and whose cost prices whose trials."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sim.declare import SHARE, Section, check_names, param
from sim.mechanisms.flywheel import Flywheel

Floats = NDArray[np.float64]


class Architecture(Section):
    """The product: its slots, their weights in unit cost, and which modules interact."""

    slots: tuple[str, ...] = param(
        (
            "base", "attention", "experts", "balancing",
            "pipeline", "framework", "precision", "prediction", "alignment",
        ),
        "Names of the product's slots, one module each.",
        symbol="M", unit="names", min_length=1, max_length=64, source="D2",
    )  # fmt: skip
    systems: tuple[str, ...] = param(
        ("pipeline", "framework", "precision"),
        "Slots that are systems; the others are algorithms. Defaults that no slot bears are left out.",
        unit="names", source="brief, the case as evidence",
    )  # fmt: skip
    weights: dict[str, Annotated[float, Field(gt=0, le=1e6)]] = param(
        {}, "Weight of a slot in unit cost; slots not named weigh 1; normalised to sum 1.",
        symbol="w", unit="slot → weight", source="D2",
    )  # fmt: skip
    coupling: int = param(
        3,
        "Interaction partners of each slot.",
        symbol="k",
        unit="slots",
        ge=0,
        le=16,
        source="fit of the case, docs/case.md",
    )
    links: Literal["ring", "random", "blocks"] = param("ring", "How partners are laid out.", unit="choice", source="D3")
    partners: dict[str, tuple[str, ...]] = param(
        {}, "Partners of named slots, in place of the layout.", unit="slot → slots", source="D3"
    )
    widening: float = param(
        0.25, "Share of a slot's links that must be redrawn with it (widens the design structure matrix).",
        symbol="ω", unit=SHARE, ge=0, le=1, source="fit of the case, docs/case.md",
    )  # fmt: skip

    @model_validator(mode="after")
    def _slots_exist(self) -> Architecture:
        if "systems" not in self.model_fields_set:  # set past the frozen model, so that it stays unset for ``replace``
            self.__dict__["systems"] = tuple(slot for slot in self.systems if slot in self.slots)
        check_names(self.slots, "slots")
        check_slots(self.slots, self.systems, "systems")
        check_slots(self.slots, self.weights, "weights")
        for slot, others in self.partners.items():
            check_slots(self.slots, (slot, *others), "partners")
            if slot in others:
                raise ValueError(f"partners: slot '{slot}' cannot be its own partner")
            if len(set(others)) != len(others):
                raise ValueError(f"partners: slot '{slot}' names a partner twice")
        self._coupling_fits()
        return self

    def _coupling_fits(self) -> None:
        slots = len(self.slots)
        if set(self.partners) == set(self.slots):
            return  # every slot names its own
        if self.coupling >= slots:
            raise ValueError(f"coupling: {slots} slots can have {slots - 1} partners each at most, not {self.coupling}")
        if self.links == "blocks" and slots % (self.coupling + 1):
            raise ValueError(
                f"coupling: {slots} slots cannot be divided into blocks of {self.coupling + 1}; "
                "choose another coupling, or other links"
            )


def check_slots(slots: tuple[str, ...], named: Any, where: str) -> None:
    """Raise ``ValueError`` naming the first slot of ``named`` that no module has."""
    for name in named:
        if name not in slots:
            raise ValueError(f"{where}: no module has the slot '{name}' (slots: {', '.join(slots)})")


@dataclass(frozen=True)
class Layout:
    """How slots hang together: weights w (M,), partners, design structure matrix D (M lists), elasticities E (M, M)."""

    weights: Floats
    partners: tuple[tuple[int, ...], ...]
    clusters: tuple[tuple[int, ...], ...]
    elasticity: Floats


def lay_out(given: Architecture, flywheel: Flywheel, seed: int) -> Layout:
    """Lay out partners, widen the design structure matrix by them, and let their costs price trials."""
    weights = np.array([given.weights.get(slot, 1.0) for slot in given.slots])
    partners = _partners(given, seed)
    clusters = tuple((i, *others[: floor(given.widening * len(others) + 0.5)]) for i, others in enumerate(partners))
    elasticity = np.zeros((len(weights), len(weights)))
    for i, others in enumerate(partners):
        elasticity[i, list(others)] = flywheel.elasticity if flywheel.enabled else 0.0
    if flywheel.topology == "rewired":
        elasticity = rewired(elasticity, np.random.default_rng([seed, 1]))
    elif flywheel.topology == "acyclic":
        elasticity = acyclic(elasticity, clusters)
    return Layout(weights / weights.sum(), partners, clusters, elasticity)


def _partners(given: Architecture, seed: int) -> tuple[tuple[int, ...], ...]:
    slots, k = len(given.slots), given.coupling
    rng = np.random.default_rng([seed, 0]) if given.links == "random" else None
    laid_out: list[tuple[int, ...]] = []
    for i in range(slots):
        if rng is not None:
            others = [int(j) + (int(j) >= i) for j in rng.permutation(slots - 1)[:k]]
        elif given.links == "ring":
            others = [(i + step) % slots for step in range(1, k + 1)]
        else:
            first = i // (k + 1) * (k + 1)
            others = [j for j in range(first, first + k + 1) if j != i]
        named = given.partners.get(given.slots[i])
        laid_out.append(tuple(others if named is None else (given.slots.index(name) for name in named)))
    return tuple(laid_out)


def loop_gain(elasticity: Floats, sizes: Floats, gamma: float) -> float:
    """Return θ = ρ(B E) for slot elasticities E (M, M) and cluster sizes d (M,), with B = diag(1/(γ d))."""
    return float(np.abs(np.linalg.eigvals(elasticity / (gamma * np.asarray(sizes))[:, None])).max())


def cost_exponents(
    elasticity: Floats, clusters: tuple[tuple[int, ...], ...], gamma: float, iterations: int = 100_000
) -> Floats:
    """Return the exponents a (M,) of c_i ∝ n^(-a_i), iterating the law of the flywheel; inf where it runs away."""
    slots = len(elasticity)
    member = np.array([[i in clusters[j] for j in range(slots)] for i in range(slots)])
    sizes = np.array([len(cluster) for cluster in clusters], dtype=np.float64)
    exponents = np.zeros(slots)
    for _ in range(iterations):
        speed = (1.0 + elasticity @ exponents) / (gamma * sizes)
        renewed = np.where(member, speed[None, :], 0.0).max(axis=1)
        if np.allclose(renewed, exponents, rtol=1e-12, atol=0.0):
            return np.asarray(renewed)
        if renewed.max() > 1e6:
            break
        exponents = renewed
    return np.full(slots, np.inf)


def acyclic(elasticity: Floats, clusters: tuple[tuple[int, ...], ...]) -> Floats:
    """Return a placebo without loops: links reversed until they run one way, scaled to equal total weight.

    A link j←k helps whatever trials on j redraw, so k must come before all of D_j in one order of the slots: joint
    redesign would close a loop otherwise. Next in the order comes the slot that keeps most weight, the lower on a tie.
    All 0 if every link lies within what is redrawn together.
    """
    either = elasticity + elasticity.T
    result = np.zeros_like(elasticity)
    left = list(range(len(elasticity)))
    ahead = list(left)  # rows that nothing of D_j has come before yet

    def fed(k: int) -> list[int]:
        return [j for j in ahead if k not in clusters[j]]

    while left:
        k = max(left, key=lambda slot: either[fed(slot), slot].sum())
        result[fed(k), k] = either[fed(k), k]
        ahead = fed(k)
        left.remove(k)
    return result * (elasticity.sum() / result.sum()) if result.any() else result


def rewired(elasticity: Floats, rng: np.random.Generator, swaps: int = 10) -> Floats:
    """Return a placebo with each slot's number and weights of inputs, and number of outputs, but other partners.

    Two links i←j and k←l become i←l and k←j, ``swaps`` times per link, unless that makes a self-link or a double one.
    """
    result = elasticity.copy()
    links = np.argwhere(result > 0.0)
    for _ in range(swaps * len(links) if len(links) > 1 else 0):
        first, second = rng.choice(len(links), size=2, replace=False)
        (i, j), (k, m) = links[first], links[second]
        if i in (m, k) or j in (m, k) or result[i, m] > 0.0 or result[k, j] > 0.0:
            continue
        result[i, m], result[i, j] = result[i, j], 0.0
        result[k, j], result[k, m] = result[k, m], 0.0
        links[first], links[second] = (i, m), (k, j)
    return result
