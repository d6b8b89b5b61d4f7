"""Least squares with the seed as the cluster: rows of one seed share its luck, so they count as one piece of evidence.

    y = X β + u,   Cov(β̂) = (XᵀX)⁻¹ [Σ_g X_gᵀ u_g u_gᵀ X_g] (XᵀX)⁻¹ · G/(G - 1) · (N - 1)/(N - K),   t of G - 1 degrees

(Liang, Zeger 1986; Cameron, Miller 2015). ``within`` takes each seed's mean from every column first: an intercept a
seed. Elasticities are slopes of logs. With 20 seeds, whose rows wander, intervals of 0.95 cover 0.93 to 0.95.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from experiments.inference.intervals import Floats, Interval


def regress(
    response: ArrayLike, columns: Mapping[str, ArrayLike], seeds: ArrayLike, confidence: float = 0.95
) -> dict[str, Interval]:
    """Return the coefficient of each column, an intercept a seed taken out; arrays have shape (rows,).

    Raises:
        ValueError: columns of another length, not finite, or tied to each other within seeds; fewer than two seeds.
    """
    from statsmodels.regression.linear_model import OLS

    groups = np.unique(np.asarray(seeds), return_inverse=True)[1]
    y, *x = (_within(name, column, groups) for name, column in {"response": response, **columns}.items())
    matrix = np.column_stack(x)
    count = int(groups.max()) + 1
    if count < 2:
        raise ValueError("a regression needs two seeds or more")
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise ValueError(f"{', '.join(columns)}: do not vary apart from each other within seeds")
    fit = OLS(y, matrix).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    bounds = fit.conf_int(1.0 - confidence)
    return {
        name: Interval(float(fit.params[k]), float(bounds[k, 0]), float(bounds[k, 1]), confidence, count, "clustered")
        for k, name in enumerate(columns)
    }


def elasticity(response: ArrayLike, cause: ArrayLike, seeds: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return d log response / d log cause within seeds.

    Raises:
        ValueError: a figure that is not positive, or as for ``regress``.
    """
    logs = _logs("response", response), _logs("cause", cause)
    return regress(logs[0], {"cause": logs[1]}, seeds, confidence)["cause"]


def scale_elasticity(cost: ArrayLike, output: ArrayLike, seeds: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return average over marginal cost, AC/MC = 1 / (d log total cost / d log output); above 1 scale pays.

    Without bounds where the cost may not rise with output.
    """
    slope = elasticity(cost, output, seeds, confidence)
    low, high = (1.0 / slope.high, 1.0 / slope.low) if slope.low > 0.0 else (-np.inf, np.inf)
    return slope._replace(estimate=1.0 / slope.estimate, low=low, high=high)


def _within(name: str, column: ArrayLike, groups: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Floats:
    values = np.asarray(column, dtype=np.float64)
    if values.shape != groups.shape:
        raise ValueError(f"{name}: has shape {values.shape}, the seeds have {groups.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: must be finite numbers")
    means = np.bincount(groups, weights=values) / np.bincount(groups)
    return np.asarray(values - means[groups])


def _logs(name: str, values: ArrayLike) -> Floats:
    levels = np.asarray(values, dtype=np.float64)
    if wrong := int((~(levels > 0.0)).sum()):
        raise ValueError(f"{name}: logs need positive figures, and {wrong} of {levels.size} are not")
    return np.asarray(np.log(levels))
