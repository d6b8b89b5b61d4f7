"""Are several contrasts all of one sign? Complements reinforce each other at every setting of the rest, or not.

Practices are complements (the outcome is supermodular) iff q interaction contrasts h are all 0 or more. With ĥ their
means over n seeds and V the covariance of these means, each null is held by its distance

    D = min over h in the null of (ĥ - h)ᵀ V⁻¹ (ĥ - h)      h ≥ 0: supermodular;  h ≤ 0: submodular

(Kodde, Palm 1986). Its distribution hangs on V: the p-value lies between that of one constraint and a mixture of q - 1
and q, half each,

    ½ P(χ²₀ ≥ D) + ½ P(χ²₁ ≥ D)  ≤  p  ≤  ½ P(χ²_{q-1} ≥ D) + ½ P(χ²_q ≥ D)

With V estimated, each χ²_k becomes (n - 1) χ²_k/χ²_{n-k}, exact for normal contrasts (Perlman 1969); as n grows, the
bounds at 5 % are Kodde and Palm's 2.706 to 2.706, 5.138, 7.045 and 8.761 for q = 1 to 4. Rejecting one null and not the
other tells (Mohnen, Röller 2005); stricter, *all* contrasts are shown to be positive if the least of them is.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from experiments.inference.intervals import Floats, p_at_most


class Distance(NamedTuple):
    """A null's distance D from the data, and the bounds of its p-value."""

    statistic: float
    p_low: float
    p_high: float


class Supermodularity(NamedTuple):
    """Both nulls, and the p-values of "not all contrasts are positive" and "not all are negative"."""

    means: tuple[float, ...]
    n: int
    supermodular: Distance
    submodular: Distance
    p_not_all_positive: float
    p_not_all_negative: float

    def tells(self, level: float = 0.05) -> Literal["complements", "substitutes", "mixed", "undecided"]:
        """Return what the two nulls tell together: one is rejected surely, the other surely not; mixed if both are."""
        not_super, not_sub = self.supermodular.p_high <= level, self.submodular.p_high <= level
        if not_super and not_sub:
            return "mixed"
        if not_sub and self.supermodular.p_low > level:
            return "complements"
        return "substitutes" if not_super and self.submodular.p_low > level else "undecided"


def supermodularity(contrasts: ArrayLike) -> Supermodularity:
    """Test contrasts of shape (seeds, q), q = 1 to 4.

    Raises:
        ValueError: another shape, too few seeds, or contrasts that are not finite or vary together exactly.
    """
    h = np.asarray(contrasts, dtype=np.float64)
    if h.ndim != 2 or not 1 <= h.shape[1] <= 4:
        raise ValueError(f"contrasts must have shape (seeds, 1 to 4), not {h.shape}")
    n, q = h.shape
    if n < q + 2:
        raise ValueError(f"{q} contrasts need {q + 2} seeds or more, not {n}")
    if not np.isfinite(h).all():
        raise ValueError("contrasts must be finite numbers")
    apart, spread = h - h.mean(axis=0), h.std(axis=0)
    if not (spread > 0.0).all() or np.linalg.matrix_rank(apart / spread) < q:
        raise ValueError("contrasts that do not vary, or vary together exactly, cannot be tested together")
    return Supermodularity(
        tuple(h.mean(axis=0).tolist()), n, _distance(h), _distance(-h),
        max(p_at_most(h[:, k]) for k in range(q)), max(p_at_most(-h[:, k]) for k in range(q)),
    )  # fmt: skip


def p_bounds(statistic: float, constraints: int, n: float = np.inf) -> tuple[float, float]:
    """Return the bounds of the p-value of a distance D from ``n`` seeds; V is known if n is infinite."""
    return _mixture(statistic, 1, n), _mixture(statistic, constraints, n)


def critical_values(constraints: int, level: float = 0.05, n: float = np.inf) -> tuple[float, float]:
    """Return the bounds of the critical value of D (Kodde, Palm 1986, table 1, if n is infinite)."""
    low, high = (float(optimize.brentq(lambda d, k=k: _mixture(d, k, n) - level, 1e-9, 1e6)) for k in (1, constraints))
    return low, high


def _distance(h: Floats) -> Distance:
    """Hold the null that all means are 0 or more."""
    n, q = h.shape
    inverse = np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(h, rowvar=False)) / n))
    statistic = float(optimize.nnls(inverse, inverse @ h.mean(axis=0))[1]) ** 2
    return Distance(statistic, *p_bounds(statistic, q, n))


def _mixture(statistic: float, k: int, n: float) -> float:
    """Return ½ P(χ²_{k-1} ≥ D) + ½ P(χ²_k ≥ D), or their likes with V estimated; 1 at D = 0."""
    if statistic <= 0.0:
        return 1.0
    return 0.5 * _tail(statistic, k - 1, n) + 0.5 * _tail(statistic, k, n)


def _tail(statistic: float, k: int, n: float) -> float:
    if k == 0:
        return 0.0
    if np.isinf(n):
        return float(stats.chi2.sf(statistic, k))
    freedom = n - k
    return float(stats.f.sf(statistic / (n - 1.0) * freedom / k, k, freedom))
