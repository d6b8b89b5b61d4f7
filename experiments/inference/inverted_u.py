"""Is there a best dose? Lind and Mehlum's (2010) test of an inverted U, and a hump that needs no parabola.

A parabola y = a + b x + c x² is fitted to each seed's responses by least squares, so b and c have a mean and a
covariance over seeds: the same fit as with an intercept a seed, and a seed is one piece of evidence. An inverted U
rises at the lowest dose and falls at the highest; the p-value is that of the weaker slope,

    H0: b + 2c x_low ≤ 0  or  b + 2c x_high ≥ 0          t of n - 1 degrees each, p the larger one

and the best dose -b/(2c) has Fieller's interval. A parabola bends where the truth only levels off, and then finds a
fall that is not there (Simonsohn 2018). So a second p-value asks the doses themselves: some dose between gives more
than the lowest *and* more than the highest; paired t tests, Bonferroni over the doses between. A hump is shown if both
reject.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from experiments.inference.intervals import Floats, Interval, p_at_most, t_interval
from experiments.inference.ratios import fieller


class InvertedU(NamedTuple):
    """The slopes at both ends, the dose of the top, and p-values: of the parabola, of the doses, and of both."""

    slope_low: Interval
    slope_high: Interval
    optimum: Interval
    p_parabola: float
    p_doses: float

    @property
    def p(self) -> float:
        """The p-value of the claim: both tests must reject."""
        return max(self.p_parabola, self.p_doses)


def inverted_u(doses: ArrayLike, responses: ArrayLike, confidence: float = 0.95) -> InvertedU:
    """Test responses of shape (seeds, doses) at ascending doses; for a U, give them with the opposite sign.

    Raises:
        ValueError: fewer than three doses or seeds, shapes that do not fit, doses not ascending, figures not finite.
    """
    x, y = _checked(doses, responses)
    centre = float(x.mean())
    parabola = np.vander(x - centre, 3, increasing=True)
    _, b, c = np.linalg.lstsq(parabola, y.T, rcond=None)[0]
    low, high = b + 2.0 * c * (x[0] - centre), b + 2.0 * c * (x[-1] - centre)
    top = fieller(np.array([-b.mean(), 2.0 * c.mean()]), np.cov(-b, 2.0 * c) / len(y), len(y), confidence)
    return InvertedU(
        t_interval(low, confidence), t_interval(high, confidence),
        top._replace(estimate=top.estimate + centre, low=top.low + centre, high=top.high + centre),
        max(p_at_most(low), p_at_most(-high)), _best_between(y),
    )  # fmt: skip


def _best_between(y: Floats) -> float:
    """Return the p-value of "no dose between gives more than both ends"."""
    between = range(1, y.shape[1] - 1)
    best = min(max(p_at_most(y[:, k] - y[:, 0]), p_at_most(y[:, k] - y[:, -1])) for k in between)
    return min(1.0, len(between) * best)


def _checked(doses: ArrayLike, responses: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(doses, dtype=np.float64), np.asarray(responses, dtype=np.float64)
    if x.ndim != 1 or y.ndim != 2 or y.shape[1] != len(x):
        raise ValueError(f"responses must have shape (seeds, doses), not {y.shape} for doses of shape {x.shape}")
    if min(y.shape) < 3:
        raise ValueError(f"needs three seeds and three doses or more, not {y.shape[0]} and {y.shape[1]}")
    if not (np.diff(x) > 0.0).all():
        raise ValueError("doses must ascend")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("doses and responses must be finite numbers")
    return x, y
