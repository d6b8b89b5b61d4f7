"""What every estimand shares: an effect is a ratio of two means over seeds.

    effect = E[over] / E[under]        one figure of each a seed; under = 1 where the effect is a plain mean

So one t test serves all: the effect lies above a bound b if the mean of over - b under is above 0, which is Fieller's
(1954) way to the interval of a ratio. It keeps what a seed's arms share, and asks nothing of the denominator but that
its mean be positive.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import ClassVar, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from experiments.claims.schema import Effect

Floats = NDArray[np.float64]


class Means(NamedTuple):
    """What an effect is the ratio of: a figure a seed, each of shape (worlds, seeds)."""

    over: Floats
    under: Floats


class Among(NamedTuple):
    """Effects of which the one that is asked for is the ``largest``, or else the smallest."""

    each: list[Means]
    largest: bool


class Known(NamedTuple):
    """Made-up outcomes whose effect is known: what the proof of the method asks of an estimand.

    Attributes:
        effect: what is asked; its name says what outcomes these are.
        table: measures over arm, world and seed.
        truth: the true effect, in every world.
    """

    effect: Effect
    table: xr.Dataset
    truth: float


@dataclass(frozen=True)
class Ask:
    """An effect that is asked for, and the outcomes to answer it with.

    Attributes:
        effect: what is asked.
        table: each measure over arm, world and seed.
        doses: what each arm's dose is, by name of the arm, where the claim has a dose.
        unit: of the effect's measure.
    """

    effect: Effect
    table: xr.Dataset
    doses: dict[str, float]
    unit: str = ""

    def values(self, arm: str, measure: str | None = None) -> Floats:
        """Return a measure of an arm on the effect's scale, shape (worlds, seeds); its own if none is named."""
        found = np.asarray(self.table[measure or self.effect.measure].sel(arm=arm).transpose("world", "seed"))
        if self.effect.scale == "log":
            return logs(found)
        return log_of_means(found) if self.effect.scale == "log-of-means" else found

    @property
    def arms(self) -> list[str]:
        """Return the arms that are compared: those named, or all of the table."""
        return list(self.effect.arms) or [str(name) for name in self.table["arm"].values]

    def within(self, low: float, high: float, *measures: str) -> bool:
        """Return whether no value of some measures lies outside two bounds, in any arm; its own if none is named."""
        given = (self.table[name].to_numpy() for name in measures or (self.effect.measure,))
        return not any(bool(((values < low) | (values > high)).any()) for values in given)

    def one(self) -> Floats:
        """Return ones, shape (worlds, seeds): the denominator of a plain mean."""
        return np.ones((self.table.sizes["world"], self.table.sizes["seed"]))

    def per(self) -> Floats:
        """Return what the effect is a share of: the arm ``of`` if one is named, else ones."""
        return self.one() if self.effect.of is None else self.values(self.effect.of)


class Estimand(ABC):
    """A kind of effect: how it is read off outcomes, its unit, and how it is told.

    Attributes:
        kind: its name in claim files.
        arms: fewest and most arms that it compares.
        needs: fields of an effect that it needs beside arms.
        takes: fields that it may be given.
        none: its value where there is no effect.
        ratio: whether a bound is ``none`` times or through the smallest effect of interest, in place of plus or minus.
        picture: what shows it best: "difference" (arms side by side), "dose" (a line over doses) or "shares" (bars).
    """

    kind: ClassVar[str]
    arms: ClassVar[tuple[int, int]]
    needs: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[tuple[str, ...]] = ()
    none: ClassVar[float] = 0.0
    ratio: ClassVar[bool] = False
    picture: ClassVar[str] = "difference"

    @abstractmethod
    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""

    def among(self, ask: Ask) -> Among | None:
        """Return what is tested, if that is not ``means``: all effects of which this is the largest, or the smallest.

        Choosing by one half of the seeds and measuring in the other (``pick``) estimates it well, but a t test of what
        was chosen errs too often: the halves hang together by the choice, and the lesser may be chosen. So all of them
        are tested, as a rung of ``any`` or ``all`` effects is.
        """
        return None

    def unit(self, effect: Effect, measure_unit: str) -> str:
        """Return its unit in words: of a difference of levels, of logarithms or as a share, if it is not another."""
        if effect.of is not None:
            return f"share of {effect.of}"
        return measure_unit if effect.scale == "level" else "log points"

    @abstractmethod
    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""

    @abstractmethod
    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return made-up outcomes whose effect is known: an easy case, and those that may go wrong."""

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        return -inf, inf

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return None

    def none_of(self, effect: Effect) -> float:
        """Return the value of no effect: the effect's threshold if it has one."""
        return self.none if effect.threshold is None else effect.threshold

    def bounds(self, effect: Effect) -> tuple[float, float]:
        """Return below and above which value an effect is of interest."""
        none = self.none_of(effect)
        return (none / effect.sesoi, none * effect.sesoi) if self.ratio else (none - effect.sesoi, none + effect.sesoi)


