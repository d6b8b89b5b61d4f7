"""``flywheel verify --inference``: the statistics of the claims, over many made-up worlds whose truth is known.

Each method is a function from ``quick`` to checks; outcomes are drawn by fixed seeds. Coverage, bias, errors and power
are those of the code that judges claims (``claims.judging``, ``claims.ladder``), not of a copy. A method that is *not*
used is shown failing as it is known to: checks that could not see that would see nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal

import numpy as np
from scipy import stats

from experiments.checks.check import Check, Measure, Rule, Source, Suite, exact, median, rate
from experiments.claims.estimands import ESTIMANDS, Estimand, Known, Means
from experiments.claims.estimands.base import Floats, made_up_of
from experiments.claims.judging import (
    CONTRADICTED,
    NEGLIGIBLE,
    SUPPORTED,
    UNDECIDED,
    VERDICTS,
    EffectFound,
    RungFound,
    found_of,
    holm,
    judge_effect,
    judge_rung,
)
from experiments.claims.ladder import Share, share_of, word_of
from experiments.claims.schema import Effect, Rung

Shape = Literal["normal", "t of 3 degrees", "two points", "heavy", "skewed", "very skewed"]


def stream(name: str) -> np.random.Generator:
    """Return the random numbers of this name: the same each time, and others than of any other name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def differences(shape: Shape, worlds: int, seeds: int, rng: np.random.Generator) -> Floats:
    """Return values of mean 0 and standard deviation 1, shape (worlds, seeds).

    Skewed are lognormal, σ = 0.5 (skewness 1.8) or 1 (6.2); heavy is the difference of two lognormals, σ = 1, whose
    logs correlate by 0.64: what pairs of a skewed outcome give.
    """
    size = (worlds, seeds)
    if shape == "normal":
        return np.asarray(rng.normal(size=size))
    if shape == "t of 3 degrees":
        return np.asarray(rng.standard_t(3, size) / 3.0**0.5)
    if shape == "two points":
        return np.asarray(rng.choice([-1.0, 1.0], size))
    if shape == "heavy":
        shared = 0.8 * rng.normal(size=size)
        one, other = (np.exp(shared + 0.6 * rng.normal(size=size)) for _ in range(2))
        return np.asarray((one - other) / (2.0 * (np.exp(2.0) - np.exp(1.64))) ** 0.5)
    sigma = 0.5 if shape == "skewed" else 1.0
    mean = np.exp(sigma**2 / 2.0)
    return np.asarray((rng.lognormal(0.0, sigma, size) / mean - 1.0) / np.expm1(sigma**2) ** 0.5)


_EFFECT = Effect(name="known", kind="difference", sign="+", sesoi=0.5, measure="y", arms=["a", "b"])
_MISSING = 0.1  # of seeds
_CASES: tuple[tuple[Shape, int, float], ...] = (
    ("normal", 20, 0.0), ("t of 3 degrees", 20, 0.0), ("two points", 20, 0.01), ("heavy", 20, 0.0),
    ("skewed", 20, 0.02), ("skewed", 80, 0.01), ("very skewed", 20, 0.09), ("very skewed", 80, 0.06),
)  # fmt: skip
"""Shapes with seeds and tolerance: a mean of few very skewed figures is covered less often, and should be asked in
logarithms."""


def found(over: Floats, under: Floats) -> EffectFound:
    """Return what an effect is in each world, bounds of interest half a standard deviation to each side of 0."""
    return found_of(_EFFECT, Means(over, under), (-0.5, 0.5), "")


def test_checks(quick: bool) -> Iterator[Check]:
    """Check the interval of a mean: by shape, with seeds missing, and without any variation."""
    worlds = 2000 if quick else 4000
    for shape, seeds, tolerance in _CASES:
        values = differences(shape, worlds, seeds, stream(f"t {shape} {seeds}"))
        each = found(values, np.ones_like(values))
        covered = (each.low <= 0.0) & (each.high >= 0.0)
        yield rate("coverage", f"{shape}, {seeds} seeds", "≥", 0.95, covered, tolerance)
    rng = stream("missing")
    values = differences("normal", worlds, 20, rng)
    values[rng.random(values.shape) < _MISSING] = np.nan
    kept = found(values, np.ones_like(values))
    known = np.isfinite(kept.size)
    covered = (np.abs(kept.low + kept.high) <= kept.high - kept.low)[known]
    yield rate("coverage", "normal, 20 seeds, a tenth missing", "≥", 0.95, covered)
    still = found(np.zeros((10, 20)), np.ones((10, 20)))
    yield exact("power", "nothing varies: negligible", "=", 1.0, float(np.mean(still.verdict == NEGLIGIBLE)))


