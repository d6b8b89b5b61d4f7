"""Each estimand on made-up outcomes: coverage, bias, errors where the truth lies at a bound, and power as forecast."""

from __future__ import annotations

import numpy as np

from experiments.checks.check import Check, median, rate
from experiments.checks.statistics.made_up import stream
from experiments.claims.estimands import ESTIMANDS, Estimand, Known
from experiments.claims.judging import CONTRADICTED, NEGLIGIBLE, SUPPORTED, VERDICTS, EffectFound, judge_effect
from experiments.claims.schema import Effect

SEEDS = (20, 80)
NOMINAL, SIDE = 0.95, 0.025
COVERAGE, ERROR, BIAS, POWER = 0.01, 0.005, 0.3, 0.1
"""Tolerances: small samples of skewed outcomes cover less, err more; bias is in smallest effects of interest."""
_ASKED = 0.7  # the power at which forecasts are checked
_PILOT = 200  # worlds in which the smallest effect of that power is sought


def estimand_checks(kind: str, quick: bool) -> list[Check]:
    """Check an estimand on all its made-up outcomes, at few and at many seeds."""
    estimand, worlds = ESTIMANDS[kind], 2000 if quick else 4000
    checks = []
    for seeds in SEEDS:
        for known in estimand.known(stream(f"{kind} {seeds}"), worlds, seeds):
            checks += _checks(estimand, known, f"{known.effect.name}, {seeds} seeds")
    return checks


def _checks(estimand: Estimand, known: Known, name: str) -> list[Check]:
    kind, truth = estimand.kind, known.truth
    found = _judged(known, known.effect)
    covered = (found.low <= truth) & (truth <= found.high)
    return [
        rate(kind, "coverage", name, "≥", NOMINAL, covered, COVERAGE),
        median(kind, "bias", name, _off(estimand, known, found), BIAS),
        _worst_error(estimand, known, name),
        _power(estimand, known, name),
    ]


def _judged(known: Known, effect: Effect) -> EffectFound:
    return judge_effect(effect, known.table, {}, {})


def _off(estimand: Estimand, known: Known, found: EffectFound) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return how far estimates are off, in smallest effects of interest."""
    if estimand.ratio:
        return np.asarray(np.log(found.size / known.truth) / np.log(known.effect.sesoi))
    return np.asarray((found.size - known.truth) / known.effect.sesoi)


def at_bound(estimand: Estimand, known: Known, upper: bool) -> Effect:
    """Return the effect asked for so that the truth lies exactly at the upper or the lower bound of interest."""
    sesoi = known.effect.sesoi
    if estimand.ratio:
        none = known.truth / sesoi if upper else known.truth * sesoi
    else:
        none = known.truth - sesoi if upper else known.truth + sesoi
    return known.effect.model_copy(update={"threshold": none})


def _worst_error(estimand: Estimand, known: Known, name: str) -> Check:
    """Check the most frequent of the wrong verdicts where the truth lies at a bound."""
    above, below = (_judged(known, at_bound(estimand, known, upper)).verdict for upper in (True, False))
    far = (SUPPORTED, CONTRADICTED) if known.effect.sign == "+" else (CONTRADICTED, SUPPORTED)
    wrong = [(above, far[0]), (below, far[1]), (above, NEGLIGIBLE), (below, NEGLIGIBLE)]
    verdict, code = max(wrong, key=lambda each: int((each[0] == each[1]).sum()))
    return rate(estimand.kind, "error", f"{name}: {VERDICTS[code]} at a bound", "≤", SIDE, verdict == code, ERROR)


def beyond(estimand: Estimand, known: Known, sesoi: float) -> Effect:
    """Return the effect asked for so that the truth is as far beyond the bound as the bound is from none."""
    if estimand.ratio:
        none = known.truth / (sesoi + (sesoi - 1.0 / sesoi) / 2.0)
    else:
        none = known.truth - 2.0 * sesoi if known.effect.sign == "+" else known.truth + 2.0 * sesoi
    return known.effect.model_copy(update={"threshold": none, "sesoi": sesoi})


def _power(estimand: Estimand, known: Known, name: str) -> Check:
    """Check how often an effect is found against how often that was forecast, where that is in doubt."""
    pilot = known._replace(table=known.table.isel(world=slice(_PILOT)))
    sizes = 1.0 + np.geomspace(0.05, 20.0, 30) if estimand.ratio else known.effect.sesoi * np.geomspace(0.05, 20.0, 30)
    asked = [beyond(estimand, pilot, sesoi) for sesoi in sizes.tolist()]
    forecasts = [float(np.median(_judged(pilot, effect).power)) for effect in asked]
    effect = asked[int(np.argmin(np.abs(np.array(forecasts) - _ASKED)))]
    found = _judged(known, effect)
    forecast = float(found.power.mean())
    supported = found.verdict == SUPPORTED
    return rate(estimand.kind, "power", name, "≥", forecast, supported, POWER)
