"""Where a claim holds: its verdict over a region of parameters frozen in advance, and what decides it.

Places fill the region evenly (a scrambled Sobol' sequence). At each, the claim is judged on a few seeds of its own. The
share of each verdict comes with a Clopper-Pearson interval over places. What decides the effect of the claim's weakest
required part: standardised rank regression coefficients (Saltelli, Marivoet 1990), with intervals by a bootstrap over
places. Places are drawn independently in each parameter, so a true coefficient lies from -1 to 1; draws of few places,
in which parameters move together by chance, may go further, and an interval ends there. Where the coefficients of the
places themselves go further, parameters move together in what is left of them, and none is told. The boundary: the leaf
of a shallow tree in which the claim holds most, with the tree's accuracy on places held out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.declarations import toml_value
from experiments.propositions.claims import Claim
from experiments.propositions.worlds import Spot
from experiments.sweep.factors import Factor

Floats = NDArray[np.float64]

VERDICTS = ("supported", "contradicted", "negligible", "undecided")
_SEED = 20_261_125
_FEWEST, _DRAWS = 12, 500
_DEPTH, _PARTS = 2, 5
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Place:
    """What came out at one place: its values by key, the claim's verdict, and the effect of its weakest part.

    ``effect`` is in units of its smallest effect of interest: 1 and above speaks for the claim, −1 and below against.
    """

    values: dict[str, Any]
    verdict: str
    effect: float


def spots_of(claim: Claim, count: int) -> list[Spot]:
    """Return so many places of a claim's region; more of them keep the first ones."""
    from scipy.stats import qmc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # balance wants powers of two; an even filling does not
        units = qmc.Sobol(len(claim.region), rng=np.random.default_rng(_SEED)).random(count)
    named = [{f.key: f.value(float(u)) for f, u in zip(claim.region, unit, strict=True)} for unit in units]
    return [Spot(f"region {n + 1}", changes) for n, changes in enumerate(named)]


def describe(claim: Claim, places: Sequence[Place], seeds: int) -> dict[str, Any]:
    """Return what the region shows, as plain data: shares, indices, rule, and the places themselves."""
    matters = _indices(claim.region, places)
    ranked = sorted(matters, key=lambda each: -abs(each["index"]))
    axes = [each["key"] for each in ranked[:2]] or [factor.key for factor in claim.region[:2]]
    return {
        "places": [{"values": p.values, "verdict": p.verdict, "effect": p.effect} for p in places],
        "seeds": seeds,
        "shares": {verdict: share_of([p.verdict == verdict for p in places]) for verdict in VERDICTS},
        "indices": ranked,
        "rule": _rule(claim.region, places),
        "axes": axes,
        "parameters": [factor.described() for factor in claim.region],
    }


def share_of(hits: Sequence[bool]) -> dict[str, float]:
    """Return how often something came out, with its Clopper-Pearson interval of 95 %."""
    from scipy import stats

    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(0.95)
    return {"share": sum(hits) / len(hits), "low": float(interval.low), "high": float(interval.high)}


def _columns(factors: Sequence[Factor], places: Sequence[Place]) -> Floats:
    """Return the places as numbers, shape (places, factors): logs on log scales, positions of listed values."""
    columns = []
    for factor in factors:
        values = [place.values[factor.key] for place in places]
        if factor.values is not None:
            columns.append([float(factor.values.index(value)) for value in values])
        else:
            columns.append([math.log(value) if factor.scale == "log" else float(value) for value in values])
    return np.array(columns).T