def ratio_checks(quick: bool) -> Iterator[Check]:
    """Check Fieller's interval: a firm base, a base that is hardly there, and skewed figures."""
    worlds = 2000 if quick else 4000
    cases: tuple[tuple[Shape, float, float], ...] = (("normal", 3.0, 0.0), ("normal", 0.3, 0.0), ("skewed", 3.0, 0.02))
    for shape, base, tolerance in cases:
        rng = stream(f"ratio {shape} {base}")
        under = base + differences(shape, worlds, 20, rng)
        over = 0.5 * under + differences(shape, worlds, 20, rng)
        each = found(over, under)
        covered = ((each.low <= 0.5) & (each.high >= 0.5))[np.isfinite(each.size)]
        yield rate("coverage", f"{shape}, 20 seeds, base {base:g} sd from 0", "≥", 0.95, covered, tolerance)


SEEDS = (20, 80)
NOMINAL, SIDE = 0.95, 0.025
COVERAGE, ERROR, BIAS, POWER = 0.01, 0.005, 0.3, 0.1
"""Tolerances: small samples of skewed outcomes cover less, err more; bias is in smallest effects of interest."""
_ASKED = 0.7  # the power at which forecasts are checked
_PILOT = 200  # worlds in which the smallest effect of that power is sought


def estimand_checks(kind: str, quick: bool) -> Iterator[Check]:
    """Check an estimand on all its made-up outcomes, at few and at many seeds."""
    estimand, worlds = ESTIMANDS[kind], 2000 if quick else 4000
    for seeds in SEEDS:
        for known in estimand.known(stream(f"{kind} {seeds}"), worlds, seeds):
            name, truth, sesoi = f"{known.effect.name}, {seeds} seeds", known.truth, known.effect.sesoi
            found = _judged(known, known.effect)
            covered = (found.low <= truth) & (truth <= found.high)
            yield rate("coverage", name, "≥", NOMINAL, covered, COVERAGE)
            off = np.log(found.size / truth) / np.log(sesoi) if estimand.ratio else (found.size - truth) / sesoi
            yield median("bias", name, off, BIAS)
            yield _worst_error(estimand, known, name)
            yield _power(estimand, known, name)


def _judged(known: Known, effect: Effect) -> EffectFound:
    return judge_effect(effect, known.table, {}, {})


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
    return rate("error", f"{name}: {VERDICTS[code]} at a bound", "≤", SIDE, verdict == code, ERROR)


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
    return rate("power", name, "≥", float(found.power.mean()), found.verdict == SUPPORTED, POWER)


_ALLOWED: dict[Measure, tuple[Rule, float]] = {"error": ("≤", 0.025), "power": ("≥", 0.9)}  # of a verdict
RUNG_SEEDS, SESOI, STRONG = 30, 0.6, 1.6
AT, UNDER = SESOI, -SESOI  # where a verdict is wrong as often as it may be
CLAIMS, REAL = 9, 4
_NAIVE = 1.0 - 0.95 ** (CLAIMS - REAL)  # of claims that are independent, each at 5 %


def rung_checks(quick: bool) -> Iterator[Check]:
    """Check a rung of three effects: one that just misses fails all of them, and none that just misses makes any."""
    worlds = 2000 if quick else 8000
    cases: tuple[tuple[Measure, str, str, tuple[float, ...], int], ...] = (
        ("error", "all, one at its bound: supported", "all", (AT, STRONG, STRONG), SUPPORTED),
        ("error", "all, each at its lower bound: contradicted", "all", (UNDER, UNDER, UNDER), CONTRADICTED),
        ("error", "any, each at its bound: supported", "any", (AT, AT, AT), SUPPORTED),
        ("error", "any, one at its lower bound: contradicted", "any", (UNDER, -STRONG, -STRONG), CONTRADICTED),
        ("power", "all, each strong: supported", "all", (STRONG, STRONG, STRONG), SUPPORTED),
        ("power", "any, one strong: supported", "any", (STRONG, 0.0, 0.0), SUPPORTED),
        ("power", "all, one reversed: contradicted", "all", (STRONG, STRONG, -STRONG), CONTRADICTED),
        ("power", "any, each reversed: contradicted", "any", (-STRONG, -STRONG, -STRONG), CONTRADICTED),
    )  # fmt: skip
    for measure, name, need, truths, code in cases:
        happened = judged(name, need, truths, worlds).verdict == code
        yield rate(measure, name, *_ALLOWED[measure], happened)


