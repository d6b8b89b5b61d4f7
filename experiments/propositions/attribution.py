"""Whose doing is the joint outcome? Shapley shares and pairwise interactions of a claim's switches, with intervals.

For each measure that a claim attributes: the value of each switch and of each pair, one figure a seed, so t intervals
over seeds; and as shares of what all switches together add (Fieller). Each interval is for itself: of the many that are
looked at, about one in twenty misses.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from experiments.inference import shapley
from experiments.inference.intervals import Floats, Interval, t_interval
from experiments.inference.ratios import ratio_interval
from experiments.propositions.claims import Claim
from experiments.propositions.estimands import by_settings
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Sample

_CONFIDENCE = 0.95
_FEWEST = 3


def attribution(claim: Claim, sample: Sample) -> list[dict[str, Any]]:
    """Return the attribution of each measure of the claim's shapley effects, as plain data; none without switches."""
    first = {(e.measure, e.scales[0]): e for e in reversed(claim.effects) if e.kind == "shapley"}
    ordered = sorted(first.values(), key=claim.effects.index)
    return [_one(claim, effect, sample) for effect in ordered]


def _one(claim: Claim, effect: Effect, sample: Sample) -> dict[str, Any]:
    scale = effect.scales[0]
    outcomes = by_settings(claim, {arm: _scaled(sample.measure(arm, effect.measure), scale) for arm in claim.arms})
    known = np.isfinite(outcomes).all(axis=1)
    told: dict[str, Any] = {
        "name": effect.name.split(":")[0], "measure": effect.measure, "scale": scale, "confidence": _CONFIDENCE,
        "seeds": int(known.sum()), "left_out": int((~known).sum()), "switches": [], "pairs": [], "total": None,
        "together": None,
    }  # fmt: skip
    if known.sum() < _FEWEST:
        return told
    v, names = outcomes[known], list(claim.file.switches)
    total = v[:, -1] - v[:, 0]
    told["total"] = _plain(t_interval(total, _CONFIDENCE))
    told["together"] = _plain(shapley.interaction_share(v, _CONFIDENCE))
    values, pairs = shapley.shapley(v), shapley.interactions(v)
    told["switches"] = [{"switch": name, **_shown(values[:, n], total)} for n, name in enumerate(names)]
    told["pairs"] = [
        {"switches": [names[i], names[j]], **_shown(pairs[:, i, j], total)}
        for i, j in combinations(range(len(names)), 2)
    ]
    return told


def _shown(values: Floats, total: Floats) -> dict[str, Any]:
    share = ratio_interval(values, total, _CONFIDENCE)
    return {"value": _plain(t_interval(values, _CONFIDENCE)), "share": _plain(share)}


def _plain(interval: Interval) -> dict[str, float]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}


def _scaled(values: Floats, scale: str) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return values if scale == "level" else np.log1p(values) if scale == "log1p" else np.log(values)
