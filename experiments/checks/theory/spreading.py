"""Limits of diffusion: L9, Bass; L10, nobody without p and q, and Watts' cascade window."""

from __future__ import annotations

import numpy as np

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.worlds import ALONE, Changes, Floats, batch, lone_slots

# One product that anybody would take: it does something, costs nothing, and nobody leaves it.
_WELCOME: Changes = ALONE | lone_slots(1) | {
    "diffusion.enabled": True,
    "diffusion.churn": 0.0,
    "diffusion.switching_cost": 0.0,
    "market.price": 0.0,
    "market.hosting": 0.0,
    "market.tooling": 0.0,
    "search.enabled": False,
}  # fmt: skip


def _spread(changes: Changes, months: int, adopters: int, runs: int) -> Floats:
    """Return the share of users after each month, shape (runs, months); the product comes out in the first."""
    size = {"run.months": months, "diffusion.adopters": adopters}
    return np.asarray(batch(_WELCOME | changes | size, runs)["users"] / adopters)


def epidemic(quick: bool) -> list[Check]:
    """L9: under complete mixing adoption is Bass's curve. Largest distance allowed: 0.01."""
    checks = []
    for p, q in ((0.03, 0.38), (0.02, 0.5), (0.1, 0.0)):
        step = 0.02  # of the time unit of p and q: small against 1/(p + q)
        adopters, runs = (10_000, 4) if quick else (30_000, 8)
        months = min(1200, int(np.log(1e3 * (1.0 + q / p)) / (p + q) / step))
        expected = laws.bass(p, q, step * np.arange(1, months + 1, dtype=np.float64))
        mixing: Changes = {"diffusion.network": "complete", "diffusion.p": p * step, "diffusion.q": q * step}
        error = np.abs(_spread(mixing, months, adopters, runs).mean(axis=0) - expected).max()
        name = f"Bass curve, largest distance of {runs} runs' mean: p={p:g}, q={q:g}, N={adopters:,}"
        checks.append(check.distance("L9", name, float(error), 0.01, 0.01))
    return checks


THRESHOLD = 0.18
CASCADE = 0.1  # a cascade is global if it reaches this share


def cascades(quick: bool) -> list[Check]:
    """L10: without p and q nobody adopts; with thresholds, cascades are global inside Watts' window only.

    Edges are where each adopter of the first month makes one of the second, on average. Widest half-interval: 0.05
    and 0.12 for the lower and upper edge, three times that if quick.
    """
    checks = []
    for p in (0.0, 0.01):
        hazards = {"diffusion.p": p, "diffusion.q": 0.0, "diffusion.network": "small-world"}
        adopted = bool(_spread(hazards, 120, 2000, 1)[:, -1].max() > 0.0)
        name = "adoption at p = q = 0" if p == 0.0 else "control, some adoption at p > 0"
        checks.append(check.equal("L10", name, float(p > 0.0), adopted))
    for degree, expected in ((0.7, 0.0), (2.0, 1.0), (4.0, 1.0), (7.0, 0.0)):
        shares = _spread(_thresholds(degree, 1e-3), 300, 20_000, 3 if quick else 10)[:, -1]
        name = f"share of global cascades at mean degree {degree:g}"
        checks.append(check.equal("L10", name, expected, float(np.mean(shares > CASCADE))))
    lower, upper = laws.cascade_window(THRESHOLD)
    factor = 3.0 if quick else 1.0
    edges = (
        ("lower", lower, 0.15, 0.05, 20_000 if quick else 50_000, 2 if quick else 25),
        ("upper", upper, 0.4, 0.12, 50_000 if quick else 100_000, 2 if quick else 15),
    )
    for side, edge, reach, widest, adopters, runs in edges:
        crossings = _crossings(edge - reach, edge + reach, adopters, runs)
        name = f"{side} edge of the cascade window, φ={THRESHOLD:g}"
        checks.append(check.mean("L10", name, edge, crossings, factor * widest))
    return checks


def _thresholds(degree: float, seeds: float) -> Changes:
    return {
        "diffusion.network": "poisson", "diffusion.degree": degree, "diffusion.rule": "threshold",
        "diffusion.threshold": THRESHOLD, "diffusion.seeds": seeds, "diffusion.taste_spread": 0.0,
    }  # fmt: skip


def _crossings(low: float, high: float, adopters: int, runs: int) -> Floats:
    """Return where second-generation adopters match the first: a sample per batch of runs, by a line through degrees.

    Few seeds among many adopters: their neighbourhoods are trees that hardly ever meet.
    """
    batches, seeds = 20, 20
    degrees, ratios = np.linspace(low, high, 3), np.empty((batches, 3))
    for n, degree in enumerate(degrees.tolist()):
        found = _spread(_thresholds(degree, seeds / adopters), 2, adopters, batches * runs) * adopters
        first = (found[:, 0] - seeds).reshape(batches, runs).sum(axis=1)
        second = (found[:, 1] - found[:, 0]).reshape(batches, runs).sum(axis=1)
        ratios[:, n] = second / first
    centred = degrees - degrees.mean()
    slope = ratios.mean(axis=0) @ centred / (centred @ centred)
    return np.asarray(degrees.mean() + (1.0 - ratios.mean(axis=1)) / slope)
