"""The planner: what a budget costs and what it can decide, from a pilot of about twenty runs a claim.

The pilot's spread of an effect over seeds, σ, gives what the last look at n seeds will reach, with t of n − 1 degrees
at the level that this look may spend:

    half-width  t σ/√n            power  P(T > t),  T noncentral t with shift s √n/σ        s the SESOI

That is the chance that an effect of twice its SESOI is found supported; by symmetry one of exactly nothing is found
negligible with chance 2 power − 1 or more. σ is read from the interval of confidence one half, which is bounded and
narrow even for ratios; for a hazard ratio it is √(1/(r p (1 − p))), r the share of pairs that decide, p = HR/(1 + HR).
A median is taken for the mean of normal values whose interval is as wide. A claim of several required effects has power
1 − Σ (1 − power) at least. Holm's procedure over m claims may ask each for a level m times smaller. A pilot is small:
all this is a forecast, good to a factor of two in seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scipy import stats

from experiments.inference.intervals import quantile_t
from experiments.propositions.budget import CONFIDENCE, Budget
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Look, glimpse
from experiments.propositions.laboratory import SEEDS, Laboratory
from experiments.propositions.pipeline import BASE
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Sample, design_of
from experiments.sweep.engines import default_workers
from experiments.sweep.estimate import bytes_of_a_run
from experiments.sweep.session import Options

PILOT_RUNS, FEWEST_SEEDS = 20, 3
ENOUGH = 0.8
_MOST_SEEDS = 1_000_000
_SURE = 37.0  # shift from which power is 1 but for the last bit


def plan(
    claims: Sequence[Claim], laboratory: Laboratory, budget: Budget, runs: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return the forecast of each claim, as plain data; ``runs`` is what each may take."""
    return [plan_one(claim, laboratory, budget, len(claims), runs[claim.id]) for claim in claims]


def pilot_seeds(claim: Claim) -> int:
    """Return the seeds of a claim's pilot: about twenty runs in all, but enough of each arm for a spread."""
    return max(FEWEST_SEEDS, PILOT_RUNS // len(claim.arms))


def plan_one(claim: Claim, laboratory: Laboratory, budget: Budget, family: int, runs: int) -> dict[str, Any]:
    """Return what a claim's runs cost, and what can be concluded of it; ``family`` is how many are judged together."""
    seeds = pilot_seeds(claim)
    sample = laboratory.samples(claim, [BASE], seeds, "pilot")[0]
    seconds = laboratory.seconds(claim, "pilot")
    look = budget.looks(len(claim.arms))[-1]
    effects = [forecast(claim, effect, sample, look, family) for effect in claim.effects]
    months = claim.config.parameters.run.months
    required = [each for each in effects if each["required"]]
    power, held = joint([each["power"] for each in required]), joint([each["power_holm"] for each in required])
    return {
        "id": claim.id,
        "title": claim.file.title,
        "pilot": {"seeds": seeds, "runs": seeds * len(claim.arms), "seconds": seconds},
        "runs": runs,
        "seconds": runs * seconds / _workers(laboratory.options),
        "bytes": runs * bytes_of_a_run(design_of(claim, [BASE], seeds, SEEDS["pilot"]), months),
        "seeds": look.seeds,
        "power": power,
        "power_holm": held,
        "can_be_concluded": power is not None and power >= ENOUGH,
        "says": _says(required, power, look.seeds),
        "effects": effects,
    }


def forecast(claim: Claim, effect: Effect, sample: Sample, look: Look, family: int) -> dict[str, Any]:
    """Return the half-width and the power that a look will have for one effect, and the seeds that would do."""
    sesoi = math.log(effect.sesoi) if effect.kind == "hazard-ratio" else effect.sesoi
    spread, note = spread_of(claim, effect, sample)
    told = {"effect": effect.name, "required": effect.required, "sesoi": sesoi, "spread": spread, "note": note}
    if spread is None:
        return {**told, "half_width": None, "power": None, "power_holm": None, "seeds_needed": None}
    level, holm = look.level(look.confidence), look.level(1.0 - (1.0 - look.confidence) / family)
    return {
        **told,
        "half_width": quantile_t(level, look.seeds - 1) * spread / look.seeds**0.5,
        "power": power_at(look.seeds, spread, sesoi, level),
        "power_holm": power_at(look.seeds, spread, sesoi, holm),
        "seeds_needed": seeds_needed(spread, sesoi),
    }


def spread_of(claim: Claim, effect: Effect, sample: Sample) -> tuple[float | None, str]:
    """Return the spread of an effect over seeds, σ, as the pilot shows it; nothing, and why, where it shows none."""
    try:
        _, interval = glimpse(claim, effect, sample, Look(sample.seeds, sample.seeds, sample.seeds, 0.5))
    except ValueError as error:
        return None, str(error)
    if effect.kind == "hazard-ratio":
        decided = interval.n / sample.seeds if interval.method != "ties" else 0.0
        if not decided:
            return None, "no pair of the pilot decides which arm is first"
        win = effect.sesoi**2 / (1.0 + effect.sesoi**2)
        return (decided * win * (1.0 - win)) ** -0.5, ""
    sides = [side for side in (interval.estimate - interval.low, interval.high - interval.estimate) if side < math.inf]
    if not sides:
        return None, "the pilot bounds it nowhere"
    spread = max(0.0, min(sides)) / quantile_t(0.5, interval.n - 1) * interval.n**0.5
    return (spread, "") if spread > 0.0 else (None, "it does not vary over the seeds of the pilot")


def power_at(seeds: int, spread: float, sesoi: float, confidence: float) -> float:
    """Return the chance that an effect of twice its SESOI is found supported at a look of so many seeds."""
    shift = sesoi * seeds**0.5 / spread
    return 1.0 if shift > _SURE else float(stats.nct.sf(quantile_t(confidence, seeds - 1), seeds - 1, shift))


def seeds_needed(spread: float, sesoi: float) -> int | None:
    """Return the least cap on seeds at which the last look has enough power; it spends half of the allowed error.

    Nothing if a million would not do.
    """
    level, few, many = 1.0 - (1.0 - CONFIDENCE) / 2.0, 2, 4
    while power_at(many, spread, sesoi, level) < ENOUGH and many < _MOST_SEEDS:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if power_at(middle, spread, sesoi, level) >= ENOUGH else (middle, many)
    return many if many < _MOST_SEEDS else None


def joint(powers: Sequence[float | None]) -> float | None:
    """Return the least power of finding all effects, whatever ties them; nothing if one is not known."""
    known = [power for power in powers if power is not None]
    return None if len(known) < len(powers) else max(0.0, 1.0 - sum(1.0 - power for power in known))


def _says(required: Sequence[dict[str, Any]], power: float | None, seeds: int) -> str:
    if power is None:
        unknown = next(each for each in required if each["power"] is None)
        return f"the pilot does not tell what can be concluded: {unknown['effect']}: {unknown['note']}"
    if power >= ENOUGH:
        return f"{seeds} seeds decide an effect of twice the smallest of interest"
    worst = max(required, key=lambda each: each["seeds_needed"] or math.inf)
    needed = worst["seeds_needed"]
    many = f"about {needed:,} seeds" if needed is not None else f"more than {_MOST_SEEDS:,} seeds"
    return f"cannot be concluded within this budget: {worst['effect']} needs {many}, this budget has {seeds:,}"


def _workers(options: Options) -> int:
    return 1 if options.engine == "serial" else default_workers(options.workers)