def family_checks(quick: bool) -> Iterator[Check]:
    """Check Holm over claims of which some lie at a bound: any verdict on those is wrong, and what is real is found."""
    worlds = 2000 if quick else 8000
    truths = [STRONG] * REAL + [AT] * (CLAIMS - REAL)
    each = [judged(f"claim {n}", "all", (truth,), worlds) for n, truth in enumerate(truths)]
    corrected = holm(each)
    alone = [judged(f"lone {n}", "all", (AT,), worlds) for n in range(CLAIMS - REAL)]
    supported = np.all([found.verdict == SUPPORTED for found in corrected[:REAL]], axis=0)
    yield rate("error", "a verdict on any of 5 claims at a bound", "≤", 0.05, _any_verdict(corrected[REAL:]))
    yield rate("error", "likewise, 4 other claims absent", "≤", 0.05, _any_verdict(holm(alone, absent=REAL)))
    yield rate("power", "4 strong claims of 9: all supported", "≥", 0.9, supported)
    yield rate("counterexample", "without Holm", "=", _NAIVE, _any_verdict(each[REAL:]), 0.02)


def judged(name: str, need: str, truths: Sequence[float], worlds: int) -> RungFound:
    """Return what a rung is whose effects are truly these, in standard deviations of a seed."""
    rng = stream(name)
    measures = {
        f"m{n}": {"a": truth + rng.normal(size=(worlds, RUNG_SEEDS)), "b": np.zeros((worlds, RUNG_SEEDS))}
        for n, truth in enumerate(truths)
    }
    effects = [Effect(name=measure, kind="difference", sign="+", sesoi=SESOI, measure=measure, arms=["a", "b"])
               for measure in measures]  # fmt: skip
    rung = Rung.model_validate({"name": "effect", "says": name, "need": need, "effect": effects})
    return judge_rung(rung, made_up_of(measures), {}, {})


def _any_verdict(found: Sequence[RungFound]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return in which worlds any is decided."""
    return np.asarray(np.any([each.verdict != UNDECIDED for each in found], axis=0))


WORLDS = (32, 256)
_SHARES = np.linspace(0.005, 0.995, 199)


def share_checks(_quick: bool) -> Iterator[Check]:
    """Check that Jeffreys intervals cover 95 % over all true shares, and nowhere much less."""
    for worlds in WORLDS:
        each = [share_of(count, worlds) for count in range(worlds + 1)]
        low, high = np.array([share.low for share in each]), np.array([share.high for share in each])
        inside = (low <= _SHARES[:, None]) & (_SHARES[:, None] <= high)
        covered = (stats.binom.pmf(np.arange(worlds + 1), worlds, _SHARES[:, None]) * inside).sum(axis=1)
        yield exact("coverage", f"{worlds} worlds, mean over true shares", "=", 0.95, float(covered.mean()), 0.005)
        yield exact("coverage", f"{worlds} worlds, least over true shares", "≥", 0.95, float(covered.min()), 0.07)


def word_checks(_quick: bool) -> Iterator[Check]:
    """Check how often a word is said of a true share that falls short of it, and of one that does not."""
    robustly, mostly = ("holds robustly",), ("holds robustly", "mostly")
    cases: tuple[tuple[int, tuple[Measure, tuple[str, ...], float]], ...] = (
        (32, ("error", robustly, 0.8)), (32, ("error", mostly, 0.3)), (32, ("error", ("nowhere",), 0.15)),
        (256, ("error", robustly, 0.8)), (256, ("error", mostly, 0.4)), (256, ("error", ("nowhere",), 0.1)),
        (32, ("power", robustly, 0.98)), (256, ("power", robustly, 0.95)),
    )  # fmt: skip
    words = {worlds: [word_of(_mix(count, worlds)) for count in range(worlds + 1)] for worlds in WORLDS}
    for worlds, (measure, asked, truth) in cases:
        said = [word in asked for word in words[worlds]]
        chance = float(stats.binom.pmf(np.arange(worlds + 1), worlds, truth)[said].sum())
        name = f"“{asked[-1]}” of {worlds} worlds, truly {100 * truth:.0f} %"
        yield exact(measure, name, *(("≤", 0.05) if measure == "error" else ("≥", 0.8)), chance)


def _mix(supported: int, worlds: int) -> tuple[Share, ...]:
    """Return shares by verdict where the effect is supported in some worlds and negligible in the others."""
    counts = (0, supported, 0, worlds - supported)
    return tuple(share_of(count, worlds) for count in counts)


STATISTICS = Suite(
    "inference",
    "methods",
    {
        "t test": Source("of a mean over seeds, by the shape of what is measured", test_checks),
        "ratio": Source("Fieller's interval of a ratio of means", ratio_checks),
        **{kind: Source("an estimand", partial(estimand_checks, kind)) for kind in ESTIMANDS},
        "rung": Source("several effects", rung_checks),
        "family": Source("several claims (Holm)", family_checks),
        "share": Source("the share of worlds (Jeffreys)", share_checks),
        "words": Source("the answer in words", word_checks),
    },
)