def span_of(ask: Ask, weights: Iterable[tuple[str, float]]) -> tuple[float, float]:
    """Return the least and the most that a weighted sum of arms can be, or that sum as a share of the arm ``of``.

    Where no outcome is below 0, Σ w y / y(of) is the weight of ``of``, and what the others add on the side of theirs.
    A sum of shares, which are 0 to 1, lies between the sums of its negative and of its positive weights.
    """
    total: dict[str, float] = {}
    for arm, weight in weights:
        total[arm] = total.get(arm, 0.0) + weight
    if ask.effect.scale != "level":
        return -inf, inf
    if ask.effect.of is None:
        share = ask.unit == "share" and ask.within(0.0, 1.0)
        ends = (sum(min(w, 0.0) for w in total.values()), sum(max(w, 0.0) for w in total.values()))
        return ends if share else (-inf, inf)
    own = total.pop(ask.effect.of, 0.0)
    if not ask.within(0.0, inf):
        return -inf, inf
    return (own if min(total.values(), default=0.0) >= 0.0 else -inf,
            own if max(total.values(), default=0.0) <= 0.0 else inf)  # fmt: skip


def logs(values: Floats) -> Floats:
    """Return natural logarithms; NaN where there is none."""
    return np.log(np.where(values > 0.0, values, np.nan))


def log_of_means(values: Floats) -> Floats:
    """Return the logarithm of the mean over seeds, as a figure a seed: ln m + y/m - 1, whose mean over seeds is ln m.

    Its error is that of the delta method, and a seed may be 0, as counts are. NaN where the mean is not above 0.
    """
    seeds = np.isfinite(values).sum(axis=1, keepdims=True)
    mean = np.nansum(values, axis=1, keepdims=True) / np.maximum(seeds, 1)
    mean = np.where(mean > 0.0, mean, np.nan)
    return np.asarray(np.log(mean) + values / mean - 1.0)


def made_up(measure: str, **arms: Floats) -> xr.Dataset:
    """Return a table of one measure, from arrays of shape (worlds, seeds) by arm."""
    return made_up_of({measure: arms})


def made_up_of(measures: dict[str, dict[str, Floats]]) -> xr.Dataset:
    """Return a table of measures, each given by arm as arrays of shape (worlds, seeds)."""
    names = list(next(iter(measures.values())))
    data = {
        measure: (("arm", "world", "seed"), np.stack([arms[name] for name in names]))
        for measure, arms in measures.items()
    }
    return xr.Dataset(data, coords={"arm": names})


def pick(choices: Floats, better: Floats) -> Floats:
    """Return of each world and seed the choice that is best in the other half of its seeds (cross-fitting).

    Args:
        choices: what could be chosen, shape (choices, worlds, seeds).
        better: by what it is chosen, likewise; the largest mean wins.

    Returns:
        The figures of what was chosen, shape (worlds, seeds): unbiased by the choice, since no seed has a say in its
        own.
    """
    found = np.full(choices.shape[1:], np.nan)
    even, odd = slice(0, None, 2), slice(1, None, 2)
    for own, other in ((even, odd), (odd, even)):
        known = np.isfinite(better[:, :, other])
        sums, counts = np.where(known, better[:, :, other], 0.0).sum(axis=2), known.sum(axis=2)
        best = np.argmax(np.where(counts > 0, sums / np.maximum(counts, 1), -np.inf), axis=0)
        found[:, own] = np.take_along_axis(choices, best[None, :, None], axis=0)[0][:, own]
    return found
