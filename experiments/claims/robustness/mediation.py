"""Through which channel did it come? Events of the firm, counted in every run and compared between two arms.

A claim names a mechanism; the event log says how often each way of getting at a module was taken: own trials kept,
contributed ones, modules made, reused, copied, adopted, mastered. An effect without a difference in its channel did not
come through it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr

from experiments.claims.claim import CHANNELS, Claim
from experiments.claims.estimands import Means
from experiments.claims.judging import found_of
from experiments.claims.ladder import Spread, spread_of
from experiments.claims.schema import Effect


class Channel(NamedTuple):
    """A channel in two arms.

    Attributes:
        name: the outcome.
        first, second: the arms.
        mean_first, mean_second: over all worlds and seeds.
        difference: the mean of paired differences of each world, over worlds.
        more, less: the share of worlds in which it is surely more or less in the first arm (95 %).
    """

    name: str
    first: str
    second: str
    mean_first: float
    mean_second: float
    difference: Spread
    more: float
    less: float


def mediation(claim: Claim, table: xr.Dataset) -> tuple[Channel, ...]:
    """Return how the channels differ between the two arms that a claim's first effect compares."""
    first, second = _compared(claim)
    return tuple(_channel(table, name, first, second) for name in CHANNELS)


def _compared(claim: Claim) -> tuple[str, str]:
    """Return the first and last arm of the first effect; of switches, all on and all off."""
    if claim.file.switches:
        return "1" * len(claim.file.switches), "0" * len(claim.file.switches)
    arms = claim.rungs[0].effect[0].arms or list(claim.arms)
    return arms[0], arms[-1]


def _channel(table: xr.Dataset, name: str, first: str, second: str) -> Channel:
    counts = table[f"final.{name}"].transpose("arm", "world", "seed")
    one, other = (counts.sel(arm=arm).to_numpy() for arm in (first, second))
    effect = Effect(name=name, kind="difference", sign="+", sesoi=1.0, measure=name)
    found = found_of(effect, Means(one - other, np.ones_like(one)), (0.0, 0.0), "")
    means = counts.mean(("world", "seed"))
    return Channel(
        name, first, second, float(means.sel(arm=first)), float(means.sel(arm=second)), spread_of(found.size),
        float((found.low > 0.0).mean()), float((found.high < 0.0).mean()),
    )  # fmt: skip
