"""The share of worlds: coverage of its interval and errors of its words, summed over all counts of worlds there are."""

from __future__ import annotations

import numpy as np
from scipy import stats

from experiments.checks.check import Check, Measure, within
from experiments.claims.ladder import Share, share_of, word_of

WORLDS = (32, 256)
_SHARES = np.linspace(0.005, 0.995, 199)


def share_checks(_quick: bool) -> list[Check]:
    """Check that Jeffreys intervals cover 95 % over all true shares, and nowhere much less."""
    checks = []
    for worlds in WORLDS:
        each = [share_of(count, worlds) for count in range(worlds + 1)]
        low, high = np.array([share.low for share in each]), np.array([share.high for share in each])
        inside = (low <= _SHARES[:, None]) & (_SHARES[:, None] <= high)
        covered = (stats.binom.pmf(np.arange(worlds + 1), worlds, _SHARES[:, None]) * inside).sum(axis=1)
        mean, least = float(covered.mean()), float(covered.min())
        checks += [
            within("share", "coverage", f"{worlds} worlds, mean over true shares", "=", 0.95, 0.005, (mean,) * 3),
            within("share", "coverage", f"{worlds} worlds, least over true shares", "≥", 0.95, 0.07, (least,) * 3),
        ]
    return checks


def word_checks(_quick: bool) -> list[Check]:
    """Check how often a word is said of a true share that falls short of it, and of one that does not."""
    robustly, mostly = ("holds robustly",), ("holds robustly", "mostly")
    cases: tuple[tuple[int, tuple[Measure, tuple[str, ...], float]], ...] = (
        (32, ("error", robustly, 0.8)), (32, ("error", mostly, 0.3)), (32, ("error", ("nowhere",), 0.15)),
        (256, ("error", robustly, 0.8)), (256, ("error", mostly, 0.4)), (256, ("error", ("nowhere",), 0.1)),
        (32, ("power", robustly, 0.98)), (256, ("power", robustly, 0.95)),
    )  # fmt: skip
    words = {worlds: [word_of(_shares(count, worlds)) for count in range(worlds + 1)] for worlds in WORLDS}
    return [_said(words[worlds], *asked) for worlds, asked in cases]


def _said(words: list[str], measure: Measure, asked: tuple[str, ...], truth: float) -> Check:
    """Check how often one of some words is said if this is the true share."""
    worlds = len(words) - 1
    said = [word in asked for word in words]
    chance = float(stats.binom.pmf(np.arange(worlds + 1), worlds, truth)[said].sum())
    name = f"“{asked[-1]}” of {worlds} worlds, truly {100 * truth:.0f} %"
    if measure == "error":
        return within("words", "error", name, "≤", 0.05, 0.0, (chance,) * 3)
    return within("words", "power", name, "≥", 0.8, 0.0, (chance,) * 3)


def _shares(supported: int, worlds: int) -> tuple[Share, ...]:
    """Return shares by verdict where the effect is supported in some worlds and negligible in the others."""
    counts = (0, supported, 0, worlds - supported)
    return tuple(share_of(count, worlds) for count in counts)
