"""The worlds that claims are judged in, and how much that may cost: budgets.

    plausible   a fit's plausible worlds, each with the fit's config as base
    prior       points of a scrambled Sobol' sequence over the fit's priors: the world at large
    CONFIG      the config's own world, alone

A subset of plausible worlds is spread evenly over their order, so that shares over it are shares of the posterior.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from experiments.claims.schema import Changes
from experiments.config import load, show_path
from experiments.errors import UsageError
from sim.parameters import Parameters

PLAUSIBLE, PRIOR = "plausible", "prior"
_SEED = 20260101


@dataclass(frozen=True)
class Worlds:
    """Where claims are judged.

    Attributes:
        name: "plausible", "prior" or the path of a config.
        title: in words.
        changes: of each world what it changes of a claim's base, by key.
        numbers: the number of each world in the list it is from.
        typicality: how often each world's seeds fit the case; NaN where it is not known.
        free: the keys that differ between worlds.
        source: how the list is made again: the fit's address and the like.
    """

    name: str
    title: str
    changes: tuple[Changes, ...]
    numbers: tuple[int, ...]
    typicality: tuple[float, ...]
    free: tuple[str, ...]
    source: str

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def hash(self) -> str:
        """Return the hash of the worlds, in their order."""
        return hashlib.sha256(json.dumps([self.changes, self.source]).encode()).hexdigest()

    def values(self, key: str) -> NDArray[Any]:
        """Return a free parameter of each world, shape (worlds,)."""
        return np.array([changes[key] for changes in self.changes])

    def first(self, count: int) -> Worlds:
        """Return so many worlds, spread evenly over the list; all if they are no more."""
        if len(self) <= count:
            return self
        at = np.floor((np.arange(count) + 0.5) * len(self) / count).astype(int).tolist()
        return Worlds(
            self.name, self.title, tuple(self.changes[n] for n in at), tuple(self.numbers[n] for n in at),
            tuple(self.typicality[n] for n in at), self.free, self.source,
        )  # fmt: skip


def worlds_over(over: str, count: int, fit: Path) -> Worlds:
    """Return the worlds that ``--over`` asks for.

    Args:
        over: "plausible", "prior" or the path of a config.
        count: how many at most.
        fit: the folder of the fit.

    Raises:
        UsageError: no such config, no fit, or one of another model.
    """
    if over == PLAUSIBLE:
        return plausible(fit).first(count)
    if over == PRIOR:
        return prior(count)
    path = Path(over)
    if not path.exists():
        raise UsageError(f"--over: must be {PLAUSIBLE}, {PRIOR} or the path of a config; there is no {show_path(path)}")
    changes = _beside_defaults(load(path).parameters)
    return Worlds(over, f"the world of {show_path(path)}", (changes,), (0,), (np.nan,), (), show_path(path))


def _beside_defaults(parameters: Parameters) -> Changes:
    """Return what of a config is not at its default, by key."""
    given, usual = (json.loads(each.model_dump_json()) for each in (parameters, Parameters()))
    return {
        f"{section}.{name}": value
        for section, values in given.items()
        for name, value in values.items()
        if value != usual[section][name]
    }


def plausible(fit: Path) -> Worlds:
    """Return all plausible worlds of a fit.

    Raises:
        UsageError: there is no fit, or one of another model.
    """
    from experiments.fit.worlds import load_worlds, read_about

    found = load_worlds(fit)
    about = read_about(fit)
    if not found:
        raise UsageError(f"{show_path(fit)}: holds no plausible world; widen nothing quietly: see docs/fit.md")
    return Worlds(
        PLAUSIBLE, "plausible worlds, which fit the case", tuple(world.parameters for world in found),
        tuple(world.number for world in found), tuple(world.typicality for world in found), tuple(about["free"]),
        f"fit {about['model']}",
    )  # fmt: skip


def prior(count: int) -> Worlds:
    """Return points of the fit's priors: the world at large."""
    from experiments.fit.config import default_fit, read_fit

    fit = read_fit(default_fit())
    units = qmc.Sobol(len(fit.factors), rng=np.random.default_rng(_SEED)).random_base2((count - 1).bit_length())
    points = tuple(
        {factor.key: factor.value(float(u)) for factor, u in zip(fit.factors, row, strict=True)}
        for row in units[:count]
    )
    return Worlds(
        PRIOR, "worlds of the wide prior", points, tuple(range(count)), (np.nan,) * count, fit.keys,
        f"priors {fit.address()}",
    )  # fmt: skip


class Budget(NamedTuple):
    """What one claim may cost.

    Attributes:
        name: of the budget.
        worlds: worlds in which it is judged.
        seeds: most seeds a world.
        runs: most runs of a claim; one of many arms gets fewer seeds.
        beside: worlds of each control, null world and other form.
        places: places on each axis of a phase diagram.
    """

    name: str
    worlds: int
    seeds: int
    runs: int
    beside: int
    places: int

    def seeds_of(self, arms: int, worlds: int | None = None) -> int:
        """Return the seeds a world that a claim of so many arms gets."""
        return max(LEAST_SEEDS, min(self.seeds, self.runs // (arms * (self.worlds if worlds is None else worlds))))


LEAST_SEEDS = 8
BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("quick", 16, 80, 10_000, 8, 4),
        Budget("standard", 64, 160, 80_000, 16, 6),
        Budget("full", 256, 160, 200_000, 16, 7),
    )
}


def budget_named(name: str) -> Budget:
    """Return a budget.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in BUDGETS:
        raise UsageError(f"--budget: must be one of {', '.join(BUDGETS)}, not {name!r}")
    return BUDGETS[name]