def _indices(factors: Sequence[Factor], places: Sequence[Place]) -> list[dict[str, Any]]:
    """Return how much each parameter decides the effect; nothing from too few places, or where nothing varies apart."""
    usable = [place for place in places if math.isfinite(place.effect)]
    effects = np.array([place.effect for place in usable])
    if len(usable) < max(_FEWEST, 2 * len(factors) + 2) or np.ptp(effects) <= 1e-9 * np.abs(effects).max():
        return []
    x = _columns(factors, usable)
    random = np.random.default_rng(_SEED)
    rows = [np.arange(len(usable)), *random.integers(len(usable), size=(_DRAWS, len(usable)))]
    drawn = np.array([_rank_coefficients(x[row], effects[row]) for row in rows])
    if np.abs(drawn[0]).max() > 1.0 + _ROUNDING:
        return []
    low, high = np.clip(np.percentile(drawn[1:], [2.5, 97.5], axis=0), -1.0, 1.0)
    return [
        {"key": factor.key, "index": float(drawn[0, n]), "low": float(low[n]), "high": float(high[n])}
        for n, factor in enumerate(factors)
    ]


def _rank_coefficients(x: Floats, y: Floats) -> Floats:
    """Return the standardised coefficients of a linear regression on ranks; 0 for what does not vary."""
    from scipy import stats

    ranks = stats.rankdata(np.column_stack([x, y]), axis=0)
    ranks = ranks - ranks.mean(axis=0)
    spread = ranks.std(axis=0)
    ranks = np.divide(ranks, spread, out=np.zeros_like(ranks), where=spread > 0.0)
    return np.asarray(np.linalg.lstsq(ranks[:, :-1], ranks[:, -1], rcond=None)[0])


def _rule(factors: Sequence[Factor], places: Sequence[Place]) -> dict[str, Any]:
    """Return where the claim holds most, in words and as conditions, and how well that predicts places held out."""
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    holds = np.array([place.verdict == "supported" for place in places])
    count = int(holds.sum())
    if min(count, len(holds) - count) < 2 or len(holds) < _FEWEST:
        many = count > len(holds) / 2
        words = "it holds nearly everywhere in it" if many else f"it holds {'almost ' if count else ''}nowhere in it"
        return {"words": words, "conditions": [], "accuracy": None, "majority": None, "inside": None, "held": None}
    x = _columns(factors, places)
    tree = DecisionTreeClassifier(max_depth=_DEPTH, min_samples_leaf=max(3, len(holds) // 10), random_state=0)
    parts = StratifiedKFold(min(_PARTS, count, len(holds) - count), shuffle=True, random_state=0)
    accuracy = float(cross_val_score(tree, x, holds, cv=parts).mean())
    leaf = tree.fit(x, holds).apply(x)
    best = max(np.unique(leaf), key=lambda n: (holds[leaf == n].mean(), (leaf == n).sum()))
    conditions = _path(tree.tree_, int(best), factors)
    inside, held = int((leaf == best).sum()), int(holds[leaf == best].sum())
    where = " and ".join(conditions) or "everywhere"
    return {
        "words": f"it holds at {held} of {inside} places where {where}",
        "conditions": conditions,
        "accuracy": accuracy,
        "majority": max(count, len(holds) - count) / len(holds),
        "inside": inside,
        "held": held,
    }


def _path(tree: Any, leaf: int, factors: Sequence[Factor]) -> list[str]:
    """Return the conditions that lead to a leaf, the tightest of each side."""
    sides = (tree.children_left, tree.children_right)
    parents = {int(side[node]): node for node in range(tree.node_count) for side in sides if side[node] >= 0}
    bounds: dict[tuple[int, str], float] = {}
    node = leaf
    while node in parents:
        parent = parents[node]
        side = "<" if tree.children_left[parent] == node else ">"
        key, at = (int(tree.feature[parent]), side), float(tree.threshold[parent])
        known = bounds.get(key)
        bounds[key] = at if known is None else min(known, at) if side == "<" else max(known, at)
        node = parent
    return [_condition(factors[n], side, at) for (n, side), at in sorted(bounds.items())]


def _condition(factor: Factor, side: str, at: float) -> str:
    if factor.values is not None:
        allowed = [v for n, v in enumerate(factor.values) if (n < at if side == "<" else n > at)]
        return f"{factor.key} is {' or '.join(toml_value(value) for value in allowed)}"
    value = math.exp(at) if factor.scale == "log" else at
    return f"{factor.key} {side} {value:.3g}"
